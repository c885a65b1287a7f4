//! Width of a peak at a fraction of its prominence.

use super::{Bounds, Prominences, retain_flagged};
use crate::fft::Real;
use crate::{Error, Result};

/// Width of each peak; one entry a peak, positions in (fractional) samples.
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
/// it, and interpolate the crossing linearly between the two samples around it.
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
    let mut out = Widths::default();
    for (at, &peak) in peaks.iter().enumerate() {
        let (first, last) = (left_bases[at], right_bases[at]);
        if !(first <= peak && peak <= last && last < x.len()) {
            let reason = format!("bases {first} and {last} do not enclose peak {peak}");
            return Err(Error::argument("prominences", reason));
        }
        let top: f64 = x[peak].widen();
        let height = top - values[at] * rel_height;
        let left = crossing(x, height, (first..=peak).rev());
        let right = crossing(x, height, peak..=last);
        out.values.push(right - left);
        out.heights.push(height);
        out.left_ips.push(left);
        out.right_ips.push(right);
    }
    Ok(out)
}

/// First crossing of `height` along `walk`, which starts at the peak and ends at a base.
fn crossing<T: Real>(x: &[T], height: f64, walk: impl Iterator<Item = usize>) -> f64 {
    let mut inner = None;
    let mut position = 0.0;
    for i in walk {
        let value: f64 = x[i].widen();
        position = i as f64;
        // Also stops at a NaN, as the comparison does in SciPy.
        if !matches!(height.partial_cmp(&value), Some(std::cmp::Ordering::Less)) {
            if let Some((previous, above)) = inner.filter(|_| value < height) {
                let toward: f64 = previous - position;
                position += toward * ((height - value) / (above - value));
            }
            break;
        }
        inner = Some((position, value));
    }
    position
}
