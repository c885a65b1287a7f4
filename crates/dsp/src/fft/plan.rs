//! Transform plans: built once, then called without allocating.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;
use realfft::RealToComplex;
use rustfft::Fft;

use super::number::{Real, Sample};
use crate::error::{Error, Result};

/// A forward transform of a fixed length that owns its scratch. A clone shares the tables and has separate scratch,
/// so that each thread can use its own clone.
pub trait ForwardFft<S: Sample>: Clone + fmt::Debug + Send + Sync {
    /// Plans a transform of `n ≥ 2` samples.
    ///
    /// # Errors
    /// [`Error::Argument`] when `n` is under 2.
    fn new(n: usize) -> Result<Self>;

    /// Returns the number of input samples.
    fn n_fft(&self) -> usize;

    /// Returns the number of output bins: `n/2 + 1` for real samples, `n` for complex ones.
    fn n_bins(&self) -> usize;

    /// Transforms `input` into `output`; `input` is used as scratch and is undefined afterwards.
    ///
    /// # Errors
    /// [`Error::Length`] if a buffer does not have [`n_fft`](Self::n_fft) samples or [`n_bins`](Self::n_bins) bins.
    fn forward(&mut self, input: &mut [S], output: &mut [Complex<S::Real>]) -> Result<()>;
}

/// Transform of real samples to the `n/2 + 1` bins from 0 Hz to Nyquist.
#[derive(Clone)]
pub struct RealFft<T: Real> {
    plan: Arc<dyn RealToComplex<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Real> ForwardFft<T> for RealFft<T> {
    fn new(n: usize) -> Result<Self> {
        check_len(n)?;
        let plan = T::plan_real(n);
        let scratch = plan.make_scratch_vec();
        Ok(Self { plan, scratch })
    }

    fn n_fft(&self) -> usize {
        self.plan.len()
    }

    fn n_bins(&self) -> usize {
        self.plan.complex_len()
    }

    fn forward(&mut self, input: &mut [T], output: &mut [Complex<T>]) -> Result<()> {
        check_buffers([self.n_fft(), self.n_bins()], [input.len(), output.len()])?;
        self.plan
            .process_with_scratch(input, output, &mut self.scratch)
            .map_err(|error| Error::argument("n_fft", error.to_string()))
    }
}

/// Transform of complex samples to all `n` bins, in [`fftfreq`](super::fftfreq) order.
#[derive(Clone)]
pub struct ComplexFft<T: Real> {
    plan: Arc<dyn Fft<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Real> ForwardFft<Complex<T>> for ComplexFft<T>
where
    Complex<T>: Sample<Real = T>,
{
    fn new(n: usize) -> Result<Self> {
        check_len(n)?;
        let plan = T::plan_complex(n);
        let scratch = vec![Complex::default(); plan.get_outofplace_scratch_len()];
        Ok(Self { plan, scratch })
    }

    fn n_fft(&self) -> usize {
        self.plan.len()
    }

    fn n_bins(&self) -> usize {
        self.plan.len()
    }

    fn forward(&mut self, input: &mut [Complex<T>], output: &mut [Complex<T>]) -> Result<()> {
        check_buffers([self.n_fft(), self.n_bins()], [input.len(), output.len()])?;
        self.plan.process_outofplace_with_scratch(input, output, &mut self.scratch);
        Ok(())
    }
}

pub(super) fn check_len(n: usize) -> Result<()> {
    if n < 2 {
        return Err(Error::argument("n_fft", format!("must be at least 2, got {n}")));
    }
    Ok(())
}

/// Checks the lengths of input and output.
pub(super) fn check_buffers(expected: [usize; 2], got: [usize; 2]) -> Result<()> {
    for (i, name) in ["fft input", "fft output"].into_iter().enumerate() {
        if got[i] != expected[i] {
            return Err(Error::Length { name, expected: expected[i], got: got[i] });
        }
    }
    Ok(())
}

impl<T: Real> fmt::Debug for RealFft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RealFft({})", self.plan.len())
    }
}

impl<T: Real> fmt::Debug for ComplexFft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComplexFft({})", self.plan.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lengths_and_wrong_buffers_are_named() {
        for n in [0, 1] {
            let message = RealFft::<f32>::new(n).unwrap_err().to_string();
            assert_eq!(message, format!("n_fft: must be at least 2, got {n}"));
        }
        let mut fft = ComplexFft::<f64>::new(6).unwrap();
        let mut six = [Complex::default(); 6];
        let mut five = [Complex::default(); 5];
        let error = fft.forward(&mut five, &mut six).unwrap_err();
        assert_eq!(error, Error::Length { name: "fft input", expected: 6, got: 5 });
        let error = fft.forward(&mut six, &mut five).unwrap_err();
        assert_eq!(error, Error::Length { name: "fft output", expected: 6, got: 5 });
    }

    #[test]
    fn bins_of_odd_and_even_lengths() {
        for (n, bins) in [(2, 2), (3, 2), (7, 4), (8, 5)] {
            assert_eq!(RealFft::<f64>::new(n).unwrap().n_bins(), bins);
            assert_eq!(ComplexFft::<f64>::new(n).unwrap().n_bins(), n);
        }
    }
}
