//! Spectra of single frames: detrend, preemphasis, window, FFT.

use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex;

use super::Placement;
use super::fast::fast_power_frames;
use crate::fft::{ForwardFft, Real, RealFft};
use crate::params::SegmentParams;
use crate::{Error, Result};

/// Power spectra of consecutive frames of a padded signal: the interface of faster kernels.
pub(crate) trait PowerFrames<T>: Send + Sync {
    /// Writes `|X|²` (no one-sided doubling) of `frames` to `out`, `[frames.len(), n_bins]` row-major.
    ///
    /// Frame `f` starts at `signal[f · hop]`; the signal holds every sample of the last frame.
    fn power_frames(&mut self, signal: &[T], frames: Range<usize>, out: &mut [T]);

    /// Returns a kernel that shares the tables and has separate buffers.
    fn boxed_clone(&self) -> Box<dyn PowerFrames<T>>;
}

impl<T> Clone for Box<dyn PowerFrames<T>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Returns the fastest plan for power spectra of these frames.
pub(crate) fn plan_power_frames<T: Real>(params: FrameParams) -> Result<Box<dyn PowerFrames<T>>> {
    params.validate()?;
    match fast_power_frames(&params)? {
        Some(fast) => Ok(fast),
        None => Ok(Box::new(FrameFft::new(params)?)),
    }
}

/// Preparation of a frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FrameParams {
    pub(crate) segments: SegmentParams,
    pub(crate) placement: Placement,
    /// `y[n] = x[n] − c·x[n−1]` inside the frame, after the detrend, with `y[0] = (1 − c)·x[0]`; 0 for none.
    pub(crate) preemphasis: f64,
}

impl FrameParams {
    /// Returns the samples per frame.
    pub(crate) fn frame_len(&self) -> usize {
        match self.placement {
            Placement::Start => self.segments.segment_len,
            Placement::Center => self.segments.n_fft,
        }
    }

    /// Returns the first sample of the frame, and of the FFT, that the window covers.
    pub(super) fn lead(&self) -> usize {
        match self.placement {
            Placement::Start => 0,
            Placement::Center => (self.segments.n_fft - self.segments.segment_len) / 2,
        }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        self.segments.validate()?;
        if !self.preemphasis.is_finite() {
            return Err(Error::argument("preemphasis", format!("must be finite, got {}", self.preemphasis)));
        }
        Ok(())
    }
}

/// A plan for the spectra of frames with reused buffers. A clone shares the tables.
#[derive(Clone)]
pub(crate) struct FrameFft<T: Real> {
    params: FrameParams,
    window: Arc<[T]>,
    /// Returns the first sample of the frame, and of the FFT, that the window covers.
    lead: usize,
    fft: RealFft<T>,
    input: Vec<T>,
    spectrum: Vec<Complex<T>>,
}

impl<T: Real> FrameFft<T> {
    pub(crate) fn new(params: FrameParams) -> Result<Self> {
        params.validate()?;
        let weights =
            params.segments.window.coefficients(params.segments.segment_len, params.segments.symmetry)?;
        let fft = RealFft::new(params.segments.n_fft)?;
        Ok(Self {
            window: weights.into_iter().map(T::narrow).collect(),
            lead: params.lead(),
            input: vec![T::zero(); params.segments.n_fft],
            spectrum: vec![Complex::default(); fft.n_bins()],
            fft,
            params,
        })
    }

    /// Returns the spectrum of one frame of `frame_len` samples, `n_fft/2 + 1` bins.
    pub(crate) fn transform(&mut self, frame: &[T]) -> &[Complex<T>] {
        let used = self.lead..self.lead + self.window.len();
        // The transform uses its input as scratch, so the padding is zeroed for each frame.
        self.input.fill(T::zero());
        let samples = &mut self.input[used.clone()];
        samples.copy_from_slice(&frame[used]);
        self.params.segments.detrend.apply(samples);
        if self.params.preemphasis != 0.0 {
            preemphasise(samples, T::narrow(self.params.preemphasis));
        }
        for (sample, weight) in samples.iter_mut().zip(&*self.window) {
            *sample = *sample * *weight;
        }
        let done = self.fft.forward(&mut self.input, &mut self.spectrum);
        debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
        &self.spectrum
    }
}

impl<T: Real> PowerFrames<T> for FrameFft<T> {
    fn power_frames(&mut self, signal: &[T], frames: Range<usize>, out: &mut [T]) {
        let (hop, len) = (self.params.segments.hop, self.params.frame_len());
        let bins = self.params.segments.n_bins();
        debug_assert_eq!(out.len(), frames.len() * bins);
        for (frame, row) in frames.zip(out.chunks_exact_mut(bins)) {
            let start = frame * hop;
            for (power, bin) in row.iter_mut().zip(self.transform(&signal[start..start + len])) {
                *power = bin.norm_sqr();
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn PowerFrames<T>> {
        Box::new(self.clone())
    }
}

/// Applies Kaldi's preemphasis: the sample before the first counts as equal to the first.
fn preemphasise<T: Real>(x: &mut [T], c: T) {
    for i in (1..x.len()).rev() {
        x[i] = x[i] - c * x[i - 1];
    }
    if let Some(first) = x.first_mut() {
        *first = *first - c * *first;
    }
}
