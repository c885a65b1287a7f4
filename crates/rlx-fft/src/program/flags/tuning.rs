//! Flags of the commands about devices and the picker.

use super::bench_welch_peaks::{room, sweep};
use super::estimate::parsed;
use super::{ReportFlags, Usage, limits};
use clap::Args;
use rlx_dsp::welch::peaks::RowLayout;
use rlx_fft::{MemorySource, SampleType};

/// `devices`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft devices
  rlx-fft devices --json")]
pub(crate) struct DevicesFlags {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `calibrate`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The result is kept in the user's cache directory (RLX_FFT_CACHE names another) and used from then on.

Examples:
  rlx-fft calibrate
  rlx-fft calibrate --device all"
)]
pub(crate) struct CalibrateFlags {
    /// The device to measure; all means every present device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
}

/// `bench-picker`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:
  rlx-fft calibrate && rlx-fft bench-picker --json picker.json")]
pub(crate) struct BenchPickerFlags {
    /// Points of the transform: a list or a range of powers of two
    #[arg(long, value_name = "LIST", default_value = "128,256,512,1024")]
    n_fft: String,

    /// Rows
    #[arg(long, value_name = "LIST", default_value = "1,4,16,64,256,1024,4096,16384,65536")]
    batch: String,

    /// Peaks per row
    #[arg(long, value_name = "LIST", default_value = "1,16,64")]
    k: String,

    /// The device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,

    /// Rows: leading (only the samples of two segments) or spread (full rows, segments spread over them)
    #[arg(long, value_name = "LAYOUT", default_value = "leading", value_parser = parsed::<RowLayout>)]
    pub(crate) layout: RowLayout,

    /// Number of threads; 0 means as many as a batch can use
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = limits::threads_or_all)]
    pub(crate) threads: usize,

    #[command(flatten)]
    pub(crate) report: ReportFlags,
}

/// `max-batch`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft max-batch --device cuda --n-fft 256-4096 --k 16
  rlx-fft max-batch --device cuda --sample f32,i16 --memory device
  RLX_FFT_MEMORY_BUDGET=2G rlx-fft max-batch")]
pub(crate) struct MaxBatchFlags {
    /// The device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,

    /// Points of the transform: a list or a range of powers of two
    #[arg(long, value_name = "LIST", default_value = "128,256,512,1024")]
    n_fft: String,

    /// Peaks per row
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = limits::bench_peaks)]
    pub(crate) k: usize,

    /// Types of the samples: a list of f32, f64, i16 and f16
    #[arg(long, value_name = "LIST", default_value = "f32")]
    sample: String,

    /// Place of the samples: host, pinned (page-locked, CUDA) or device (the memory of a GPU)
    #[arg(long, value_name = "PLACE", default_value = "host", value_parser = memory_source)]
    pub(crate) memory: MemorySource,

    /// Upper bound of the search
    #[arg(long, value_name = "ROWS", default_value_t = 1 << 22, value_parser = limits::batch)]
    pub(crate) limit: usize,

    #[command(flatten)]
    pub(crate) report: ReportFlags,
}

/// `bench-fusion-phases`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft bench-fusion-phases --n-fft 256 --batch 8192 --k 16 --device cpu
  rlx-fft bench-fusion-phases --batch 32-8192 --json phases.json")]
pub(crate) struct BenchFusionPhasesFlags {
    /// Points of the transform
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = limits::bench_n_fft)]
    pub(crate) n_fft: usize,

    /// Rows: one number, a list or a range of powers of two
    #[arg(long, value_name = "LIST", default_value = "1024")]
    batch: String,

    /// Peaks per row
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = limits::bench_peaks)]
    pub(crate) k: usize,

    /// The device
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: String,

    /// Timed rounds
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = limits::rounds)]
    pub(crate) iters: usize,

    #[command(flatten)]
    pub(crate) report: ReportFlags,
}

fn names(all: &[impl std::fmt::Display]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn memory_source(text: &str) -> Result<MemorySource, String> {
    let found = MemorySource::ALL.into_iter().find(|m| m.name().eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| format!("expected one of {}", names(&MemorySource::ALL)))
}

impl BenchPickerFlags {
    /// Returns transform lengths, batches and peaks.
    pub(crate) fn grid(&self) -> Result<[Vec<usize>; 3], Usage> {
        let grid = [sweep("--n-fft", &self.n_fft)?, sweep("--batch", &self.batch)?, sweep("--k", &self.k)?];
        limits::BENCH_N_FFT.check("--n-fft", &grid[0])?;
        limits::BENCH_PEAKS.check("--k", &grid[2])?;
        room(&grid[0], &grid[1])?;
        Ok(grid)
    }
}

impl MaxBatchFlags {
    /// Types of the samples.
    pub(crate) fn samples(&self) -> Result<Vec<SampleType>, Usage> {
        let read = |text: &str| {
            let found = SampleType::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text.trim()));
            found.ok_or_else(|| {
                Usage::new("--sample", format!("'{text}' is none of {}", names(&SampleType::ALL)))
            })
        };
        self.sample.split(',').map(read).collect()
    }

    /// Transform lengths.
    pub(crate) fn n_ffts(&self) -> Result<Vec<usize>, Usage> {
        let n_ffts = sweep("--n-fft", &self.n_fft)?;
        limits::BENCH_N_FFT.check("--n-fft", &n_ffts)?;
        Ok(n_ffts)
    }
}

impl BenchFusionPhasesFlags {
    /// Batches.
    pub(crate) fn batches(&self) -> Result<Vec<usize>, Usage> {
        let batches = sweep("--batch", &self.batch)?;
        room(&[self.n_fft], &batches)?;
        Ok(batches)
    }
}
