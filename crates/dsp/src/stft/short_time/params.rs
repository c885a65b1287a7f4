//! What a short-time transform consists of.

use super::Extension;
use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::{Sample, rfft_bins};
use crate::params::named;

/// Which bins a spectrum has, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpectrumSides {
    /// The `n_fft/2 + 1` bins from 0 Hz up; real samples and real windows only.
    #[default]
    OneSided,
    /// All bins, 0 Hz first ([`fftfreq`](crate::fft::fftfreq) order).
    TwoSided,
    /// All bins, 0 Hz in the middle (`numpy.fft.fftshift`).
    Centered,
}

named! { SpectrumSides, "sides",
    OneSided = "onesided", "from 0 Hz up";
    TwoSided = "twosided", "0 Hz first, then the negative frequencies at the end";
    Centered = "centered", "0 Hz in the middle";
}

/// Parameters of a [`ShortTimeFft`](super::ShortTimeFft). Lengths are in samples.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShortTimeParams<S> {
    /// Weights of a slice; complex ones are conjugated.
    pub window: Vec<S>,
    /// Weights of the inverse; `None` is the canonical dual of `window`.
    pub dual: Option<Vec<S>>,
    /// Samples from one slice to the next.
    pub hop: usize,
    /// Length of the FFT, at least that of the window.
    pub n_fft: usize,
    /// Bins of a spectrum.
    pub sides: SpectrumSides,
    /// Factor of the bins between 0 Hz and Nyquist of one-sided spectra: 2 for magnitudes, √2 for powers.
    pub inner_gain: f64,
    /// Sample of a slice, from its middle, at which the phase is 0. `None`: at the slice's first sample, without the
    /// rotation that this takes.
    pub phase_shift: Option<isize>,
    /// What slices see beyond the ends of the signal.
    pub extension: Extension,
    /// What is subtracted from the samples of a slice, before the window.
    pub detrend: Detrend,
}

impl<S: Sample> ShortTimeParams<S> {
    /// Slices `hop` apart under `window`, an FFT of the window's length, phases relative to the middle of the slice.
    #[must_use]
    pub fn new(window: Vec<S>, hop: usize) -> Self {
        Self {
            n_fft: window.len(),
            window,
            dual: None,
            hop,
            sides: if S::COMPLEX { SpectrumSides::TwoSided } else { SpectrumSides::OneSided },
            inner_gain: 1.0,
            phase_shift: Some(0),
            extension: Extension::Zeros,
            detrend: Detrend::None,
        }
    }

    /// Sets the weights of the inverse.
    #[must_use]
    pub fn dual(mut self, dual: Vec<S>) -> Self {
        self.dual = Some(dual);
        self
    }

    /// Sets the length of the FFT.
    #[must_use]
    pub fn n_fft(mut self, n_fft: usize) -> Self {
        self.n_fft = n_fft;
        self
    }

    /// Sets the bins of a spectrum.
    #[must_use]
    pub fn sides(mut self, sides: SpectrumSides) -> Self {
        self.sides = sides;
        self
    }

    /// Sets the factor of the bins between 0 Hz and Nyquist of one-sided spectra.
    #[must_use]
    pub fn inner_gain(mut self, gain: f64) -> Self {
        self.inner_gain = gain;
        self
    }

    /// Sets where the phase is 0.
    #[must_use]
    pub fn phase_shift(mut self, shift: Option<isize>) -> Self {
        self.phase_shift = shift;
        self
    }

    /// Sets what slices see beyond the ends of the signal.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extension = extension;
        self
    }

    /// Sets what is subtracted from each slice.
    #[must_use]
    pub fn detrend(mut self, detrend: Detrend) -> Self {
        self.detrend = detrend;
        self
    }

    /// Bins of a spectrum.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        if self.sides == SpectrumSides::OneSided { rfft_bins(self.n_fft) } else { self.n_fft }
    }

    /// Refuses lengths of 0, an FFT shorter than the window, weights that are not finite, one-sided spectra of complex
    /// samples, a gain that is not positive, and a phase shift of `n_fft` samples or more.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name; [`Error::Length`] for a dual of another length.
    pub fn validate(&self) -> Result<()> {
        let refuse = |name, reason: String| Err(Error::argument(name, reason));
        if self.window.is_empty() {
            return refuse("window", "a window of 0 samples".to_owned());
        }
        for (name, weights) in [("window", Some(&self.window)), ("dual", self.dual.as_ref())] {
            let Some(weights) = weights else { continue };
            if weights.len() != self.window.len() {
                return Err(Error::Length { name, expected: self.window.len(), got: weights.len() });
            }
            if let Some(at) = weights.iter().position(|w| !w.finite()) {
                return refuse(name, format!("weight {at} is not finite"));
            }
        }
        if self.hop == 0 {
            return refuse("hop", "slices would never advance".to_owned());
        }
        if self.n_fft < self.window.len() {
            return refuse(
                "n_fft",
                format!("{} is shorter than the window of {}", self.n_fft, self.window.len()),
            );
        }
        if S::COMPLEX && self.sides == SpectrumSides::OneSided {
            return refuse("sides", "complex samples have no one-sided spectrum".to_owned());
        }
        if !(self.inner_gain.is_finite() && self.inner_gain > 0.0) {
            return refuse("inner_gain", format!("must be a positive number, got {}", self.inner_gain));
        }
        match self.phase_shift {
            Some(shift) if shift.unsigned_abs() >= self.n_fft => {
                refuse("phase_shift", format!("{shift} is not between -n_fft and n_fft = {}", self.n_fft))
            }
            _ => Ok(()),
        }
    }

    /// Sample of a slice that the transform gets first.
    pub(super) fn rotation(&self) -> usize {
        let Some(shift) = self.phase_shift else { return 0 };
        let middle = (self.window.len() / 2) as isize;
        (shift + middle).rem_euclid(self.window.len() as isize) as usize
    }
}
