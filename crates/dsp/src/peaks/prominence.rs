//! Prominence: height of a peak above its surroundings.

use super::extremes::{Extremes, base};
use super::slopes::Slopes;
use super::sweep::sweep;
use super::{Bounds, retain_flagged};
use crate::fft::Real;
use crate::{Error, Result};

/// From one peak in so many samples on, the prominences of all maxima of a row take less time than walks from the peaks.
const DENSE: usize = 8;

/// Prominence of each peak and the lowest points on both sides; one entry per peak.
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

    fn reserve(&mut self, count: usize) {
        self.values.reserve(count);
        self.left_bases.reserve(count);
        self.right_bases.reserve(count);
    }

    fn push(&mut self, (value, left, right): (f64, usize, usize)) {
        self.values.push(value);
        self.left_bases.push(left);
        self.right_bases.push(right);
    }

    pub(super) fn keep_flags(&self, bounds: &Bounds) -> Vec<bool> {
        self.values.iter().map(|&v| bounds.contains(v)).collect()
    }
}

/// Computes the prominences of the samples at `peaks` (`scipy.signal.peak_prominences`).
///
/// From each peak walk out on both sides while the curve is not above the peak (or not beyond `wlen` samples centred
/// on it; an even `wlen` counts as the next odd one), and keep each side's minimum. A NaN ends the walk. A position
/// that is not a local maximum has prominence 0. Any positions in any order; ascending local maxima are quickest, and
/// the cost is linear in samples and peaks then.
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
    let (mut slopes, mut maxima) = (Slopes::default(), Vec::new());
    if is_dense(x, peaks) {
        slopes.set(x);
        slopes.maxima(x, &mut maxima);
    }
    Ok(prominences(x, peaks, wlen, &slopes, &maxima, &mut Extremes::default()))
}

/// Whether [`prominences`] needs the slopes and all maxima.
pub(super) fn is_dense<T>(x: &[T], peaks: &[usize]) -> bool {
    peaks.len().saturating_mul(DENSE) >= x.len()
}

/// As [`peak_prominences`] of `peaks` inside `x`, with the scratch of a row; if the peaks are dense, `slopes` are those of `x`
/// and `maxima` all its maxima.
pub(super) fn prominences<T: Real>(
    x: &[T],
    peaks: &[usize],
    wlen: Option<usize>,
    slopes: &Slopes,
    maxima: &[usize],
    extremes: &mut Extremes<T>,
) -> Prominences {
    let reach = wlen.map_or(usize::MAX, |w| w / 2);
    let limits = |peak: usize| (peak.saturating_sub(reach), peak.saturating_add(reach).min(x.len() - 1));
    let mut walk = |peak: usize| {
        let (first, last) = limits(peak);
        let left = base::<T, true>(extremes, x, peak, first);
        let right = base::<T, false>(extremes, x, peak, last);
        let shoulder = x[if x[left] > x[right] { left } else { right }].widen();
        let top: f64 = x[peak].widen();
        (top - shoulder, left, right)
    };
    let mut out = Prominences::default();
    if !is_dense(x, peaks) {
        out.reserve(peaks.len());
        peaks.iter().for_each(|&peak| out.push(walk(peak)));
        return out;
    }
    sweep(x, slopes, maxima, &mut out);
    if maxima.len() != peaks.len() || maxima != peaks {
        let all = std::mem::take(&mut out);
        out.reserve(peaks.len());
        let mut number = 0;
        for &peak in peaks {
            while maxima.get(number).is_some_and(|&maximum| maximum < peak) {
                number += 1;
            }
            let known = maxima.get(number) == Some(&peak);
            out.push(if known {
                (all.values[number], all.left_bases[number], all.right_bases[number])
            } else {
                walk(peak)
            });
        }
    }
    if wlen.is_some() {
        for (number, &peak) in peaks.iter().enumerate() {
            let (first, last) = limits(peak);
            // A base inside the window is the window's too; where one is outside, the window ends that walk.
            if out.left_bases[number] < first || last < out.right_bases[number] {
                (out.values[number], out.left_bases[number], out.right_bases[number]) = walk(peak);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule as SciPy writes it down.
    fn walked(x: &[f64], peak: usize, wlen: Option<usize>) -> (f64, usize, usize) {
        let reach = wlen.map_or(usize::MAX, |w| w / 2);
        let lowest = |walk: &mut dyn Iterator<Item = usize>| {
            walk.take_while(|&i| x[i] <= x[peak]).fold(peak, |base, i| if x[i] < x[base] { i } else { base })
        };
        let left = lowest(&mut (peak.saturating_sub(reach)..=peak).rev());
        let right = lowest(&mut (peak..=peak.saturating_add(reach).min(x.len() - 1)));
        (x[peak] - if x[left] > x[right] { x[left] } else { x[right] }, left, right)
    }

    proptest! {
        #[test]
        fn equal_plain_walks(
            x in prop::collection::vec(
                prop_oneof![
                    6 => (-3..3_i32).prop_map(f64::from), 6 => -3.0..3.0_f64,
                    1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(-0.0),
                ],
                1..300,
            ),
            trend in prop_oneof![2 => Just(0.0), 1 => -0.5..0.5_f64],
            wlen in prop::option::of(prop_oneof![2..20_usize, 20..300_usize]),
            every in 1..6_usize,
            anywhere in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let x: Vec<f64> = x.iter().enumerate().map(|(i, v)| v + trend * i as f64).collect();
            let maxima = crate::peaks::maxima::local_maxima(&x).0;
            let some: Vec<usize> = maxima.iter().copied().step_by(every).collect();
            let any: Vec<usize> = anywhere.iter().map(|at| at.index(x.len())).collect();
            for peaks in [&maxima, &some, &any] {
                let got = peak_prominences(&x, peaks, wlen).unwrap();
                for (i, &peak) in peaks.iter().enumerate() {
                    let (value, left, right) = walked(&x, peak, wlen);
                    prop_assert_eq!((got.left_bases[i], got.right_bases[i]), (left, right), "{}", peak);
                    prop_assert_eq!(got.values[i].to_bits(), value.to_bits(), "{}", peak);
                }
            }
        }
    }
}
