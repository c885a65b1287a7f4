//! Spectra of single frames: detrend, preemphasis, window, FFT.

use std::ops::Range;

use num_complex::Complex;

use super::Placement;
use super::fast::fast_power_frames;
use crate::detrend::Detrend;
use crate::fft::{ForwardFft, Real, RealFft};
use crate::window::{Symmetry, Window};
use crate::{Error, Result};

/// Power spectra of consecutive frames of a padded signal: the seam where a faster kernel goes in.
pub(crate) trait PowerFrames<T>: Send {
    /// Writes `|X|²` (no one-sided doubling) of `frames` to `out`, `[frames.len(), n_bins]` row-major.
    ///
    /// Frame `f` starts at `signal[f · hop]`; the signal holds every sample of the last frame.
    fn power_frames(&mut self, signal: &[T], frames: Range<usize>, out: &mut [T]);
}

/// The fastest plan there is for power spectra of these frames.
pub(crate) fn plan_power_frames<T: Real>(params: FrameParams) -> Result<Box<dyn PowerFrames<T>>> {
    params.validate()?;
    match fast_power_frames(params)? {
        Some(fast) => Ok(fast),
        None => Ok(Box::new(FrameFft::new(params)?)),
    }
}

/// What is done to a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FrameParams {
    pub(crate) window: Window,
    pub(crate) symmetry: Symmetry,
    pub(crate) win_length: usize,
    pub(crate) n_fft: usize,
    pub(crate) hop: usize,
    pub(crate) placement: Placement,
    pub(crate) detrend: Detrend,
    /// `y[n] = x[n] − c·x[n−1]` inside the frame, after the detrend, with `y[0] = (1 − c)·x[0]`; 0 for none.
    pub(crate) preemphasis: f64,
}

impl FrameParams {
    /// Samples that one frame spans.
    pub(crate) fn frame_len(&self) -> usize {
        match self.placement {
            Placement::Start => self.win_length,
            Placement::Center => self.n_fft,
        }
    }

    /// First sample of the frame, and first sample of the FFT, that the window covers.
    pub(super) fn lead(&self) -> usize {
        match self.placement {
            Placement::Start => 0,
            Placement::Center => (self.n_fft - self.win_length) / 2,
        }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if self.win_length == 0 {
            return Err(Error::argument("win_length", "a window of 0 samples"));
        }
        if self.n_fft < 2 {
            return Err(Error::argument("n_fft", format!("must be 2 or more, got {}", self.n_fft)));
        }
        if self.n_fft < self.win_length {
            let reason = format!("{} is shorter than the window of {}", self.n_fft, self.win_length);
            return Err(Error::argument("n_fft", reason));
        }
        if self.hop == 0 {
            return Err(Error::argument("hop", "frames would never advance"));
        }
        if !self.preemphasis.is_finite() {
            return Err(Error::argument("preemphasis", format!("must be finite, got {}", self.preemphasis)));
        }
        Ok(())
    }
}

/// A plan for the spectra of frames; the buffers are its own and are reused.
pub(crate) struct FrameFft<T: Real> {
    params: FrameParams,
    window: Vec<T>,
    /// First sample of the frame, and first sample of the FFT, that the window covers.
    lead: usize,
    fft: RealFft<T>,
    input: Vec<T>,
    spectrum: Vec<Complex<T>>,
}

impl<T: Real> FrameFft<T> {
    pub(crate) fn new(params: FrameParams) -> Result<Self> {
        params.validate()?;
        let weights = params.window.coefficients(params.win_length, params.symmetry)?;
        let fft = RealFft::new(params.n_fft)?;
        Ok(Self {
            params,
            window: weights.into_iter().map(T::narrow).collect(),
            lead: params.lead(),
            input: vec![T::zero(); params.n_fft],
            spectrum: vec![Complex::default(); fft.n_bins()],
            fft,
        })
    }

    /// Spectrum of one frame of `frame_len` samples, `n_fft/2 + 1` bins.
    pub(crate) fn transform(&mut self, frame: &[T]) -> &[Complex<T>] {
        let used = self.lead..self.lead + self.window.len();
        // The transform uses its input as scratch, so the zeros are written anew for each frame.
        self.input.fill(T::zero());
        let samples = &mut self.input[used.clone()];
        samples.copy_from_slice(&frame[used]);
        self.params.detrend.apply(samples);
        if self.params.preemphasis != 0.0 {
            preemphasize(samples, T::narrow(self.params.preemphasis));
        }
        for (sample, weight) in samples.iter_mut().zip(&self.window) {
            *sample = *sample * *weight;
        }
        let done = self.fft.forward(&mut self.input, &mut self.spectrum);
        debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
        &self.spectrum
    }
}

impl<T: Real> PowerFrames<T> for FrameFft<T> {
    fn power_frames(&mut self, signal: &[T], frames: Range<usize>, out: &mut [T]) {
        let (hop, len) = (self.params.hop, self.params.frame_len());
        let bins = self.params.n_fft / 2 + 1;
        debug_assert_eq!(out.len(), frames.len() * bins);
        for (frame, row) in frames.zip(out.chunks_exact_mut(bins)) {
            let start = frame * hop;
            for (power, bin) in row.iter_mut().zip(self.transform(&signal[start..start + len])) {
                *power = bin.norm_sqr();
            }
        }
    }
}

/// Kaldi's preemphasis: the sample before the first counts as equal to it.
fn preemphasize<T: Real>(x: &mut [T], c: T) {
    for i in (1..x.len()).rev() {
        x[i] = x[i] - c * x[i - 1];
    }
    if let Some(first) = x.first_mut() {
        *first = *first - c * *first;
    }
}
