//! Height of a peak over its two direct neighbours.

use super::{Bounds, retain_flagged};
use crate::fft::Real;

/// Vertical distance of each peak to its direct neighbours; one entry per peak.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Thresholds {
    /// `x[peak] − x[peak−1]`; 0 inside a flat top.
    pub left: Vec<f64>,
    /// `x[peak] − x[peak+1]`; 0 inside a flat top.
    pub right: Vec<f64>,
}

impl Thresholds {
    /// Thresholds of `peaks`, which are positions of local maxima of `x`.
    pub(super) fn new<T: Real>(x: &[T], peaks: &[usize]) -> Self {
        let over = |peak: usize, beside: usize| -> f64 { x[peak].widen() - x[beside].widen() };
        Self {
            left: peaks.iter().map(|&p| over(p, p - 1)).collect(),
            right: peaks.iter().map(|&p| over(p, p + 1)).collect(),
        }
    }

    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain_flagged(&mut self.left, keep);
        retain_flagged(&mut self.right, keep);
    }

    /// The lower bound holds for the smaller of the two distances, the upper bound for the larger.
    pub(super) fn keep_flags(&self, bounds: &Bounds) -> Vec<bool> {
        let both = self.left.iter().zip(&self.right);
        both.map(|(&l, &r)| {
            let (low, high) = nan_aware_min_max(l, r);
            bounds.min.is_none_or(|min| min <= low) && bounds.max.is_none_or(|max| high <= max)
        })
        .collect()
    }
}

/// `f64::min` drops a NaN; NumPy's keeps it, and a NaN then fails every bound. ∞ − ∞ gives such a NaN.
fn nan_aware_min_max(a: f64, b: f64) -> (f64, f64) {
    if a.is_nan() || b.is_nan() { (f64::NAN, f64::NAN) } else { (a.min(b), a.max(b)) }
}
