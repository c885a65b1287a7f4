//! Inverse transform of the bins of real samples.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;
use realfft::ComplexToReal;

use super::number::Real;
use super::plan::{check_buffers, check_len};
use crate::error::{Error, Result};

/// `x[n] = Σ X[k] exp(2πi kn/N)` over all N bins, of which the `n/2 + 1` lower ones are given: the result is N times
/// the samples that [`RealFft`](super::RealFft) transformed. Owns its scratch, as `RealFft` does.
#[derive(Clone)]
pub struct InverseRealFft<T: Real> {
    plan: Arc<dyn ComplexToReal<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Real> InverseRealFft<T> {
    /// Plans a transform to `n ≥ 2` samples.
    ///
    /// # Errors
    /// [`Error::Argument`] when `n` is under 2.
    pub fn new(n: usize) -> Result<Self> {
        check_len(n)?;
        let plan = T::plan_real_inverse(n);
        let scratch = plan.make_scratch_vec();
        Ok(Self { plan, scratch })
    }

    /// Transforms `bins`, whose content is undefined afterwards; the imaginary parts of DC and of an even Nyquist bin
    /// are ignored.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are `n/2 + 1` bins and `n` samples.
    pub fn inverse(&mut self, bins: &mut [Complex<T>], samples: &mut [T]) -> Result<()> {
        let n = self.plan.len();
        check_buffers([n / 2 + 1, n], [bins.len(), samples.len()])?;
        bins[0].im = T::zero();
        if n.is_multiple_of(2) {
            bins[n / 2].im = T::zero();
        }
        self.plan
            .process_with_scratch(bins, samples, &mut self.scratch)
            .map_err(|error| Error::argument("n_fft", error.to_string()))
    }
}

impl<T: Real> fmt::Debug for InverseRealFft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InverseRealFft({})", self.plan.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::{ForwardFft, RealFft};

    #[test]
    fn bins_go_back_to_their_samples() {
        for n in [2, 3, 16, 45] {
            let samples: Vec<f64> = (0..n).map(|i| ((i * i) as f64 * 0.7).sin()).collect();
            let mut bins = vec![Complex::default(); n / 2 + 1];
            RealFft::new(n).unwrap().forward(&mut samples.clone(), &mut bins).unwrap();
            bins[0].im = 5.0;
            let mut back = vec![0.0; n];
            let mut inverse = InverseRealFft::<f64>::new(n).unwrap();
            inverse.inverse(&mut bins, &mut back).unwrap();
            for (x, y) in samples.iter().zip(&back) {
                assert!((x * n as f64 - y).abs() < 1e-12 * n as f64, "{n}: {x} {y}");
            }
            assert!(inverse.inverse(&mut bins[1..], &mut back).is_err());
        }
        assert!(InverseRealFft::<f32>::new(1).is_err());
    }
}
