//! Kernels before there is a device: their text, their tables, and how they are launched.

mod frames;
mod limits;
pub(super) mod pointwise;
mod recipe;
mod source;
mod unroll;
mod welch_peaks;

pub(super) use frames::{FrameTransform, Frames, Passes, Spectrum};
pub(super) use limits::GroupLimits;
pub(super) use recipe::FUSED;
pub(super) use welch_peaks::WelchPeaks;

/// What is bound at an index.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Buffer {
    /// The operand.
    Input,
    /// Constants, uploaded once.
    Table(Vec<f32>),
    /// A result, by its index among the kernel's results.
    Output(usize),
    /// A result that this variant does not write.
    Nothing,
    /// Number of items and of workgroups in the first dispatch dimension.
    Batch,
}

/// A kernel that only needs a device.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blueprint {
    /// Its name, for labels and messages.
    pub(super) name: &'static str,
    /// WGSL.
    pub(super) text: String,
    /// What is bound, by binding index.
    pub(super) buffers: Vec<Buffer>,
    /// Items (rows, frames) of a workgroup.
    pub(super) items_of_group: usize,
    /// Items that a row of the batch is.
    pub(super) items_of_row: usize,
}

#[cfg(test)]
mod tests;
