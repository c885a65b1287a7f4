//! How far a peak stands out from its surroundings.

use super::{Bounds, retain_flagged};
use crate::fft::Real;
use crate::{Error, Result};

/// Prominence of each peak and the lowest points on both sides; one entry a peak.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Prominences {
    /// `x[peak] − max(x[left base], x[right base])`, in the unit of `x`.
    pub values: Vec<f64>,
    /// Lowest sample found walking left; of equal ones the nearest to the peak.
    pub left_bases: Vec<usize>,
    /// Lowest sample found walking right; of equal ones the nearest to the peak.
    pub right_bases: Vec<usize>,
}

impl Prominences {
    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain_flagged(&mut self.values, keep);
        retain_flagged(&mut self.left_bases, keep);
        retain_flagged(&mut self.right_bases, keep);
    }

    pub(super) fn keep_flags(&self, bounds: &Bounds) -> Vec<bool> {
        self.values.iter().map(|&v| bounds.contains(v)).collect()
    }
}

/// Prominences of the samples at `peaks` (`scipy.signal.peak_prominences`).
///
/// From each peak walk out on both sides while the curve is not above the peak (or not beyond `wlen` samples centred
/// on it; an even `wlen` counts as the next odd one), and keep each side's minimum. A NaN ends the walk. A position
/// that is no local maximum has prominence 0. Cost: the sum of the walks, O(peaks · len) at worst without `wlen`.
///
/// # Errors
/// A peak outside `x`; `wlen` below 2.
pub fn peak_prominences<T: Real>(x: &[T], peaks: &[usize], wlen: Option<usize>) -> Result<Prominences> {
    if wlen.is_some_and(|w| w < 2) {
        return Err(Error::argument("wlen", format!("must be larger than 1, got {}", wlen.unwrap_or(0))));
    }
    if let Some(&peak) = peaks.iter().find(|&&p| p >= x.len()) {
        return Err(Error::argument("peaks", format!("{peak} is outside a row of {} samples", x.len())));
    }
    let mut out = Prominences::default();
    for &peak in peaks {
        let reach = wlen.map_or(usize::MAX, |w| w / 2);
        let first = peak.saturating_sub(reach);
        let last = peak.saturating_add(reach).min(x.len() - 1);
        let left = lowest(x, peak, (first..=peak).rev());
        let right = lowest(x, peak, peak..=last);
        let shoulder = x[if x[left] > x[right] { left } else { right }].widen();
        let top: f64 = x[peak].widen();
        out.values.push(top - shoulder);
        out.left_bases.push(left);
        out.right_bases.push(right);
    }
    Ok(out)
}

/// Position of the first minimum along `walk`, which ends where the curve rises above the peak.
fn lowest<T: Real>(x: &[T], peak: usize, walk: impl Iterator<Item = usize>) -> usize {
    let mut base = peak;
    for i in walk.take_while(|&i| x[i] <= x[peak]) {
        if x[i] < x[base] {
            base = i;
        }
    }
    base
}
