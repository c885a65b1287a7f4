//! Inclusive lower and upper bounds of a peak property.

use crate::{Error, Result};

/// An inclusive interval; an absent end is unbounded.
///
/// Both ends absent is SciPy's `(None, None)`: the property is computed and nothing is filtered.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bounds {
    /// Smallest value that is kept.
    pub min: Option<f64>,
    /// Largest value that is kept.
    pub max: Option<f64>,
}

impl Bounds {
    /// No limit: the property is only computed.
    pub const ANY: Self = Self { min: None, max: None };

    /// Keeps values of at least `min`.
    pub const fn at_least(min: f64) -> Self {
        Self { min: Some(min), max: None }
    }

    /// Keeps values of at most `max`.
    pub const fn at_most(max: f64) -> Self {
        Self { min: None, max: Some(max) }
    }

    /// Keeps values from `min` to `max`, both included.
    pub const fn between(min: f64, max: f64) -> Self {
        Self { min: Some(min), max: Some(max) }
    }

    /// Returns whether `value` lies inside; a NaN lies inside only if no end is given.
    pub fn contains(&self, value: f64) -> bool {
        self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value <= max)
    }

    /// Returns an error for a NaN end, which would silently reject every peak.
    pub(crate) fn check(&self, name: &'static str) -> Result<()> {
        if self.min.is_some_and(f64::is_nan) || self.max.is_some_and(f64::is_nan) {
            return Err(Error::argument(name, "a bound is NaN"));
        }
        Ok(())
    }
}

/// A single number is a lower bound, as in SciPy.
impl From<f64> for Bounds {
    fn from(min: f64) -> Self {
        Self::at_least(min)
    }
}

impl From<(f64, f64)> for Bounds {
    fn from((min, max): (f64, f64)) -> Self {
        Self::between(min, max)
    }
}

impl From<(Option<f64>, Option<f64>)> for Bounds {
    fn from((min, max): (Option<f64>, Option<f64>)) -> Self {
        Self { min, max }
    }
}
