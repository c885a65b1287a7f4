//! What a multitaper estimate consists of.

use super::DpssParams;
use crate::error::{Error, Result};
use crate::params::named;
use crate::stft::check_rate;
use crate::window::Symmetry;

/// Unit of a multitaper spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MultitaperNorm {
    /// One-sided density, unit²/Hz (MNE's `"full"`).
    #[default]
    Full,
    /// The density times the sample rate: unit² per cycle per sample (MNE's `"length"`).
    Length,
}

named! { MultitaperNorm, "normalization",
    Full = "full", "density, unit squared per Hz";
    Length = "length", "the density times the sample rate";
}

/// Parameters of a [`Multitaper`](super::Multitaper) plan for rows of one length.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MultitaperParams {
    /// Sample rate in Hz.
    pub sample_rate: f64,
    /// Samples of a row, and points of the transform.
    pub row_len: usize,
    /// Bandwidth of the smoothing in Hz, both sides together; `None` is eight bins.
    pub bandwidth: Option<f64>,
    /// Whether tapers are weighted per bin by their leakage (Thomson 1982) instead of by their concentration.
    pub adaptive: bool,
    /// Whether tapers with less than 0.9 of their energy in the bandwidth are left out.
    pub low_bias: bool,
    /// Unit.
    pub norm: MultitaperNorm,
    /// Whether each row's mean is subtracted before the tapers.
    pub remove_mean: bool,
    /// Lowest and highest frequency of the result in Hz, both included.
    pub band: (f64, f64),
    /// Most iterations of the adaptive weights, two evaluations each.
    pub max_iterations: usize,
    /// Probability that the jackknife's interval holds the true value, if one is wanted.
    pub confidence: Option<f64>,
}

impl MultitaperParams {
    /// MNE's defaults, as a density.
    #[must_use]
    pub fn new(sample_rate: f64, row_len: usize) -> Self {
        Self {
            sample_rate,
            row_len,
            bandwidth: None,
            adaptive: false,
            low_bias: true,
            norm: MultitaperNorm::Full,
            remove_mean: true,
            band: (0.0, f64::INFINITY),
            max_iterations: 150,
            confidence: None,
        }
    }

    /// Sets the bandwidth in Hz.
    #[must_use]
    pub fn bandwidth(mut self, bandwidth: f64) -> Self {
        self.bandwidth = Some(bandwidth);
        self
    }

    /// Sets whether tapers are weighted per bin by their leakage.
    #[must_use]
    pub fn adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }

    /// Sets whether tapers that leak are left out.
    #[must_use]
    pub fn low_bias(mut self, low_bias: bool) -> Self {
        self.low_bias = low_bias;
        self
    }

    /// Sets the unit.
    #[must_use]
    pub fn norm(mut self, norm: MultitaperNorm) -> Self {
        self.norm = norm;
        self
    }

    /// Sets whether the mean is subtracted.
    #[must_use]
    pub fn remove_mean(mut self, remove: bool) -> Self {
        self.remove_mean = remove;
        self
    }

    /// Sets the lowest and the highest frequency of the result.
    #[must_use]
    pub fn band(mut self, low: f64, high: f64) -> Self {
        self.band = (low, high);
        self
    }

    /// Sets the most iterations of the adaptive weights.
    #[must_use]
    pub fn max_iterations(mut self, most: usize) -> Self {
        self.max_iterations = most;
        self
    }

    /// Sets the probability of the jackknife's interval.
    #[must_use]
    pub fn confidence(mut self, level: f64) -> Self {
        self.confidence = Some(level);
        self
    }

    /// Half the bandwidth in bins.
    #[must_use]
    pub fn half_bandwidth(&self) -> f64 {
        self.bandwidth.map_or(4.0, |width| width * self.row_len as f64 / (2.0 * self.sample_rate))
    }

    /// The tapers that are computed before [`low_bias`](Self::low_bias) leaves some out.
    #[must_use]
    pub fn dpss(&self) -> DpssParams {
        let half = self.half_bandwidth();
        DpssParams::new(self.row_len, half, (2.0 * half) as usize).symmetry(Symmetry::Periodic)
    }

    /// Refuses a sample rate that is not positive, rows of fewer than two samples, a bandwidth below one bin or as wide as
    /// the spectrum, an empty band, no iterations and a confidence that is no probability.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name.
    pub fn validate(&self) -> Result<()> {
        check_rate(self.sample_rate)?;
        let refuse = |name, reason: String| Err(Error::argument(name, reason));
        if self.row_len < 2 {
            return refuse("row_len", format!("must be at least 2 samples, got {}", self.row_len));
        }
        let half = self.half_bandwidth();
        let least = self.sample_rate / self.row_len as f64;
        if half.is_nan() || half < 0.5 {
            let reason = format!("{} Hz is less than one bin, {least}", self.bandwidth.unwrap_or(f64::NAN));
            return refuse("bandwidth", reason);
        }
        if half >= self.row_len as f64 / 2.0 {
            let reason =
                format!("{} Hz is all of the spectrum: rows of {} samples", 2.0 * half * least, self.row_len);
            return refuse("bandwidth", reason);
        }
        if self.bins().is_empty() {
            return refuse("band", format!("no bin lies between {} and {} Hz", self.band.0, self.band.1));
        }
        if self.max_iterations == 0 {
            return refuse("max_iterations", "must be at least 1".to_owned());
        }
        match self.confidence {
            Some(level) if !(level > 0.0 && level < 1.0) => {
                refuse("confidence", format!("must lie between 0 and 1, got {level}"))
            }
            _ => Ok(()),
        }
    }

    /// Frequency of a bin in Hz.
    pub(super) fn frequency(&self, bin: usize) -> f64 {
        bin as f64 * self.sample_rate / self.row_len as f64
    }

    /// The bins of the result.
    pub(super) fn bins(&self) -> std::ops::Range<usize> {
        let all = self.row_len / 2 + 1;
        let inside = |bin: &usize| {
            let frequency = self.frequency(*bin);
            frequency >= self.band.0 && frequency <= self.band.1
        };
        let first = (0..all).find(inside).unwrap_or(all);
        let end = (first..all).rev().find(inside).map_or(first, |last| last + 1);
        first..end
    }
}
