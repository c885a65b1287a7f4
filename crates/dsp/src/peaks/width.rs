//! Width of a peak at a fraction of its prominence.

use super::extremes::Extremes;
use super::{Bounds, Prominences, retain_flagged};
use crate::fft::Real;
use crate::{Error, Result};

/// Width of each peak; one entry per peak, positions in (fractional) samples.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Widths {
    /// `right_ips − left_ips`.
    pub values: Vec<f64>,
    /// Height at which the width was taken, in the unit of `x`.
    pub heights: Vec<f64>,
    /// Interpolated left crossing of that height.
    pub left_ips: Vec<f64>,
    /// Interpolated right crossing of that height.
    pub right_ips: Vec<f64>,
}

impl Widths {
    pub(super) fn retain(&mut self, keep: &[bool]) {
        for values in [&mut self.values, &mut self.heights, &mut self.left_ips, &mut self.right_ips] {
            retain_flagged(values, keep);
        }
    }

    pub(super) fn keep_flags(&self, bounds: &Bounds) -> Vec<bool> {
        self.values.iter().map(|&v| bounds.contains(v)).collect()
    }
}

/// Widths of the samples at `peaks` (`scipy.signal.peak_widths`).
///
/// The height is `x[peak] − rel_height · prominence`; from the peak walk out to both bases while the curve is above
/// it, and interpolate the crossing linearly between the two samples around it. Each walk passes over whole blocks of
/// samples that are above, so that its cost does not grow with the width.
///
/// # Errors
/// `rel_height` negative or NaN; `prominences` that do not belong to `peaks` and `x`.
pub fn peak_widths<T: Real>(
    x: &[T],
    peaks: &[usize],
    rel_height: f64,
    prominences: &Prominences,
) -> Result<Widths> {
    if rel_height.is_nan() || rel_height < 0.0 {
        return Err(Error::argument("rel_height", format!("must be 0 or more, got {rel_height}")));
    }
    let Prominences { values, left_bases, right_bases } = prominences;
    for len in [values.len(), left_bases.len(), right_bases.len()] {
        if len != peaks.len() {
            return Err(Error::Length { name: "prominences", expected: peaks.len(), got: len });
        }
    }
    for (at, &peak) in peaks.iter().enumerate() {
        let (first, last) = (left_bases[at], right_bases[at]);
        if !(first <= peak && peak <= last && last < x.len()) {
            let reason = format!("bases {first} and {last} do not enclose peak {peak}");
            return Err(Error::argument("prominences", reason));
        }
    }
    Ok(widths(x, peaks, rel_height, prominences, &mut Extremes::default()))
}

/// As [`peak_widths`] of arguments that it accepts, with the scratch of a row.
pub(super) fn widths<T: Real>(
    x: &[T],
    peaks: &[usize],
    rel_height: f64,
    prominences: &Prominences,
    extremes: &mut Extremes<T>,
) -> Widths {
    let list = || Vec::with_capacity(peaks.len());
    let mut out = Widths { values: list(), heights: list(), left_ips: list(), right_ips: list() };
    let Prominences { values, left_bases, right_bases } = prominences;
    for (((&peak, &value), &first), &last) in peaks.iter().zip(values).zip(left_bases).zip(right_bases) {
        let height = x[peak].widen() - value * rel_height;
        let left = crossing::<T, true>(x, height, peak, first, extremes);
        let right = crossing::<T, false>(x, height, peak, last, extremes);
        out.values.push(right - left);
        out.heights.push(height);
        out.left_ips.push(left);
        out.right_ips.push(right);
    }
    out
}

/// First crossing of `height` on the walk from `peak` to `base`.
#[inline(always)]
fn crossing<T: Real, const LEFT: bool>(
    x: &[T],
    height: f64,
    peak: usize,
    base: usize,
    extremes: &mut Extremes<T>,
) -> f64 {
    // Also stops at a NaN, as the comparison does in SciPy.
    let above = |lowest: T, _: T| height < lowest.widen();
    let Some(at) = extremes.walk::<LEFT>(x, peak, base, above, |_, _, _| ()) else {
        return base as f64;
    };
    let value = x[at].widen();
    if at == peak || value.is_nan() || value >= height {
        return at as f64;
    }
    let (inner, toward) = if LEFT { (at + 1, 1.0) } else { (at - 1, -1.0) };
    at as f64 + toward * ((height - value) / (x[inner].widen() - value))
}
