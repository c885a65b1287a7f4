//! The short-time Fourier transform and its inverse, as `scipy.signal.ShortTimeFFT` defines them.
//!
//! Slice `p` covers samples `p·hop − ⌊m/2⌋ …` of a signal, `m` the length of the window; samples beyond the ends of the
//! signal are what [`Extension`] says. The inverse weights each slice's samples by the dual window and adds them.
//!
//! ```
//! use rlx_dsp::stft::{ShortTimeFft, ShortTimeParams};
//! use rlx_dsp::window::{Symmetry, Window};
//!
//! let window = Window::Hann.coefficients(16, Symmetry::Periodic)?;
//! let plan = ShortTimeFft::new(ShortTimeParams::new(window, 4))?;
//! let x: Vec<f64> = (0..100).map(|i| (f64::from(i) * 0.3).sin()).collect();
//! let spectra = plan.run(&x)?;
//! let back = plan.inverse(&spectra.values, 0..100)?;
//! assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-12));
//! # Ok::<(), rlx_dsp::Error>(())
//! ```

mod dual;
mod extension;
mod forward;
mod inverse;
mod params;
mod slices;

pub use dual::{canonical_dual, closest_dual};
pub use extension::Extension;
pub use forward::{ShortTimeFft, ShortTimeScratch, ShortTimeSpectra};
pub use inverse::{InverseScratch, ShortTimeInverse};
pub use params::{ShortTimeParams, SpectrumSides};
pub use slices::Slices;
