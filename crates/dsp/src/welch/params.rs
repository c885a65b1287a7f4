//! What to average, and over which segments.

use std::ops::Range;

use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::{Sample, fftfreq, rfft_bins, rfftfreq};
use crate::nan::NanPolicy;
use crate::scaling::{Average, Scaling, Sides};
use crate::window::{Symmetry, Window};

/// Parameters of an averaged spectrum. Every field is public; a plan checks them all.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PsdParams {
    /// Samples per second, finite and positive. Frequencies come in the same unit (not everything is Hz).
    pub sample_rate: f64,
    /// Weights of a segment.
    pub window: Window,
    /// Whether the window is periodic (the default, for spectra) or symmetric.
    pub symmetry: Symmetry,
    /// Samples in a segment, at least 1 (SciPy's `nperseg`).
    pub segment_len: usize,
    /// Samples from one segment's start to the next one's, at least 1 (SciPy's `nperseg − noverlap`). More than
    /// `segment_len` leaves samples out between the segments.
    pub hop: usize,
    /// Length of the transform, at least 2 and at least `segment_len`; the rest is zeros.
    pub n_fft: usize,
    /// What is subtracted from each segment.
    pub detrend: Detrend,
    /// Units of the result.
    pub scaling: Scaling,
    /// How the segments become one spectrum.
    pub average: Average,
    /// Whether negative frequencies are folded onto the positive ones.
    pub sides: Sides,
    /// What to do with NaN and infinity.
    pub nan: NanPolicy,
}

impl PsdParams {
    /// SciPy's defaults: periodic Hann, half of each segment overlapping the next, mean removed, density, mean
    /// over the segments; NaN and infinity are errors.
    #[must_use]
    pub fn new(sample_rate: f64, segment_len: usize) -> Self {
        Self {
            sample_rate,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            segment_len,
            hop: segment_len - segment_len / 2,
            n_fft: segment_len,
            detrend: Detrend::Constant,
            scaling: Scaling::Density,
            average: Average::Mean,
            sides: Sides::Auto,
            nan: NanPolicy::Error,
        }
    }

    /// One segment of `len` samples under a rectangular window (`scipy.signal.periodogram`).
    #[must_use]
    pub fn periodogram(sample_rate: f64, len: usize) -> Self {
        Self { window: Window::Rectangular, hop: len.max(1), ..Self::new(sample_rate, len) }
    }

    /// Checks every field, for signals of samples `S`.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field and its value.
    pub fn check<S: Sample>(&self) -> Result<()> {
        let rate = self.sample_rate;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::argument("sample_rate", format!("must be finite and positive, got {rate}")));
        }
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
        if S::COMPLEX && self.sides == Sides::One {
            return Err(Error::argument(
                "sides",
                "a one-sided spectrum needs real samples, got complex ones",
            ));
        }
        Ok(())
    }

    /// The segment's weights.
    ///
    /// # Errors
    /// [`Error::Argument`] when the window's parameter is outside its domain, or when all weights are zero
    /// (some symmetric windows of two points).
    pub fn weights(&self) -> Result<Vec<f64>> {
        let weights = self.window.coefficients(self.segment_len, self.symmetry)?;
        if weights.iter().all(|w| w.abs() < 1e-12) {
            let reason = format!(
                "a {} {} window of {} points is all zeros",
                self.symmetry, self.window, self.segment_len
            );
            return Err(Error::argument("window", reason));
        }
        Ok(weights)
    }

    /// Whether the result for samples `S` is one-sided.
    #[must_use]
    pub fn one_sided<S: Sample>(&self) -> bool {
        !S::COMPLEX && self.sides != Sides::Two
    }

    /// Bins of the result for samples `S`.
    #[must_use]
    pub fn n_bins<S: Sample>(&self) -> usize {
        if self.one_sided::<S>() { rfft_bins(self.n_fft) } else { self.n_fft }
    }

    /// Frequencies of the result's bins for samples `S`, in the unit of `sample_rate`; two-sided ones in
    /// [`fftfreq`] order.
    #[must_use]
    pub fn frequencies<S: Sample>(&self) -> Vec<f64> {
        let list = if self.one_sided::<S>() { rfftfreq } else { fftfreq };
        list(self.n_fft, self.sample_rate)
    }

    /// Whole segments in a signal of `len` samples. 0 for a `hop` of 0.
    #[must_use]
    pub fn segment_count(&self, len: usize) -> usize {
        segment_count(len, self.segment_len, self.hop)
    }

    /// Cuts a signal of `len` samples into at most `parts` ranges whose accumulators, merged in order, give the
    /// answer of one pass: each range starts at a segment and ends with one, so neighbours overlap. Empty when
    /// the signal has no whole segment.
    #[must_use]
    pub fn stretches(&self, len: usize, parts: usize) -> Vec<Range<usize>> {
        let segments = self.segment_count(len);
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
    use crate::fft::Complex;

    #[test]
    fn every_refusal_names_the_field_and_the_value() {
        let good = PsdParams::new(100.0, 8);
        assert_eq!(good.check::<f32>(), Ok(()));
        for (bad, message) in [
            (PsdParams { hop: 0, ..good }, "hop: must be at least 1, got 0"),
            (PsdParams { n_fft: 1, segment_len: 1, ..good }, "n_fft: must be at least 2, got 1"),
            (PsdParams { n_fft: 7, ..good }, "n_fft: 7 is less than segment_len 8"),
            (PsdParams { segment_len: 0, ..good }, "segment_len: must be at least 1, got 0"),
            (PsdParams { sample_rate: 0.0, ..good }, "sample_rate: must be finite and positive, got 0"),
            (PsdParams { sample_rate: -2.5, ..good }, "sample_rate: must be finite and positive, got -2.5"),
            (
                PsdParams { sample_rate: f64::NAN, ..good },
                "sample_rate: must be finite and positive, got NaN",
            ),
        ] {
            assert_eq!(bad.check::<f32>().unwrap_err().to_string(), message);
        }
        let one_sided = PsdParams { sides: Sides::One, ..good };
        assert_eq!(one_sided.check::<f64>(), Ok(()));
        assert!(one_sided.check::<Complex<f64>>().unwrap_err().to_string().starts_with("sides: "));
        let zeros = PsdParams { segment_len: 2, symmetry: Symmetry::Symmetric, ..good };
        let message = zeros.weights().unwrap_err().to_string();
        assert_eq!(message, "window: a symmetric hann window of 2 points is all zeros");
    }

    #[test]
    fn segments_are_counted_as_scipy_does() {
        let params = PsdParams::new(1.0, 255);
        assert_eq!(params.hop, 128);
        for (len, count) in [(0, 0), (254, 0), (255, 1), (382, 1), (383, 2), (1023, 7)] {
            assert_eq!(params.segment_count(len), count, "{len}");
        }
    }

    #[test]
    fn stretches_hold_every_segment_once() {
        for (segment_len, hop) in [(8, 4), (8, 3), (5, 9), (1, 1)] {
            let params = PsdParams { hop, ..PsdParams::new(1.0, segment_len) };
            for len in [0, 4, 8, 9, 40, 101] {
                for parts in [0, 1, 2, 3, 7, 1000] {
                    let stretches = params.stretches(len, parts);
                    let starts = stretches.iter().flat_map(|r| {
                        (0..params.segment_count(r.len())).map(|s| r.start + s * hop).collect::<Vec<_>>()
                    });
                    let whole = (0..params.segment_count(len)).map(|s| s * hop);
                    assert!(starts.eq(whole), "{segment_len} {hop} {len} {parts}");
                    assert!(stretches.len() <= parts.max(1) && stretches.iter().all(|r| r.end <= len));
                }
            }
        }
    }
}
