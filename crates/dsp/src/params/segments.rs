//! Segmentation of a signal, and the preparation of segments before the transform.

use std::ops::Range;

use super::builders;
use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::rfft_bins;
use crate::window::{Symmetry, Window};

/// Segmentation: the samples of each segment, its window and the length of its transform. Lengths are in samples.
///
/// ```
/// use rlx_dsp::params::{SegmentParams, Window};
///
/// let segments = SegmentParams::new(400).hop(160).n_fft(512).window(Window::Hamming);
/// assert_eq!(segments.count(1000), 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentParams {
    /// Window of a segment.
    pub window: Window,
    /// Whether the window is periodic (the default, for spectra) or symmetric.
    pub symmetry: Symmetry,
    /// Samples in a segment, at least 1 (SciPy's `nperseg`, librosa's `win_length`).
    #[cfg_attr(feature = "serde", serde(alias = "win_length"))]
    pub segment_len: usize,
    /// Distance between the starts of consecutive segments in samples, at least 1 (SciPy's `nperseg − noverlap`). If
    /// it exceeds `segment_len`, samples between segments are not used.
    pub hop: usize,
    /// Length of the transform, at least 2 and at least `segment_len`; the rest is zero-padded.
    pub n_fft: usize,
    /// Detrending of each segment before the window.
    pub detrend: Detrend,
}

impl SegmentParams {
    /// SciPy's defaults: periodic Hann, half overlap, mean removed, no zero-padding.
    #[must_use]
    pub fn new(segment_len: usize) -> Self {
        Self {
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            segment_len,
            hop: segment_len - segment_len / 2,
            n_fft: segment_len,
            detrend: Detrend::Constant,
        }
    }

    builders! {
        /// Sets the window.
        window: Window;
        /// Sets whether the window is periodic or symmetric.
        symmetry: Symmetry;
        /// Sets the samples of a segment, and nothing else.
        segment_len: usize;
        /// Sets the distance between the starts of consecutive segments, in samples.
        hop: usize;
        /// Sets the length of the transform.
        n_fft: usize;
        /// Sets the detrending of each segment.
        detrend: Detrend;
    }

    /// Checks the lengths.
    ///
    /// # Errors
    /// [`Error::Argument`] with the field and its value.
    pub fn validate(&self) -> Result<()> {
        for (name, value, least) in
            [("segment_len", self.segment_len, 1), ("hop", self.hop, 1), ("n_fft", self.n_fft, 2)]
        {
            if value < least {
                return Err(Error::argument(name, format!("must be at least {least}, got {value}")));
            }
        }
        if self.n_fft < self.segment_len {
            let reason = format!("{} is less than segment_len {}", self.n_fft, self.segment_len);
            return Err(Error::argument("n_fft", reason));
        }
        Ok(())
    }

    /// Returns the segment's weights.
    ///
    /// # Errors
    /// [`Error::Argument`] when the window's parameter is outside its domain, or when all weights of a named window are
    /// zero (some symmetric windows of two points); [`Error::Length`] for other than `segment_len` given weights.
    pub fn weights(&self) -> Result<Vec<f64>> {
        let weights = self.window.coefficients(self.segment_len, self.symmetry)?;
        let given = matches!(self.window, Window::Custom(_));
        if !given && weights.iter().all(|w| w.abs() < 1e-12) {
            let reason = format!(
                "a {} {} window of {} points is all zeros",
                self.symmetry, self.window, self.segment_len
            );
            return Err(Error::argument("window", reason));
        }
        Ok(weights)
    }

    /// One-sided bins: `n_fft/2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        rfft_bins(self.n_fft)
    }

    /// Returns the number of complete segments in a signal of `len` samples; 0 for a `hop` of 0.
    #[must_use]
    pub fn count(&self, len: usize) -> usize {
        segment_count(len, self.segment_len, self.hop)
    }

    /// Cuts a signal of `len` samples into at most `parts` ranges whose accumulators, merged in order, give the
    /// result of one pass. Each range starts and ends with a segment, so neighbours overlap. Empty if the signal has
    /// no complete segment.
    #[must_use]
    pub fn stretches(&self, len: usize, parts: usize) -> Vec<Range<usize>> {
        let segments = self.count(len);
        let parts = parts.clamp(1, segments.max(1));
        let bounds = |part: usize| part * (segments / parts) + part.min(segments % parts);
        (0..parts)
            .filter(|_| segments > 0)
            .map(|part| {
                let (first, next) = (bounds(part), bounds(part + 1));
                first * self.hop..(next - 1) * self.hop + self.segment_len
            })
            .collect()
    }
}

/// `(len − segment_len) / hop + 1`, 0 when no segment fits.
pub(crate) fn segment_count(len: usize, segment_len: usize, hop: usize) -> usize {
    if hop == 0 || len < segment_len { 0 } else { (len - segment_len) / hop + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_scipy_does() {
        let params = SegmentParams::new(255);
        assert_eq!(params.hop, 128);
        for (len, count) in [(0, 0), (254, 0), (255, 1), (382, 1), (383, 2), (1023, 7)] {
            assert_eq!(params.count(len), count, "{len}");
        }
    }

    #[test]
    fn stretches_hold_every_segment_once() {
        for (segment_len, hop) in [(8, 4), (8, 3), (5, 9), (1, 1)] {
            let params = SegmentParams::new(segment_len).hop(hop);
            for len in [0, 4, 8, 9, 40, 101] {
                for parts in [0, 1, 2, 3, 7, 1000] {
                    let stretches = params.stretches(len, parts);
                    let starts = stretches.iter().flat_map(|r| {
                        (0..params.count(r.len())).map(|s| r.start + s * hop).collect::<Vec<_>>()
                    });
                    let whole = (0..params.count(len)).map(|s| s * hop);
                    assert!(starts.eq(whole), "{segment_len} {hop} {len} {parts}");
                    assert!(stretches.len() <= parts.max(1) && stretches.iter().all(|r| r.end <= len));
                }
            }
        }
    }

    #[test]
    fn given_weights_are_checked() {
        let params = |weights: Vec<f64>| SegmentParams::new(3).window(Window::Custom(weights.into()));
        assert_eq!(params(vec![1.0, -2.0, 0.0]).weights(), Ok(vec![1.0, -2.0, 0.0]));
        let short = params(vec![1.0; 2]).weights();
        assert_eq!(short, Err(Error::Length { name: "window", expected: 3, got: 2 }));
        assert!(params(vec![1.0, f64::NAN, 0.0]).weights().is_err());
    }
}
