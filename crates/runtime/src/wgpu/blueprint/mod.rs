//! Kernels before there is a device: their text, their tables, and how they are launched.

mod frames;
mod limits;
mod mixed;
pub(super) mod pointwise;
mod recipe;
mod source;
mod unroll;
mod welch_peaks;

pub(super) use frames::{FrameTransform, Frames, Spectrum};
pub(super) use limits::GroupLimits;
pub(super) use mixed::MixedFrames;
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

/// Kernels in a row: all but the last with the bytes that they leave of a row of the batch for the next one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passes {
    /// Those before the last.
    pub(super) before: Vec<(Blueprint, usize)>,
    /// The one that makes the result.
    pub(super) last: Blueprint,
}

impl Passes {
    /// One kernel.
    pub(super) fn one(blueprint: Blueprint) -> Self {
        Self { before: Vec::new(), last: blueprint }
    }

    /// The same and one more, which takes `bytes` of a row from them.
    pub(super) fn then(mut self, bytes: usize, next: Blueprint) -> Self {
        let made = std::mem::replace(&mut self.last, next);
        self.before.push((made, bytes));
        self
    }
}

#[cfg(test)]
mod tests;
