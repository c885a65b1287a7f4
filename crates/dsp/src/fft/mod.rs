//! Forward transforms of any length over realfft and rustfft: plans that own their scratch, and the
//! frequencies of their bins.
//!
//! `X[k] = Σ x[n] exp(−2πi kn/N)`, without a factor.

mod freq;
mod number;
mod plan;

pub use freq::{fftfreq, rfft_bins, rfftfreq};
pub use num_complex::Complex;
pub use number::{Real, Sample};
pub use plan::{ComplexFft, ForwardFft, RealFft};
