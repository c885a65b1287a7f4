//! Spectral estimates on the CPU: the mathematics of `rlx-fft`.
//!
//! It uses no files, devices or graphs: functions take slices of samples and return spectra and peaks.

pub mod detrend;
pub mod error;
pub mod fft;
pub mod lanes;
pub mod mel;
pub mod nan;
pub mod params;
pub mod peaks;
pub mod reference;
pub mod scaling;
mod scratch;
mod specialise;
pub mod stft;
pub mod welch;
pub mod window;

pub use error::{Error, Result};
