//! Kernels without a device: their texts, tables and launches.

mod cross;
mod frames;
mod limb_psd;
mod limits;
mod mixed;
pub(super) mod pointwise;
mod recipe;
mod source;
mod unroll;
mod welch_peaks;

pub(super) use frames::{FrameTransform, Frames, Spectrum};
pub(super) use limb_psd::limb_psd;
pub(super) use limits::GroupLimits;
pub(super) use mixed::MixedFrames;
pub(super) use recipe::FUSED;
pub(super) use welch_peaks::WelchPeaks;

/// Buffer that is bound at an index.
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
    /// Buffers by binding index.
    pub(super) buffers: Vec<Buffer>,
    /// Items (rows, frames) per workgroup.
    pub(super) items_of_group: usize,
    /// Items per row of the batch.
    pub(super) items_of_row: usize,
}

/// A sequence of kernels: each, except the last, with the bytes per row of the batch that it writes for the next one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passes {
    /// The kernels before the last.
    pub(super) before: Vec<(Blueprint, usize)>,
    /// The kernel that writes the result.
    pub(super) last: Blueprint,
}

impl Passes {
    /// Returns a sequence of one kernel.
    pub(super) fn one(blueprint: Blueprint) -> Self {
        Self { before: Vec::new(), last: blueprint }
    }

    /// Returns the same sequence on `count` contiguous items per row.
    pub(super) fn times(mut self, count: usize) -> Self {
        for (blueprint, bytes) in &mut self.before {
            blueprint.items_of_row *= count;
            *bytes *= count;
        }
        self.last.items_of_row *= count;
        self
    }

    /// Returns the same sequence with one more kernel, which reads `bytes` bytes per row from it.
    pub(super) fn then(mut self, bytes: usize, next: Blueprint) -> Self {
        let made = std::mem::replace(&mut self.last, next);
        self.before.push((made, bytes));
        self
    }
}

#[cfg(test)]
mod tests;
