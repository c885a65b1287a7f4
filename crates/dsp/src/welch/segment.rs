//! One segment: detrended, weighted, padded, transformed.

use std::sync::Arc;

use num_complex::Complex;

use super::params::PsdParams;
use crate::detrend::Detrend;
use crate::error::Result;
use crate::fft::{ForwardFft, Sample};
use crate::params::SegmentParams;

/// Parameters of a kernel for spectra of segments of contiguous samples.
#[derive(Debug, Clone)]
pub(crate) struct SegmentSpec {
    /// Weights; their number is the segment's length.
    pub(crate) weights: Arc<[f64]>,
    /// Distance between the starts of consecutive segments, in samples.
    pub(crate) hop: usize,
    /// Length of the transform.
    pub(crate) n_fft: usize,
    /// Detrending.
    pub(crate) detrend: Detrend,
}

impl SegmentSpec {
    pub(crate) fn new<S: Sample>(params: &PsdParams) -> Result<Self> {
        params.validate::<S>()?;
        let SegmentParams { hop, n_fft, detrend, .. } = params.segments;
        Ok(Self { weights: params.segments.weights()?.into(), hop, n_fft, detrend })
    }

    /// The segments of `samples`, the first `count` of them.
    pub(crate) fn segments<'a, S>(
        &self,
        samples: &'a [S],
        count: usize,
    ) -> impl Iterator<Item = &'a [S]> + use<'a, S> {
        self.segments_apart(samples, self.hop, count)
    }

    /// The first `count` segments of `samples` at distance `hop`.
    pub(crate) fn segments_apart<'a, S>(
        &self,
        samples: &'a [S],
        hop: usize,
        count: usize,
    ) -> impl Iterator<Item = &'a [S]> + use<'a, S> {
        let len = self.weights.len();
        (0..count).map(move |s| &samples[s * hop..s * hop + len])
    }
}

/// Transforms single segments with reused buffers.
#[derive(Debug, Clone)]
pub(crate) struct SegmentTransform<S: Sample> {
    weights: Arc<[f64]>,
    detrend: Detrend,
    fft: S::Fft,
    padded: Vec<S>,
    spectrum: Vec<Complex<S::Real>>,
}

impl<S: Sample> SegmentTransform<S> {
    pub(crate) fn new(spec: &SegmentSpec) -> Result<Self> {
        let fft = S::Fft::new(spec.n_fft)?;
        Ok(Self {
            weights: Arc::clone(&spec.weights),
            detrend: spec.detrend,
            padded: vec![S::default(); spec.n_fft],
            spectrum: vec![Complex::default(); fft.n_bins()],
            fft,
        })
    }

    /// The samples of one segment, detrended, weighted and padded: what [`transform`](Self::transform) transforms.
    pub(crate) fn weighted(&mut self, segment: &[S]) -> &[S] {
        let (weighted, padding) = self.padded.split_at_mut(segment.len());
        self.detrend.fit(segment).remove_and_weigh(segment, &self.weights, weighted);
        // The previous transform used the buffer as scratch.
        padding.fill(S::default());
        &self.padded
    }

    /// The spectrum of one segment, which has as many samples as there are weights.
    pub(crate) fn transform(&mut self, segment: &[S]) -> &[Complex<S::Real>] {
        self.weighted(segment);
        self.fft
            .forward(&mut self.padded, &mut self.spectrum)
            .expect("the buffers were made with the plan's own lengths");
        &self.spectrum
    }
}
