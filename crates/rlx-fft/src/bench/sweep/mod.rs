//! The library part of `bench-sweep`: packed peaks of two segments over transform lengths, batches and devices, as
//! times relative to one of the paths.

mod cell;
mod mkl;
mod report;

pub use report::{SweepDevice, SweepReport, SweepRow};

use rlx_dsp::welch::peaks::WelchPeakParams;

use super::target::Target;
use super::welch_peaks::input::tones_in_noise;
use crate::devices::AskedDevice;
use crate::error::{Error, Result};

/// The grid.
#[derive(Debug, Clone)]
pub struct SweepOptions {
    /// The devices; the rows of an absent one are skipped.
    pub devices: Vec<AskedDevice>,
    /// Transform lengths.
    pub n_ffts: Vec<usize>,
    /// Rows.
    pub batches: Vec<usize>,
    /// Peaks per row; clipped to the bins of a length.
    pub k: usize,
    /// Timed rounds of a cell.
    pub iters: usize,
    /// Threads that share the rows on the host.
    pub threads: usize,
    /// Seed of the input.
    pub seed: u64,
    /// The path that the others are compared with: its whole name, or its end (`rustfft`, `mkl`, `cuda`).
    pub relative_to: String,
    /// Largest batch in bytes; the rows of a larger one are skipped with the reason.
    pub max_bytes: u64,
}

impl SweepOptions {
    /// Returns options for these devices: two segments of 128 … 2048 points, 1 … 16,384 rows, 16 peaks, relative to
    /// rustfft.
    pub fn new(devices: Vec<AskedDevice>) -> Self {
        Self {
            devices,
            n_ffts: vec![128, 256, 512, 1024, 2048],
            batches: vec![1, 16, 256, 4096, 16_384],
            k: 16,
            iters: 15,
            threads: 1,
            seed: 0,
            relative_to: "rustfft".to_owned(),
            max_bytes: 1 << 30,
        }
    }

    /// Returns the names of all paths in the order of their rows.
    pub fn paths(&self) -> Vec<String> {
        let devices = self.devices.iter().map(|device| cell::device_path(&device.label));
        cell::LIBRARIES.iter().map(|name| cell::path(name)).chain(devices).collect()
    }

    /// Returns the name of the path that `relative_to` stands for.
    ///
    /// # Errors
    /// No path has this name or ends with it; with the names.
    pub fn reference(&self) -> Result<String> {
        let (paths, name) = (self.paths(), &self.relative_to);
        let [device, library] = [cell::device_path(name), cell::path(name)];
        let known = [name, &device, &library].into_iter().find(|known| paths.contains(known));
        known.cloned().ok_or_else(|| {
            let reason = format!("'{name}' is none of the paths {}", paths.join(", "));
            Error::argument("relative_to", reason)
        })
    }
}

/// Measures every path in every cell of the grid; the paths of a cell are interleaved. `progress` receives the share
/// that is done.
///
/// # Errors
/// An unknown reference, an impossible shape, no iteration; the error of a device.
pub fn bench_sweep(options: &SweepOptions, mut progress: impl FnMut(f64)) -> Result<SweepReport> {
    if options.iters == 0 {
        return Err(Error::argument("iters", "0 iterations measure nothing"));
    }
    let relative_to = options.reference()?;
    let present = options.devices.iter().filter(|device| device.missing.is_none());
    let targets =
        present.map(|d| Target::open(&d.label, &d.name, options.threads)).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    let cells = options.n_ffts.len() * options.batches.len();
    for (line, &n_fft) in options.n_ffts.iter().enumerate() {
        let params = WelchPeakParams::fast_for_n_fft(n_fft, options.k);
        params.validate()?;
        let len = params.welch.frame_len();
        let fits = |batch: &usize| 4 * len as u64 * *batch as u64 <= options.max_bytes;
        let most = options.batches.iter().copied().filter(fits).max().unwrap_or(0);
        let samples = tones_in_noise(options.seed, most, len);
        for (column, &batch) in options.batches.iter().enumerate() {
            progress((line * options.batches.len() + column) as f64 / cells as f64);
            let samples = samples.get(..batch.saturating_mul(len));
            rows.extend(cell::measure(options, &targets, &params, batch, samples, &relative_to)?);
        }
    }
    progress(1.0);
    let devices = options.devices.iter().map(SweepDevice::of).collect();
    Ok(SweepReport { relative_to, devices, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::Status;

    fn options() -> SweepOptions {
        let find = |name: &str| AskedDevice::find(name).unwrap();
        let absent = if cfg!(windows) { "metal" } else { "dx12" };
        SweepOptions {
            n_ffts: vec![64, 250],
            batches: vec![1, 37],
            k: 4,
            iters: 2,
            ..SweepOptions::new(vec![find("cpu"), find(absent)])
        }
    }

    #[test]
    fn every_path_has_a_row_in_every_cell_and_right_peaks() {
        let options = options();
        let report = bench_sweep(&options, |_| {}).unwrap();
        assert_eq!(report.relative_to, "welch_fast_peaks_rustfft");
        assert_eq!(report.rows.len(), 2 * 2 * options.paths().len());
        for row in &report.rows {
            let optional = row.path.ends_with("_mkl");
            if row.status == Status::Skipped {
                assert!(optional || row.device == options.devices[1].label, "{row:?}");
                assert!(row.reason.is_some() && row.ms.is_none() && row.relative.is_none(), "{row:?}");
                continue;
            }
            assert_eq!(row.bins_right, Some(1.0), "{row:?}");
            assert!(row.ms.unwrap() > 0.0 && row.ms_min <= row.ms && row.ms <= row.ms_p90, "{row:?}");
            assert_eq!(row.path == report.relative_to, row.relative == Some(1.0), "{row:?}");
        }
        assert_eq!(report.devices.len(), 2);
        assert!(report.devices[1].missing.is_some());
    }

    #[test]
    fn the_reference_is_a_path_or_its_end() {
        let mut options = options();
        for (name, path) in [
            ("rustfft", "welch_fast_peaks_rustfft"),
            ("cpu", "welch_fast_peaks_rlx_cpu"),
            ("welch_fast_peaks_streaming", "welch_fast_peaks_streaming"),
        ] {
            options.relative_to = name.to_owned();
            assert_eq!(options.reference().unwrap(), path);
        }
        options.relative_to = "fftw".to_owned();
        let message = options.reference().unwrap_err().to_string();
        assert!(message.contains("fftw") && message.contains("welch_fast_peaks_rlx_cpu"), "{message}");
    }

    #[test]
    fn batches_that_are_too_large_are_skipped_rows() {
        let options = SweepOptions { max_bytes: 4096, ..options() };
        let report = bench_sweep(&options, |_| {}).unwrap();
        let large = report.rows.iter().filter(|row| row.batch == 37);
        assert!(large.clone().count() > 0);
        assert!(large.clone().all(|row| row.status == Status::Skipped));
        assert!(report.rows.iter().any(|row| row.batch == 1 && row.status == Status::Ok));
    }
}
