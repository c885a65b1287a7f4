//! Flags of `bench-e2e`.

use super::ReportFlags;
use super::limits;
use clap::Args;

/// As given on the command line.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft bench-e2e --n-fft 256 --batch 8 --peak-k 8 --train-first --steps 500
  rlx-fft bench-e2e --batch 1024 --train-first --distill-first --json e2e.json

Accuracy, on held-out signals:
  mel      rms error in dB against the 8-segment Welch
  welch    median error in dB against the same
  peaks    share of its significant peaks found within a bin
  q8       relative L2 error of the complex spectrum
  denoise  gain in signal-to-noise ratio in dB, from 0 dB")]
pub(crate) struct BenchE2eFlags {
    /// Points of the transform, a power of two
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = limits::learned_n_fft)]
    pub(crate) n_fft: usize,

    /// Rows per call
    #[arg(long, value_name = "ROWS", default_value_t = 8, value_parser = limits::batch)]
    pub(crate) batch: usize,

    /// Peaks per row
    #[arg(long, visible_alias = "k", value_name = "K", default_value_t = 8, value_parser = limits::bench_peaks)]
    pub(crate) peak_k: usize,

    /// Mel bands
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = limits::n_mels)]
    pub(crate) n_mels: usize,

    /// Timed rounds; each runs every backend once
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = limits::rounds)]
    pub(crate) iters: usize,

    /// Device of compiled peaks and of auto; the rest runs on one thread of the CPU
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: String,

    /// Train the learned model first; otherwise its rows are skipped
    #[arg(long)]
    pub(crate) train_first: bool,

    /// Train a sparse and a ternary student first, each with half of the butterflies
    #[arg(long)]
    pub(crate) distill_first: bool,

    /// Steps of each training
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = limits::steps)]
    pub(crate) steps: usize,

    /// Omit the model with decided gates and its compiled variants
    #[arg(long)]
    pub(crate) no_hard_gates: bool,

    /// Omit compiled backends
    #[arg(long)]
    pub(crate) no_compiled: bool,

    /// Seed of signals and training
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) report: ReportFlags,
}
