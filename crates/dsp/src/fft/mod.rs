//! Transforms of any length over realfft and rustfft: plans that own their scratch, and the frequencies of
//! their bins.
//!
//! `X[k] = Σ x[n] exp(−2πi kn/N)`, without a factor; [`InverseRealFft`] goes back, without a factor too.

mod freq;
mod inverse;
mod number;
mod plan;

pub use freq::{fftfreq, rfft_bins, rfftfreq};
pub use inverse::InverseRealFft;
pub use num_complex::Complex;
pub use number::{Real, Sample};
pub use plan::{ComplexFft, ForwardFft, RealFft};
