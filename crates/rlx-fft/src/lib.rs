//! The facade of `rlx-fft`: batched spectral peaks, Welch spectra, spectrograms and log-mel.
//!
//! - [`dsp`]: the mathematics on the CPU, as functions and plans
//! - [`io`]: readers of signals, writers of results
//! - [`graph`]: pipelines as graphs of ops, and their placement on devices
//! - [`device`]: devices, sessions and executables
//! - [`learn`]: learned butterfly transforms that replace the FFT
//! - [`AutoWelchPeaks`]: packed peaks of batches of rows, by the strategy with the lowest predicted time
//!
//! [`prelude`] contains the names that most programs need. Features: `cuda` and `gpu` (wgpu: Vulkan, Metal, Direct3D
//! 12; `metal` and `apple-silicon` switch it on too) add devices whose drivers are loaded at run time, `dev` adds the
//! benches (`bench`), `cli` the `rlx-fft` program. Without default features the library has none of them.
//!
//! The library prints nothing; messages go to the `log` crate. [`environment`] lists the variables it reads.
//!
//! ```
//! use rlx_fft::prelude::*;
//!
//! let rate = 1000.0;
//! let signal: Vec<f32> = (0..8192).map(|i| (std::f32::consts::TAU * 50.3 * i as f32 / 1000.0).sin()).collect();
//! let psd = welch(&signal, rate)?;
//! assert!((psd.peak_freq().unwrap() - 50.3).abs() < 0.05);
//!
//! // With other parameters, and a plan for many signals.
//! let plan = Welch::<f32>::new(PsdParams::new(rate, 512).hop(128).window(Window::Hamming))?;
//! for peak in plan.run(&signal)?.peaks(5) {
//!     println!("{:.2} Hz: {:.1} dB", peak.freq, peak.level_db);
//! }
//! # Ok::<(), rlx_fft::dsp::Error>(())
//! ```
//!
//! Batches of short rows: the K strongest bins of each, by the strategy with the lowest predicted time.
//!
//! ```
//! use rlx_fft::{AutoWelchPeaks, FastLearnedFftModel, WelchPeakParams, WelchPeaksStrategy};
//! use rlx_fft::parse_welch_peaks_strategy;
//!
//! # fn main() -> rlx_fft::Result<()> {
//! let (batch, n_fft, k) = (4, 256, 16);
//! let full = WelchPeakParams::reference_for_n_fft(n_fft, k);
//! let samples: Vec<f32> = (0..batch * full.welch.frame_len()).map(|i| (i as f32 * 0.4).sin()).collect();
//!
//! // The cheapest predicted strategy; full rows of 8 segments, over which two segments are spread.
//! let mut auto = AutoWelchPeaks::new(batch, n_fft, k, Some("auto"))?;
//! let peaks = auto.welch_peaks_batch(&samples)?;
//! assert_eq!(peaks.len(), batch * k * 2);
//! println!("{}", auto.strategy_label());
//!
//! // Rows that have only the leading two segments, without a copy.
//! let fast_params = WelchPeakParams::fast_for_n_fft(n_fft, k);
//! let fast = fast_params.welch.truncate_batch(&samples, batch, full.welch.frame_len())?;
//! assert_eq!(auto.welch_peaks_batch_fast(&fast)?.len(), peaks.len());
//!
//! // A strategy by hand, by name, and with a learned model.
//! let strategy = WelchPeaksStrategy::FastStreaming;
//! let mut forced = AutoWelchPeaks::with_strategy(batch, n_fft, k, Some("cpu"), strategy)?;
//! assert_eq!(forced.strategy_label(), "fast_streaming_rustfft");
//! forced.welch_peaks_batch(&samples)?;
//! let mode = parse_welch_peaks_strategy("rlx")?;
//! let mut named = AutoWelchPeaks::with_options(batch, n_fft, k, Some("cpu"), None, mode)?;
//! assert_eq!(named.strategy_label(), "rlx_compiled");
//! let mut out = vec![0.0; batch * k * 2];
//! named.welch_peaks_batch_fast_into(&fast, &mut out)?;
//! let model = FastLearnedFftModel::exact(n_fft)?;
//! let mut learned = AutoWelchPeaks::with_learned(batch, n_fft, k, Some("cpu"), Some(&model))?;
//! learned.welch_peaks_batch(&samples)?;
//! # Ok(())
//! # }
//! ```

pub use rlx_compile as graph;
pub use rlx_dsp as dsp;
pub use rlx_io as io;
pub use rlx_learn as learn;
pub use rlx_runtime as device;

pub mod auto_welch_peaks;
pub mod batch_limit;
#[cfg(feature = "dev")]
pub mod bench;
pub mod calibrate;
mod compat;
pub mod devices;
pub mod environment;
pub mod error;
mod learned_plan;
pub mod prelude;
pub mod welch_peaks_compile;
pub mod welch_peaks_cost;
pub mod welch_peaks_picker;

pub use auto_welch_peaks::{AutoSettings, AutoWelchPeaks, PickerTrace};
pub use batch_limit::{BatchLimit, BatchRequest, MemorySource, SampleType, auto_max_fft_batch, clamp_batch};
pub use compat::*;
pub use error::{Error, Result};
pub use rlx_dsp::welch::peaks::{WelchParams, WelchPeakParams, WelchPeaks, WelchPeaksScratch};
pub use rlx_learn::FastLearnedFftModel;
pub use rlx_runtime::{Device, Executable, Session, SessionOptions};
pub use welch_peaks_picker::{
    WelchPeaksPickMode, WelchPeaksStrategy, parse_welch_peaks_strategy, pick_welch_peaks_strategy,
};
