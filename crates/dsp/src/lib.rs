//! Spectral estimates on the CPU: the mathematics of `rlx-fft`.
//!
//! It uses no files, devices or graphs: functions take slices of samples and return spectra and peaks.

pub mod detrend;
pub mod error;
pub mod fft;
pub mod lanes;
pub mod lomb_scargle;
pub mod mel;
pub mod multitaper;
pub mod nan;
pub mod params;
pub mod peaks;
pub mod reference;
mod rows;
pub mod scaling;
mod scratch;
mod specialise;
pub mod stft;
pub mod welch;
pub mod window;

pub use error::{Error, Result};
