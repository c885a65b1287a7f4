//! Flags of `bench-welch-peaks`.

use super::device::{known_device, strategy};
use super::{ReportFlags, Usage, limits};
use crate::memory;
use clap::Args;
use rlx_fft::bench_welch_peaks::BenchConfig;
use rlx_fft::welch_peaks_picker::parse_welch_peaks_strategy;

/// As given on the command line.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft bench-welch-peaks --n-fft 256 --batch 32 --k 16 --train-steps 0
  rlx-fft bench-welch-peaks --batch 32-8192 --k 4,8,16 --json sweep.json")]
pub(crate) struct BenchWelchPeaksFlags {
    /// Points of the transform
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = limits::bench_n_fft)]
    n_fft: usize,

    /// Rows: one number, a list (32,1024) or a range of powers of two (32-8192)
    #[arg(long, value_name = "LIST", default_value = "32")]
    batch: String,

    /// Peaks per row: one number, a list (4,8,16) or a range of powers of two (4-64)
    #[arg(long, value_name = "LIST", default_value = "16")]
    k: String,

    /// auto, cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 or gpu; rows of an absent device are
    /// skipped
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Strategy of the picker: auto, ultra (ultra-fast, 1seg), fast (streaming, rustfft, 2seg), rlx (compiled, gpu)
    /// or learned (learned_compiled)
    #[arg(long, value_name = "STRATEGY", default_value = "auto")]
    strategy: String,

    /// Steps to train a small learned model for its rows; 0 omits them
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = limits::steps)]
    train_steps: usize,

    /// Timed rounds
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = limits::rounds)]
    iters: usize,

    /// Seed of the input
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Threads that share the rows; 0 is one per core
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = limits::threads_or_all)]
    threads: usize,

    /// Omit the explicit rlx and learned rows
    #[arg(long)]
    no_compiled: bool,

    /// Omit the ultra row
    #[arg(long)]
    no_ultra_fast: bool,

    #[command(flatten)]
    report: ReportFlags,
}

/// Validated arguments.
#[derive(Debug)]
pub(crate) struct BenchWelchPeaksArgs {
    pub(crate) config: BenchConfig,
    /// Peaks as requested; in `config` they are at most the bins.
    pub(crate) asked_ks: Vec<usize>,
    /// Note about arguments that were changed.
    pub(crate) note: Option<String>,
    /// Steps to train the model of the learned rows; 0 omits them.
    pub(crate) train_steps: usize,
    pub(crate) report: ReportFlags,
}

impl TryFrom<BenchWelchPeaksFlags> for BenchWelchPeaksArgs {
    type Error = Usage;

    fn try_from(flags: BenchWelchPeaksFlags) -> Result<Self, Usage> {
        let threads = match flags.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let (batches, ks) = (sweep("--batch", &flags.batch)?, sweep("--k", &flags.k)?);
        limits::BENCH_PEAKS.check("--k", &ks)?;
        room(&[flags.n_fft], &batches)?;
        // A k above the number of bins means all bins: one row, and one entry of every table.
        let bins = flags.n_fft / 2 + 1;
        let above = ks.iter().any(|k| *k > bins);
        let note =
            above.then(|| format!("--k above {bins}, the bins of n_fft {}, is taken as {bins}", flags.n_fft));
        let mut clipped: Vec<usize> = ks.iter().map(|k| (*k).min(bins)).collect();
        clipped.sort_unstable();
        clipped.dedup();
        let config = BenchConfig {
            n_fft: flags.n_fft,
            batches,
            ks: clipped,
            device: known_device(&flags.device)?,
            mode: parse_welch_peaks_strategy(&flags.strategy).map_err(strategy)?,
            iters: flags.iters,
            seed: flags.seed,
            threads,
            compiled: !flags.no_compiled,
            ultra: !flags.no_ultra_fast,
            learned: None,
        };
        Ok(Self { config, asked_ks: ks, note, train_steps: flags.train_steps, report: flags.report })
    }
}

/// Rejects a batch that does not fit into memory: its samples in the 8-segment layout, and a copy.
pub(super) fn room(n_ffts: &[usize], batches: &[usize]) -> Result<(), Usage> {
    let (Some(&n_fft), Some(&batch)) = (n_ffts.iter().max(), batches.iter().max()) else { return Ok(()) };
    let samples = batch as u64 * (n_fft as u64 * 9 / 2);
    memory::refuse("--batch", format!("{batch} rows for transforms of {n_fft} points"), 8 * samples)
}

/// Parses `32`, `32,1024` or `32-8192` (the powers of two from the first to the last).
pub(super) fn sweep(flag: &str, text: &str) -> Result<Vec<usize>, Usage> {
    let refuse = |reason: &str| Usage::new(flag, format!("'{text}': {reason}"));
    let number = |part: &str| {
        let value: usize =
            part.trim().parse().map_err(|_| refuse("expected a number, a list or a range A-B"))?;
        if value == 0 || value > 1 << 24 {
            return Err(refuse("numbers are within 1 … 16777216"));
        }
        Ok(value)
    };
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (number(from)?, number(to)?);
        if from > to {
            return Err(refuse("the range is empty"));
        }
        if !from.is_power_of_two() || !to.is_power_of_two() {
            return Err(refuse(
                "a range goes from one power of two to another; give a list for other numbers",
            ));
        }
        return Ok(std::iter::successors(Some(from), |v| Some(v * 2)).take_while(|v| *v <= to).collect());
    }
    text.split(',').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_of_every_form() {
        assert_eq!(sweep("--batch", "32"), Ok(vec![32]));
        assert_eq!(sweep("--batch", "32,1024"), Ok(vec![32, 1024]));
        assert_eq!(sweep("--k", "4-64"), Ok(vec![4, 8, 16, 32, 64]));
        for text in ["", "x", "0", "8-4", "4,", "1-", "99999999999", "33-128", "32-100"] {
            assert!(sweep("--k", text).unwrap_err().to_string().starts_with("--k: "), "{text}");
        }
    }
}
