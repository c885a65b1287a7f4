//! Transforms of any length over realfft and rustfft: plans that own their scratch, and the frequencies of
//! their bins.
//!
//! `X[k] = Σ x[n] exp(−2πi kn/N)`, without a factor; [`InverseRealFft`] goes back, without a factor too. [`Rfft`], [`Irfft`],
//! [`Fft`] and [`Ifft`] transform batches with the lengths and factors of `numpy.fft`.

#[cfg(any(target_arch = "wasm32", test))]
mod compact;
mod freq;
mod inverse;
mod number;
mod plan;
mod transform;

pub use freq::{fftfreq, rfft_bins, rfftfreq};
pub use inverse::InverseRealFft;
pub use num_complex::Complex;
pub use number::{Real, Sample};
pub use plan::{ComplexFft, ForwardFft, RealFft};
pub use transform::{Fft, FftParams, FftScratch, Ifft, Irfft, Norm, Rfft, Transform};
