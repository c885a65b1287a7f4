//! Flags of `bench-sweep`.

use super::bench_welch_peaks::{room, sweep};
use super::{PlotArgs, PlotFlags, ReportFlags, Usage, limits};
use clap::Args;
use rlx_fft::Device;
use rlx_fft::bench_sweep::SweepOptions;
use rlx_fft::devices::AskedDevice;

/// As given on the command line.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft bench-sweep --devices cpu,cuda --plot sweep.svg
  rlx-fft bench-sweep --devices all --n-fft 128-4096 --batch 1,64,4096 --json sweep.json --html sweep.html
  rlx-fft bench-sweep --relative-to mkl --threads 0")]
pub(crate) struct BenchSweepFlags {
    /// Devices: a list of cpu, cuda[:N|:all], wgpu[:N|:NAME], vulkan, metal (mlx), dx12 and gpu, or all for every present
    /// device; rows of an absent device are skipped
    #[arg(long, value_name = "LIST", default_value = "cpu")]
    devices: String,

    /// Points of the transform: one number, a list or a range of powers of two (128-4096)
    #[arg(long, value_name = "LIST", default_value = "128,256,512,1024,2048")]
    n_fft: String,

    /// Rows: one number, a list (1,1024) or a range of powers of two (32-8192)
    #[arg(long, value_name = "LIST", default_value = "1,16,256,4096,16384")]
    batch: String,

    /// Peaks per row
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = limits::bench_peaks)]
    k: usize,

    /// The path that the others are compared with: rustfft, streaming, mkl (if Intel's MKL is installed), a device of
    /// --devices, or the whole name of a row
    #[arg(long, value_name = "ROW", default_value = "rustfft")]
    relative_to: String,

    /// Timed rounds
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = limits::rounds)]
    iters: usize,

    /// Threads that share the rows; 0 is one per core
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = limits::threads_or_all)]
    threads: usize,

    /// Seed of the input
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    plot: PlotFlags,

    #[command(flatten)]
    report: ReportFlags,
}

/// Validated arguments.
#[derive(Debug)]
pub(crate) struct BenchSweepArgs {
    pub(crate) options: SweepOptions,
    /// Note about arguments that were changed.
    pub(crate) note: Option<String>,
    pub(crate) plot: Option<PlotArgs>,
    pub(crate) report: ReportFlags,
}

impl TryFrom<BenchSweepFlags> for BenchSweepArgs {
    type Error = Usage;

    fn try_from(flags: BenchSweepFlags) -> Result<Self, Usage> {
        let (n_ffts, batches) = (sweep("--n-fft", &flags.n_fft)?, sweep("--batch", &flags.batch)?);
        limits::BENCH_N_FFT.check("--n-fft", &n_ffts)?;
        room(&n_ffts, &batches)?;
        let threads = match flags.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let least = n_ffts.iter().map(|n| n / 2 + 1).min().unwrap_or(usize::MAX);
        let note = (flags.k > least)
            .then(|| format!("--k {}: transforms with fewer bins return all of them", flags.k));
        let options = SweepOptions {
            n_ffts,
            batches,
            k: flags.k,
            iters: flags.iters,
            threads,
            seed: flags.seed,
            relative_to: flags.relative_to,
            max_bytes: u64::MAX,
            ..SweepOptions::new(devices(&flags.devices)?)
        };
        options.reference().map_err(|error| {
            let text = error.to_string();
            Usage::new("--relative-to", text.strip_prefix("relative_to: ").unwrap_or(&text))
        })?;
        Ok(Self { options, note, plot: flags.plot.validate()?, report: flags.report })
    }
}

/// Returns the devices of a list, each once and with a label of its own.
fn devices(list: &str) -> Result<Vec<AskedDevice>, Usage> {
    let mut devices: Vec<AskedDevice> = Vec::new();
    for name in list.split(',').map(str::trim) {
        let names = match name.to_ascii_lowercase().as_str() {
            "all" => rlx_fft::device::devices().into_iter().map(|info| info.id).collect(),
            "auto" => {
                let reason = "auto is no device of its own: name devices, or all for every present one";
                return Err(Usage::new("--devices", reason));
            }
            _ => vec![name.to_owned()],
        };
        for name in names {
            let mut device = AskedDevice::find(&name).map_err(|error| {
                Usage::new("--devices", format!("{error}; expected a list of {}, all", Device::GRAMMAR))
            })?;
            // Of one kind there may be several.
            if name.contains(':') {
                device.label = name.to_ascii_lowercase().replace(char::is_whitespace, "_");
            }
            if devices.iter().all(|known| known.label != device.label) {
                devices.push(device);
            }
        }
    }
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_listed_once_with_labels_of_their_own() {
        let labels = |list: &str| -> Vec<String> {
            devices(list).unwrap().into_iter().map(|device| device.label).collect()
        };
        assert_eq!(labels("cpu, CPU,cuda:4711,cuda:4712"), ["cpu", "cuda:4711", "cuda:4712"]);
        assert!(labels("all").contains(&"cpu".to_owned()));
        for list in ["", "cpu,", "abacus", "auto", "cpu:1"] {
            let message = devices(list).unwrap_err().to_string();
            assert!(message.starts_with("--devices: "), "{list}: {message}");
        }
    }
}
