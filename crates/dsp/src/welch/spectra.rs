//! Separate spectra of segments, before averaging.

use std::sync::Arc;

use num_complex::Complex;

use super::params::PsdParams;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::{Error, Result};
use crate::fft::{Sample, rfft_bins};
use crate::scratch::Idle;

/// A plan for the complex spectra of a signal's segments: detrended, weighted, padded, transformed, not scaled.
/// [`PsdParams::scaling`], `average`, `sides` and `nan` are ignored; NaN propagates to all bins of its segment.
///
/// Immutable: threads may share it, and clones share its idle buffers.
#[derive(Debug, Clone)]
pub struct SegmentSpectra<S: Sample> {
    params: PsdParams,
    spec: SegmentSpec,
    /// Has the tables; its clones transform.
    prototype: SegmentTransform<S>,
    idle: Arc<Idle<SegmentTransform<S>>>,
}

impl<S: Sample> SegmentSpectra<S> {
    /// Creates a plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain.
    pub fn new(params: PsdParams) -> Result<Self> {
        let spec = SegmentSpec::new::<S>(&params)?;
        Ok(Self { params, prototype: SegmentTransform::new(&spec)?, spec, idle: Arc::default() })
    }

    /// Returns the bins of a spectrum: `n_fft/2 + 1` of real samples, `n_fft` of complex ones.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        let n_fft = self.params.segments.n_fft;
        if S::COMPLEX { n_fft } else { rfft_bins(n_fft) }
    }

    /// Computes the spectra of the segments of `x` into `out`, `[segments, n_bins]`.
    ///
    /// # Errors
    /// [`Error::TooShort`] if `x` has no segment, [`Error::Length`] for an `out` of another length.
    pub fn spectra_into(&self, x: &[S], out: &mut [Complex<S::Real>]) -> Result<()> {
        self.each(x, out, |spectrum, out| out.copy_from_slice(spectrum))
    }

    /// Computes `|X|²` of the segments of `x`, not doubled, into `out`, `[segments, n_bins]`.
    ///
    /// # Errors
    /// Those of [`spectra_into`](Self::spectra_into).
    pub fn powers_into(&self, x: &[S], out: &mut [S::Real]) -> Result<()> {
        self.each(x, out, |spectrum, out| {
            for (out, bin) in out.iter_mut().zip(spectrum) {
                *out = bin.norm_sqr();
            }
        })
    }

    fn each<T>(&self, x: &[S], out: &mut [T], write: impl Fn(&[Complex<S::Real>], &mut [T])) -> Result<()> {
        let count = self.params.segment_count(x.len());
        if count == 0 {
            return Err(Error::TooShort { len: x.len(), segment: self.params.segments.segment_len });
        }
        let bins = self.n_bins();
        if out.len() != count * bins {
            return Err(Error::Length { name: "out", expected: count * bins, got: out.len() });
        }
        let work = |transform: &mut SegmentTransform<S>| {
            for (segment, out) in self.spec.segments(x, count).zip(out.chunks_exact_mut(bins)) {
                write(transform.transform(segment), out);
            }
        };
        self.idle.with(|| self.prototype.clone(), work);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detrend::Detrend;
    use crate::scaling::Scaling;
    use crate::welch::Welch;
    use crate::window::Window;

    #[test]
    fn their_mean_power_is_the_welch_spectrum() {
        let x: Vec<f64> = (0..500).map(|i| f64::from(i * i % 89) + 0.1 * f64::from(i)).collect();
        let weights: Vec<f64> = (0..30).map(|i| 1.0 + f64::from(i % 7)).collect();
        let params = PsdParams::new(1.0, 30)
            .n_fft(45)
            .hop(11)
            .detrend(Detrend::Linear)
            .scaling(Scaling::Raw)
            .window(Window::Custom(weights.into()));
        let spectra = SegmentSpectra::<f64>::new(params.clone()).unwrap();
        let (count, bins) = (params.segment_count(x.len()), spectra.n_bins());
        let mut powers = vec![0.0; count * bins];
        spectra.powers_into(&x, &mut powers).unwrap();
        let psd = Welch::<f64>::new(params.clone()).unwrap().run(&x).unwrap().values;
        for (k, p) in psd.iter().enumerate() {
            let mean = (0..count).map(|s| powers[s * bins + k]).sum::<f64>() / count as f64;
            let expected = if k == 0 { mean } else { 2.0 * mean };
            assert!((p - expected).abs() <= 1e-13 * expected.max(1.0), "{k}: {p} {expected}");
        }
        assert!(spectra.powers_into(&x[..29], &mut []).is_err());
        assert!(spectra.powers_into(&x, &mut powers[1..]).is_err());
        assert!(SegmentSpectra::<f64>::new(params.clone().segment_len(29)).is_err());
        assert!(Welch::<f64>::new(params.window(Window::Custom([f64::NAN; 30].into()))).is_err());
    }
}
