//! What a Lomb–Scargle periodogram consists of.

use crate::params::named;

/// Unit of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum LombScargleNorm {
    /// unit²: a quarter of the squared amplitude times the number of samples.
    #[default]
    Power,
    /// Share of the samples' weighted variance (or, without a floating mean, square) that the sinusoid explains, 0 to 1.
    Normalize,
}

named! { LombScargleNorm, "normalize",
    Power = "power", "unit squared";
    Normalize = "normalize", "share of the variance";
}

/// Parameters of a [`LombScargle`](super::LombScargle) periodogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LombScargleParams {
    /// Unit.
    pub norm: LombScargleNorm,
    /// Whether a constant is fitted together with the sinusoid.
    pub floating_mean: bool,
}

impl LombScargleParams {
    /// SciPy's defaults: power, no floating mean.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the unit.
    #[must_use]
    pub fn norm(mut self, norm: LombScargleNorm) -> Self {
        self.norm = norm;
        self
    }

    /// Sets whether a constant is fitted together with the sinusoid.
    #[must_use]
    pub fn floating_mean(mut self, floating: bool) -> Self {
        self.floating_mean = floating;
        self
    }
}
