//! Parameters of averaged spectra.

use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::{Sample, fftfreq, rfft_bins, rfftfreq};
use crate::nan::NanPolicy;
use crate::params::{SegmentParams, builders};
use crate::scaling::{Average, Scaling, Sides};
use crate::window::{Symmetry, Window};

/// Parameters of an averaged spectrum.
///
/// ```
/// use rlx_dsp::welch::PsdParams;
/// use rlx_dsp::params::{Average, Window};
///
/// let params = PsdParams::new(1000.0, 256).hop(64).window(Window::Hamming).average(Average::Median);
/// assert_eq!(params.segments.hop, 64);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PsdParams {
    /// Samples per second, finite and positive. Frequencies have the same unit, which need not be Hz.
    pub sample_rate: f64,
    /// Segmentation, window and transform.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub segments: SegmentParams,
    /// Scaling of the result.
    pub scaling: Scaling,
    /// Average over the segments.
    pub average: Average,
    /// Whether negative frequencies are folded onto the positive ones.
    pub sides: Sides,
    /// NaN policy.
    pub nan: NanPolicy,
}

impl PsdParams {
    /// SciPy's defaults: periodic Hann, half overlap, mean removed, density, mean over the segments; NaN and infinity
    /// are errors.
    #[must_use]
    pub fn new(sample_rate: f64, segment_len: usize) -> Self {
        Self {
            sample_rate,
            segments: SegmentParams::new(segment_len),
            scaling: Scaling::Density,
            average: Average::Mean,
            sides: Sides::Auto,
            nan: NanPolicy::Error,
        }
    }

    /// One segment of `len` samples under a rectangular window (`scipy.signal.periodogram`).
    #[must_use]
    pub fn periodogram(sample_rate: f64, len: usize) -> Self {
        Self::new(sample_rate, len).window(Window::Rectangular).hop(len.max(1))
    }

    builders! {
        /// Sets the samples per second.
        sample_rate: f64;
        /// Sets the whole segmentation.
        segments: SegmentParams;
        /// Sets the window.
        window: Window => segments.window;
        /// Sets whether the window is periodic or symmetric.
        symmetry: Symmetry => segments.symmetry;
        /// Sets the samples of a segment, and nothing else.
        segment_len: usize => segments.segment_len;
        /// Sets the distance between the starts of consecutive segments, in samples.
        hop: usize => segments.hop;
        /// Sets the length of the transform.
        n_fft: usize => segments.n_fft;
        /// Sets the detrending of each segment.
        detrend: Detrend => segments.detrend;
        /// Sets the scaling of the result.
        scaling: Scaling;
        /// Sets the average over the segments.
        average: Average;
        /// Sets whether negative frequencies are folded onto the positive ones.
        sides: Sides;
        /// Sets the NaN policy.
        nan: NanPolicy;
    }

    /// Checks every field, for signals of samples `S`.
    ///
    /// # Errors
    /// [`Error::Argument`] with the field and its value.
    pub fn validate<S: Sample>(&self) -> Result<()> {
        let rate = self.sample_rate;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::argument("sample_rate", format!("must be finite and positive, got {rate}")));
        }
        self.segments.validate()?;
        if S::COMPLEX && self.sides == Sides::One {
            return Err(Error::argument(
                "sides",
                "a one-sided spectrum needs real samples, got complex ones",
            ));
        }
        Ok(())
    }

    /// Returns whether the result for samples `S` is one-sided.
    #[must_use]
    pub fn one_sided<S: Sample>(&self) -> bool {
        !S::COMPLEX && self.sides != Sides::Two
    }

    /// Returns the bins of the result for samples `S`.
    #[must_use]
    pub fn n_bins<S: Sample>(&self) -> usize {
        let n_fft = self.segments.n_fft;
        if self.one_sided::<S>() { rfft_bins(n_fft) } else { n_fft }
    }

    /// Returns the frequencies of the result's bins for samples `S`, in the unit of `sample_rate`; two-sided ones in
    /// [`fftfreq`] order.
    #[must_use]
    pub fn frequencies<S: Sample>(&self) -> Vec<f64> {
        let list = if self.one_sided::<S>() { rfftfreq } else { fftfreq };
        list(self.segments.n_fft, self.sample_rate)
    }

    /// Returns the number of complete segments in a signal of `len` samples; 0 for a `hop` of 0.
    #[must_use]
    pub fn segment_count(&self, len: usize) -> usize {
        self.segments.count(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::Complex;

    #[test]
    fn every_refusal_names_the_field_and_the_value() {
        let good = PsdParams::new(100.0, 8);
        assert_eq!(good.validate::<f32>(), Ok(()));
        for (bad, message) in [
            (good.clone().hop(0), "hop: must be at least 1, got 0"),
            (good.clone().n_fft(1).segment_len(1), "n_fft: must be at least 2, got 1"),
            (good.clone().n_fft(7), "n_fft: 7 is less than segment_len 8"),
            (good.clone().segment_len(0), "segment_len: must be at least 1, got 0"),
            (good.clone().sample_rate(0.0), "sample_rate: must be finite and positive, got 0"),
            (good.clone().sample_rate(-2.5), "sample_rate: must be finite and positive, got -2.5"),
            (good.clone().sample_rate(f64::NAN), "sample_rate: must be finite and positive, got NaN"),
        ] {
            assert_eq!(bad.validate::<f32>().unwrap_err().to_string(), message);
        }
        let one_sided = good.clone().sides(Sides::One);
        assert_eq!(one_sided.validate::<f64>(), Ok(()));
        assert!(one_sided.validate::<Complex<f64>>().unwrap_err().to_string().starts_with("sides: "));
        let zeros = good.segment_len(2).symmetry(Symmetry::Symmetric);
        let message = zeros.segments.weights().unwrap_err().to_string();
        assert_eq!(message, "window: a symmetric hann window of 2 points is all zeros");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn stored_parameters_stay_flat() {
        let params = PsdParams::new(100.0, 8).window(Window::Custom([0.25, 1.0].into()));
        let text = serde_json::to_string(&params).unwrap();
        assert!(text.contains(r#""hop":4"#) && text.contains(r#""window":"custom:0.25,1""#), "{text}");
        assert_eq!(serde_json::from_str::<PsdParams>(&text).unwrap(), params);
    }
}
