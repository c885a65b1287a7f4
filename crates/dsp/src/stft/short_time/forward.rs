//! From a signal to the spectra of its slices.

use std::ops::Range;

use num_complex::Complex;

use super::{ShortTimeParams, Slices, SpectrumSides, canonical_dual};
use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::{ForwardFft, Real, Sample, fftfreq, rfftfreq};
use crate::params::{Threads, Workers};
use crate::rows;

/// A plan for short-time transforms and their inverses; immutable.
#[derive(Debug, Clone)]
pub struct ShortTimeFft<S: Sample> {
    pub(super) params: ShortTimeParams<S>,
    pub(super) slices: Slices,
    /// `None` for transforms of one point.
    fft: Option<S::Fft>,
}

/// Buffers of one thread.
#[derive(Debug, Clone)]
pub struct ShortTimeScratch<S: Sample> {
    fft: Option<S::Fft>,
    samples: Vec<S>,
    input: Vec<S>,
    spectrum: Vec<Complex<S::Real>>,
}

/// Spectra of the slices of a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortTimeSpectra<T> {
    /// Index of the first slice.
    pub first: isize,
    /// Bins of a slice.
    pub n_bins: usize,
    /// Spectra, `[slices, n_bins]`.
    pub values: Vec<Complex<T>>,
}

impl<S: Sample> ShortTimeFft<S> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`ShortTimeParams::validate`] refuses.
    pub fn new(params: ShortTimeParams<S>) -> Result<Self> {
        params.validate()?;
        let fft = if params.n_fft < 2 { None } else { Some(S::Fft::new(params.n_fft)?) };
        Ok(Self { slices: Slices::new(&params.window, params.hop)?, params, fft })
    }

    /// The parameters of the plan.
    #[must_use]
    pub fn params(&self) -> &ShortTimeParams<S> {
        &self.params
    }

    /// Where the slices lie.
    #[must_use]
    pub fn slices(&self) -> &Slices {
        &self.slices
    }

    /// Frequencies of the bins in the unit of `sample_rate`, in the order of [`ShortTimeParams::sides`].
    #[must_use]
    pub fn frequencies(&self, sample_rate: f64) -> Vec<f64> {
        let n = self.params.n_fft;
        match self.params.sides {
            SpectrumSides::OneSided => rfftfreq(n, sample_rate),
            SpectrumSides::TwoSided => fftfreq(n, sample_rate),
            SpectrumSides::Centered => {
                let mut all = fftfreq(n, sample_rate);
                all.rotate_right(n / 2);
                all
            }
        }
    }

    /// The dual window: the given one, or the canonical one.
    ///
    /// # Errors
    /// As [`canonical_dual`].
    pub fn dual(&self) -> Result<Vec<S>> {
        match &self.params.dual {
            Some(dual) => Ok(dual.clone()),
            None => canonical_dual(&self.params.window, self.params.hop, S::Real::EPSILON),
        }
    }

    /// Buffers for the `_into` calls.
    #[must_use]
    pub fn scratch(&self) -> ShortTimeScratch<S> {
        let n = self.params.n_fft;
        ShortTimeScratch {
            fft: self.fft.clone(),
            samples: vec![S::default(); self.params.window.len()],
            input: vec![S::default(); n],
            spectrum: vec![Complex::default(); n],
        }
    }

    /// The spectra of all slices of `x`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a signal shorter than half a window.
    pub fn run(&self, x: &[S]) -> Result<ShortTimeSpectra<S::Real>> {
        let range = self.slices.range(x.len())?;
        let n_bins = self.params.n_bins();
        let mut values = vec![Complex::default(); range.len() * n_bins];
        let first = range.start;
        self.run_into(x, range, 0, &mut self.scratch(), &mut values)?;
        Ok(ShortTimeSpectra { first, n_bins, values })
    }

    /// The spectra of all slices of each row of `x`, `[rows, row_len]`: `[rows, slices, n_bins]`, flat.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Argument`] for a `row_len` that does not divide the length of `x`, and for threads
    /// that do not start.
    pub fn run_batch(
        &self,
        x: &[S],
        row_len: usize,
        threads: impl Into<Threads>,
    ) -> Result<Vec<Complex<S::Real>>> {
        let rows = rows::count(x.len(), row_len)?;
        let range = self.slices.range(row_len)?;
        let width = range.len() * self.params.n_bins();
        let mut out = vec![Complex::default(); rows * width];
        let workers = Workers::start(threads.into())?;
        rows::for_each(
            &workers,
            (x, row_len),
            (&mut out, width),
            || self.scratch(),
            |scratch, _, x, out| self.run_into(x, range.clone(), 0, scratch, out),
        )?;
        Ok(out)
    }

    /// The spectra of slices `range` of `x` into `out`, `[range.len(), n_bins]`; every slice is moved by `offset` samples.
    /// Slices may lie anywhere: they see [`ShortTimeParams::extension`] beyond the ends of `x`.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty `x`, [`Error::Length`] for an `out` of another length.
    pub fn run_into(
        &self,
        x: &[S],
        range: Range<isize>,
        offset: isize,
        scratch: &mut ShortTimeScratch<S>,
        out: &mut [Complex<S::Real>],
    ) -> Result<()> {
        let n_bins = self.params.n_bins();
        let expected = range.len() * n_bins;
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        if x.is_empty() {
            return Err(Error::argument("signal", "no samples"));
        }
        for (p, out) in range.zip(out.chunks_exact_mut(n_bins)) {
            self.slice(x, self.slices.start(p) + offset, scratch, out);
        }
        Ok(())
    }

    /// The spectrum of the slice that begins at sample `start`.
    fn slice(&self, x: &[S], start: isize, scratch: &mut ShortTimeScratch<S>, out: &mut [Complex<S::Real>]) {
        let params = &self.params;
        let len = params.window.len();
        let inside = usize::try_from(start).ok().and_then(|start| x.get(start..start + len));
        let samples = match inside {
            Some(samples) if params.detrend == Detrend::None => samples,
            _ => {
                match inside {
                    Some(samples) => scratch.samples.copy_from_slice(samples),
                    None => params.extension.copy(x, start, &mut scratch.samples),
                }
                params.detrend.apply(&mut scratch.samples);
                &scratch.samples
            }
        };
        // The transform uses its input as scratch, so the zeros are written anew for each slice.
        let (n, rotation) = (params.n_fft, params.rotation());
        let input = &mut scratch.input[..];
        let (tail, head) = input.split_at_mut(n - rotation);
        weigh(&samples[..rotation], &params.window[..rotation], head);
        weigh(&samples[rotation..], &params.window[rotation..], &mut tail[..len - rotation]);
        tail[len - rotation..].fill(S::default());
        match params.sides {
            SpectrumSides::OneSided => self.transform(scratch, out),
            SpectrumSides::TwoSided | SpectrumSides::Centered => {
                let mut spectrum = std::mem::take(&mut scratch.spectrum);
                let bins = if S::COMPLEX { n } else { n / 2 + 1 };
                self.transform(scratch, &mut spectrum[..bins]);
                // Of real samples the negative frequencies are the conjugates of the positive ones.
                for k in bins..n {
                    spectrum[k] = spectrum[n - k].conj();
                }
                out.copy_from_slice(&spectrum);
                if params.sides == SpectrumSides::Centered {
                    out.rotate_right(n / 2);
                }
                scratch.spectrum = spectrum;
            }
        }
        if params.inner_gain != 1.0 && params.sides == SpectrumSides::OneSided {
            let gain = S::Real::narrow(params.inner_gain);
            out[1..n.div_ceil(2)].iter_mut().for_each(|v| *v = v.scale(gain));
        }
    }

    /// The transform of `scratch.input`.
    fn transform(&self, scratch: &mut ShortTimeScratch<S>, out: &mut [Complex<S::Real>]) {
        match &mut scratch.fft {
            Some(fft) => {
                let done = fft.forward(&mut scratch.input, out);
                debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
            }
            None => {
                let (re, im) = scratch.input[0].parts();
                out[0] = Complex::new(S::Real::narrow(re), S::Real::narrow(im));
            }
        }
    }
}

/// `samples · conj(weights)` into `out`.
fn weigh<S: Sample>(samples: &[S], weights: &[S], out: &mut [S]) {
    for ((out, sample), weight) in out.iter_mut().zip(samples).zip(weights) {
        let ((a, b), (c, d)) = (sample.parts(), weight.parts());
        *out =
            if S::COMPLEX { S::from_parts(a * c + b * d, b * c - a * d) } else { S::from_parts(a * c, 0.0) };
    }
}
