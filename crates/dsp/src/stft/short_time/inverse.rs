//! From spectra of slices back to the signal.

use std::ops::Range;

use num_complex::Complex;

use super::{ShortTimeFft, SpectrumSides};
use crate::error::{Error, Result};
use crate::fft::{FftParams, FftScratch, Ifft, Irfft, Real, Sample, Transform};

/// Plan of an inverse: [`ShortTimeFft::inverse_plan`].
#[derive(Debug, Clone)]
pub struct ShortTimeInverse<S: Sample> {
    plan: ShortTimeFft<S>,
    dual: Vec<S>,
    fft: Back<S::Real>,
}

#[derive(Debug, Clone)]
enum Back<T: Real> {
    Real(Irfft<T>),
    Complex(Ifft<T>),
}

/// Buffers of one thread for a [`ShortTimeInverse`].
#[derive(Debug, Clone)]
pub struct InverseScratch<T: Real> {
    bins: Vec<Complex<T>>,
    real: Vec<T>,
    complex: Vec<Complex<T>>,
    fft: FftScratch<T, Complex<T>>,
}

impl<S: Sample> ShortTimeFft<S> {
    /// The plan of the inverse.
    ///
    /// # Errors
    /// As [`ShortTimeFft::dual`].
    pub fn inverse_plan(&self) -> Result<ShortTimeInverse<S>> {
        let params = FftParams::new(self.params.n_fft);
        let fft = if self.params.sides == SpectrumSides::OneSided {
            Back::Real(Irfft::new(params)?)
        } else {
            Back::Complex(Ifft::new(params)?)
        };
        Ok(ShortTimeInverse { dual: self.dual()?, plan: self.clone(), fft })
    }

    /// The samples `range` of the signal with these spectra, `[slices, n_bins]`, of which the first is that of slice
    /// [`p_min`](super::Slices::p_min).
    ///
    /// # Errors
    /// As [`ShortTimeFft::dual`]; [`Error::Length`] for spectra that are not whole slices.
    pub fn inverse(&self, spectra: &[Complex<S::Real>], range: Range<isize>) -> Result<Vec<S>> {
        let mut out = vec![S::default(); range.len()];
        let inverse = self.inverse_plan()?;
        inverse.run_into(spectra, range.start, &mut inverse.scratch(), &mut out)?;
        Ok(out)
    }
}

impl<S: Sample> ShortTimeInverse<S> {
    /// Buffers for [`run_into`](Self::run_into).
    #[must_use]
    pub fn scratch(&self) -> InverseScratch<S::Real> {
        let n = self.plan.params.n_fft;
        let fft = match &self.fft {
            Back::Real(fft) => fft.scratch(),
            Back::Complex(fft) => fft.scratch(),
        };
        InverseScratch {
            bins: vec![Complex::default(); self.plan.params.n_bins()],
            real: vec![S::Real::default(); n],
            complex: vec![Complex::default(); n],
            fft,
        }
    }

    /// Writes the samples from `start` on to `out`; slices that `spectra` lacks count as 0. The samples do not depend on
    /// how a signal is divided into such calls.
    ///
    /// # Errors
    /// [`Error::Length`] for spectra that are not whole slices.
    pub fn run_into(
        &self,
        spectra: &[Complex<S::Real>],
        start: isize,
        scratch: &mut InverseScratch<S::Real>,
        out: &mut [S],
    ) -> Result<()> {
        let n_bins = self.plan.params.n_bins();
        let slices = spectra.len() / n_bins;
        if spectra.len() != slices * n_bins {
            return Err(Error::Length { name: "spectra", expected: slices * n_bins, got: spectra.len() });
        }
        out.fill(S::default());
        let (hop, len) = (self.plan.params.hop as isize, self.dual.len() as isize);
        let (p_min, end) = (self.plan.slices.p_min(), start + out.len() as isize);
        // Slices that end after `start` and begin before `end`.
        let middle = self.plan.slices.middle() as isize;
        let first = (start + middle - len).div_euclid(hop) + 1;
        let last = (end - 1 + middle).div_euclid(hop);
        for p in first.max(p_min)..=last.min(p_min + slices as isize - 1) {
            let spectrum = &spectra[(p - p_min) as usize * n_bins..][..n_bins];
            self.slice(spectrum, scratch)?;
            let at = self.plan.slices.start(p);
            let range = at.max(start)..(at + len).min(end);
            let out = &mut out[(range.start - start) as usize..(range.end - start) as usize];
            let from = (range.start - at) as usize;
            self.add(scratch, from, out);
        }
        Ok(())
    }

    /// The samples of one slice to the scratch, before their rotation is undone.
    fn slice(&self, spectrum: &[Complex<S::Real>], scratch: &mut InverseScratch<S::Real>) -> Result<()> {
        let params = &self.plan.params;
        let bins = &mut scratch.bins;
        bins.copy_from_slice(spectrum);
        match &self.fft {
            Back::Real(fft) => {
                if params.inner_gain != 1.0 {
                    let gain = S::Real::narrow(1.0 / params.inner_gain);
                    bins[1..params.n_fft.div_ceil(2)].iter_mut().for_each(|v| *v = v.scale(gain));
                }
                fft.run_into(bins, &mut scratch.fft, &mut scratch.real)
            }
            Back::Complex(fft) => {
                if params.sides == SpectrumSides::Centered {
                    bins.rotate_left(params.n_fft / 2);
                }
                fft.run_into(bins, &mut scratch.fft, &mut scratch.complex)
            }
        }
    }

    /// Adds the samples of a slice from its sample `from` on, weighted, to `out`.
    fn add(&self, scratch: &InverseScratch<S::Real>, from: usize, out: &mut [S]) {
        let (n, rotation) = (self.plan.params.n_fft, self.plan.params.rotation());
        for (i, out) in out.iter_mut().enumerate() {
            let at = (from + i + n - rotation) % n;
            let (re, im) = match &self.fft {
                Back::Real(_) => (scratch.real[at].widen(), 0.0),
                Back::Complex(_) => (scratch.complex[at].re.widen(), scratch.complex[at].im.widen()),
            };
            let ((c, d), (a, b)) = (self.dual[from + i].parts(), out.parts());
            *out = S::from_parts(a + (re * c - im * d), b + (re * d + im * c));
        }
    }
}
