//! The facade of `rlx-fft`: batched spectral peaks, Welch spectra, spectrograms and log-mel.
//!
//! The mathematics is in [`dsp`], readers and writers of signals and results are in [`io`].
//!
//! ```
//! use rlx_fft::dsp::peaks::{Bounds, LocalPeakParams, find_peaks, subbin};
//! use rlx_fft::dsp::welch::{PsdParams, Welch};
//!
//! let rate = 1000.0;
//! let signal: Vec<f32> = (0..8192).map(|i| (std::f32::consts::TAU * 50.3 * i as f32 / 1000.0).sin()).collect();
//! let mut welch = Welch::<f32>::new(PsdParams::new(rate, 512))?;
//! let psd = welch.psd(&signal)?;
//!
//! let strong = Bounds { min: Some(1e-3), max: None };
//! let peaks = find_peaks(&psd, &LocalPeakParams { height: Some(strong), ..Default::default() })?;
//! let peak = subbin::hann(&psd, peaks.positions[0]).expect("a local maximum has neighbours");
//! assert!((peak.bin * rate / 512.0 - 50.3).abs() < 0.01);
//! # Ok::<(), rlx_fft::dsp::Error>(())
//! ```

pub use rlx_dsp as dsp;
pub use rlx_io as io;

#[cfg(feature = "cli")]
pub mod bench_welch_peaks;
