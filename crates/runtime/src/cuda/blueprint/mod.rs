//! Choice and launch of the kernel of an op, as plain data without a device.
//!
//! A [`Blueprint`] is a CUDA C++ source, the constants that specialise it, the launch shape and the tables to upload
//! once. There is one file per family; each documents the arguments of its kernel in order.

pub mod butterflies;
#[cfg(test)]
mod codegen;
pub mod cross;
pub mod fft;
mod fft_long;
mod frames;
pub mod limb_psd;
pub mod local_peaks;
pub mod log_mel;
pub mod median;
pub mod mixed;
pub mod ops;
mod pass;
mod plan;
mod sources;
pub mod spectrogram;
mod tables;
pub mod welch_long;
pub mod welch_peaks;

pub use frames::FrameSpec;
pub use pass::{Operand, Pass, Passes};
pub use plan::FftPlan;

/// Type of samples in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleType {
    /// 32-bit floats.
    F32,
    /// 16-bit integers; a sample counts as its integer value.
    I16,
    /// 16-bit IEEE floats.
    F16,
}

impl SampleType {
    /// Returns the bytes per sample.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::I16 | Self::F16 => 2,
        }
    }

    pub(crate) fn define(self) -> Define {
        let name = match self {
            Self::F32 => "SAMPLE_F32",
            Self::I16 => "SAMPLE_I16",
            Self::F16 => "SAMPLE_F16",
        };
        (name, "1".to_owned())
    }
}

/// Name and value of a constant.
pub type Define = (&'static str, String);

/// Values that the kernel reads, uploaded once (16-byte aligned).
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name in the argument list.
    pub name: &'static str,
    /// Values.
    pub data: Vec<f32>,
}

/// One specialised kernel.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// Kernel family, for messages.
    pub family: &'static str,
    /// Name of the function.
    pub entry: &'static str,
    /// Name of the source among the kernels.
    pub source: &'static str,
    /// Its constants.
    pub defines: Vec<Define>,
    /// Threads per block (x).
    pub block: u32,
    /// Items (rows, transforms, frames) per block; the grid is one-dimensional.
    pub rows_per_block: u32,
    /// Dynamic shared memory in bytes, in addition to that declared by the kernel.
    pub shared_bytes: u32,
    /// Registers that a thread may use; more is a defect of the kernel.
    pub register_ceiling: u32,
    /// Tables, in the order of the argument list.
    pub tables: Vec<Table>,
}

impl Blueprint {
    /// Returns the text of the source.
    pub fn text(&self) -> &'static str {
        sources::text(self.source)
    }

    /// Returns every header that a source may include, by name and text.
    pub fn headers() -> &'static [(&'static str, &'static str)] {
        sources::HEADERS
    }

    /// Returns the options of NVRTC except for the architecture.
    pub fn options(&self) -> Vec<String> {
        let fixed = ["--std=c++17", "-default-device"].map(str::to_owned);
        fixed
            .into_iter()
            .chain(self.defines.iter().map(|(name, value)| format!("-D{name}={value}")))
            .collect()
    }

    /// Returns the registers per thread if `blocks` blocks of `threads` threads share a multiprocessor.
    fn ceiling(threads: usize, blocks: usize) -> u32 {
        (65536 / (threads * blocks) / 8 * 8).min(255) as u32
    }

    /// Returns the blocks for `rows` items; `None` above the limit of one launch.
    pub fn grid(&self, rows: u64) -> Option<u32> {
        let blocks = rows.div_ceil(u64::from(self.rows_per_block));
        u32::try_from(blocks).ok().filter(|&b| b <= i32::MAX as u32)
    }
}
