//! The library part of `bench-e2e`: whole pipelines by every kind of transform, speed and held-out accuracy.

mod call;
mod denoise;
mod models;
mod score;

use std::time::Duration;

use rlx_learn::Signals;
use rlx_runtime::calibrate::interleaved;
use serde::Serialize;

use crate::bench::report::Status;
use crate::error::{Error, Result};
use call::{Call, call};
pub use models::{E2eModelOptions, E2eModels};
use score::Score;

/// A pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pipeline {
    /// Two segments to log-mel energies.
    Mel,
    /// Two segments to powers.
    Welch,
    /// Two segments to the K strongest bins.
    WelchPeaks,
    /// One segment to the K strongest bins.
    WelchPeaksUltra,
    /// One frame to its complex spectrum: speed and accuracy of integer arithmetic.
    Q8,
    /// Forward, spectral mask, inverse, overlap-add of eight frames.
    Denoise,
}

impl Pipeline {
    /// All pipelines, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::Mel, Self::Welch, Self::WelchPeaks, Self::WelchPeaksUltra, Self::Q8, Self::Denoise];

    /// Returns the name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mel => "mel",
            Self::Welch => "welch",
            Self::WelchPeaks => "welch_peaks",
            Self::WelchPeaksUltra => "welch_peaks_ultra",
            Self::Q8 => "q8",
            Self::Denoise => "denoise",
        }
    }

    /// Returns the accuracy metric, with its unit.
    pub fn metric(self) -> &'static str {
        match self {
            Self::Mel => "rms_error_db",
            Self::Welch => "median_error_db",
            Self::WelchPeaks | Self::WelchPeaksUltra => "recall",
            Self::Q8 => "rel_l2",
            Self::Denoise => "snr_gain_db",
        }
    }

    /// Segments of a row.
    fn segments(self) -> usize {
        match self {
            Self::Mel | Self::Welch | Self::WelchPeaks => 2,
            Self::WelchPeaksUltra | Self::Q8 => 1,
            Self::Denoise => 8,
        }
    }
}

/// The transform of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// The reference.
    Rustfft,
    /// The compiled plan, or its lanes kernel.
    ExactCompiled,
    /// The butterflies of the FFT, executed one by one.
    ButterflyEager,
    /// The learned model before its gates are decided.
    Learned,
    /// The learned model with decided gates.
    LearnedHard,
    /// The learned model as a tape without its pruned butterflies.
    LearnedCompiled,
    /// 8-bit twiddles in integer arithmetic.
    Q8,
    /// A sparse student of the learned model, as a tape.
    Distilled,
    /// A ternary student, as a tape.
    Ternary,
    /// The choice of the picker.
    Auto,
}

impl Backend {
    /// All backends, the reference first.
    pub const ALL: [Self; 10] = [
        Self::Rustfft,
        Self::ExactCompiled,
        Self::ButterflyEager,
        Self::Learned,
        Self::LearnedHard,
        Self::LearnedCompiled,
        Self::Q8,
        Self::Distilled,
        Self::Ternary,
        Self::Auto,
    ];

    /// Returns the name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rustfft => "rustfft",
            Self::ExactCompiled => "exact_compiled",
            Self::ButterflyEager => "butterfly_eager",
            Self::Learned => "learned",
            Self::LearnedHard => "learned_hard",
            Self::LearnedCompiled => "learned_compiled",
            Self::Q8 => "q8",
            Self::Distilled => "distilled",
            Self::Ternary => "ternary",
            Self::Auto => "auto",
        }
    }
}

/// Options of the bench.
#[derive(Debug, Clone, PartialEq)]
pub struct E2eBenchOptions {
    /// Name of the device of compiled and picked peaks; everything else runs on one CPU thread.
    pub device: String,
    /// Transform length, a power of two.
    pub n_fft: usize,
    /// Rows of a call.
    pub batch: usize,
    /// Peaks per row.
    pub k: usize,
    /// Mel bands.
    pub n_mels: usize,
    /// Timed rounds; each runs every backend once.
    pub iters: usize,
    /// Seed of the held-out signals.
    pub seed: u64,
    /// Whether compiled backends are measured.
    pub compiled: bool,
}

/// A backend of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct E2eRow {
    /// `pipeline/backend`.
    pub path: String,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The backend.
    pub backend: Backend,
    /// Measured or skipped.
    pub status: Status,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// Transform length.
    pub n_fft: usize,
    /// Rows.
    pub batch: usize,
    /// Peaks per row.
    pub k: usize,
    /// Segments per row.
    pub segments: usize,
    /// Device.
    pub device: String,
    /// Threads.
    pub threads: usize,
    /// Timed rounds.
    pub iters: usize,
    /// Median ms of a batch.
    pub ms: Option<f64>,
    /// Smallest time, ms.
    pub ms_min: Option<f64>,
    /// 90th percentile, ms.
    pub ms_p90: Option<f64>,
    /// Rows per second, by the median.
    pub rows_per_s: Option<f64>,
    /// Median of the reference divided by this median.
    pub speedup_vs_rustfft: Option<f64>,
    /// Metric of `accuracy`, see [`Pipeline::metric`].
    pub metric: &'static str,
    /// Accuracy on held-out rows.
    pub accuracy: Option<f64>,
    /// Number of held-out rows.
    pub accuracy_rows: usize,
}

/// Smallest number of rows for accuracy.
const HELD_OUT: usize = 512;

/// Runs every backend of every pipeline; the backends of a pipeline are interleaved.
///
/// # Errors
/// Sizes outside their domain, an unknown device. An impossible combination is a skipped row.
pub fn bench_e2e(options: &E2eBenchOptions, models: &E2eModels) -> Result<Vec<E2eRow>> {
    if options.iters == 0 || options.batch == 0 || options.k == 0 || options.n_mels == 0 {
        return Err(Error::argument("iters", "iters, batch, k and n_mels must be at least 1"));
    }
    if !(16..=4096).contains(&options.n_fft) || !options.n_fft.is_power_of_two() {
        let reason = format!("{} is not a power of two within 16 … 4096", options.n_fft);
        return Err(Error::argument("n_fft", reason));
    }
    Pipeline::ALL.into_iter().try_fold(Vec::new(), |mut rows, pipeline| {
        rows.extend(one_pipeline(options, models, pipeline)?);
        Ok(rows)
    })
}

fn one_pipeline(options: &E2eBenchOptions, models: &E2eModels, pipeline: Pipeline) -> Result<Vec<E2eRow>> {
    let signals = Signals::Generated(options.seed);
    let chunks = HELD_OUT.div_ceil(options.batch).max(1);
    let score = Score::new(options, pipeline, &signals, chunks)?;
    let mut calls: Vec<(Backend, std::result::Result<Call<'_>, String>)> = Vec::new();
    for backend in Backend::ALL {
        calls.push((backend, call(options, models, pipeline, backend)?));
    }
    let mut accuracies = Vec::new();
    for (_, call) in &mut calls {
        if let Ok(call) = call {
            accuracies.push(score.accuracy(options, call)?);
        }
    }
    let samples = score.batch();
    let mut turns: Vec<Box<dyn FnMut() -> Result<()> + '_>> = Vec::new();
    for (_, call) in &mut calls {
        if let Ok(call) = call {
            let mut out = vec![0.0; call.width * options.batch];
            turns.push(Box::new(move || (call.run)(samples, &mut out)));
        }
    }
    let mut dynamic: Vec<&mut dyn FnMut() -> Result<()>> = turns.iter_mut().map(|t| &mut **t as _).collect();
    let spreads = interleaved(&mut dynamic, Duration::ZERO, options.iters, options.iters)?;
    drop(turns);
    let base = spreads.first().map(|s| s.median);
    let mut measured = spreads.into_iter().zip(accuracies);
    let rows = calls.into_iter().map(|(backend, call)| {
        let (reason, device) = match call {
            Ok(call) => (None, call.device),
            Err(reason) => (Some(reason), "cpu".to_owned()),
        };
        let (time, accuracy) = if reason.is_none() { measured.next() } else { None }.unzip();
        E2eRow {
            path: format!("{}/{}", pipeline.name(), backend.name()),
            pipeline,
            backend,
            status: if reason.is_none() { Status::Ok } else { Status::Skipped },
            reason,
            n_fft: options.n_fft,
            batch: options.batch,
            k: options.k,
            segments: pipeline.segments(),
            device,
            threads: 1,
            iters: options.iters,
            ms: time.map(|t| t.median * 1e-6),
            ms_min: time.map(|t| t.min * 1e-6),
            ms_p90: time.map(|t| t.p90 * 1e-6),
            rows_per_s: time.map(|t| options.batch as f64 / (t.median * 1e-9)),
            speedup_vs_rustfft: time.and_then(|t| base.map(|b| b / t.median)),
            metric: pipeline.metric(),
            accuracy,
            accuracy_rows: chunks * options.batch,
        }
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_measured_or_says_why_not() {
        let options = E2eBenchOptions {
            device: "cpu".to_owned(),
            n_fft: 64,
            batch: 64,
            k: 4,
            n_mels: 10,
            iters: 1,
            seed: 1,
            compiled: true,
        };
        let trained = E2eModelOptions {
            n_fft: 64,
            batch: 8,
            k: 4,
            n_mels: 10,
            steps: 20,
            seed: 1,
            train: true,
            distil: true,
            hard_gates: true,
        };
        let models = E2eModels::train(trained);
        let rows = bench_e2e(&options, &models).unwrap();
        assert_eq!(rows.len(), 60);
        let row = |path: &str| rows.iter().find(|r| r.path == path).unwrap();
        for r in &rows {
            assert_eq!(r.ms.is_some(), r.status == Status::Ok, "{r:?}");
            assert_eq!(r.reason.is_some(), r.status == Status::Skipped, "{r:?}");
            assert!(r.accuracy.is_none_or(f64::is_finite), "{r:?}");
        }
        // Four implementations of the same mathematics have the same accuracy, and noise decreases.
        let reference = row("welch_peaks/rustfft").accuracy.unwrap();
        for backend in ["exact_compiled", "butterfly_eager", "auto"] {
            let got = row(&format!("welch_peaks/{backend}")).accuracy;
            // The picker may select one segment, which finds fewer peaks.
            assert!(backend == "auto" || (got.unwrap() - reference).abs() < 2e-3, "{backend}: {got:?}");
        }
        assert!(row("q8/butterfly_eager").accuracy.unwrap() < 1e-6);
        let q8 = row("q8/q8").accuracy.unwrap();
        assert!(q8 > 1e-5, "integers round: {q8}");
        assert!(row("denoise/rustfft").accuracy.unwrap() > 1.0);
        assert_eq!(row("denoise/learned_compiled").status, Status::Skipped);
        let untrained = E2eModels::train(E2eModelOptions { train: false, distil: false, ..trained });
        let rows = bench_e2e(&E2eBenchOptions { compiled: false, ..options }, &untrained).unwrap();
        let reason = rows.iter().find(|r| r.path == "mel/learned").unwrap().reason.clone().unwrap();
        assert!(reason.contains("--train-first"), "{reason}");
    }
}
