//! The median of each bin over segments, bins in lanes, exact.
//!
//! ```text
//! for each vector of bins:  sort its column of segments with Batcher's odd-even merge network    minimum and maximum only
//!                           the middle one, or the mean of the middle two
//! ```
//! `n·log²n/4` comparators of a column of `n`; bound by the vector ports.

use crate::lanes::simd::Lanes;
use fearless_simd::prelude::*;

/// Longest column for this sort: 256 KiB with 8 lanes.
pub(crate) const LONGEST: usize = 4096;

/// Writes the medians of `values`, `[count, bins]`, to `out`, `[bins]`; NaN where any value of a bin is not finite.
/// `column` is scratch of the caller.
#[inline(always)]
pub(crate) fn medians<S: Lanes>(simd: S, values: &[f64], column: &mut Vec<f64>, out: &mut [f64]) {
    let (bins, w) = (out.len(), S::f64s::LEN);
    let count = values.len() / bins;
    let zero = S::f64s::simd_from(simd, 0.0);
    // Vectors aligned to cache lines.
    column.resize(count * w + LINE, 0.0);
    let start = column.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE);
    let column = &mut column[start..start + count * w];
    for first in (0..bins).step_by(w) {
        let mut poison = zero;
        for (row, at) in values.chunks_exact(bins).zip(column.chunks_exact_mut(w)) {
            let v = match row.get(first..first + w) {
                Some(row) => S::f64s::from_slice(simd, row),
                None => S::f64s::from_fn(simd, |i| row.get(first + i).copied().unwrap_or(0.0)),
            };
            // NaN and infinity times 0 are NaN.
            poison += v * zero;
            v.store_slice(at);
        }
        sort(simd, column);
        for (lane, out) in out[first..].iter_mut().take(w).enumerate() {
            let middle = (column[(count - 1) / 2 * w + lane] + column[count / 2 * w + lane]) * 0.5;
            *out = if poison[lane].is_nan() { f64::NAN } else { middle };
        }
    }
}

/// Numbers per cache line.
const LINE: usize = 8;

/// Sorts the vectors lane by lane, ascending.
#[inline(always)]
fn sort<S: Lanes>(simd: S, column: &mut [f64]) {
    let w = S::f64s::LEN;
    let n = column.len() / w;
    let mut p = 1;
    while p < n {
        // Runs of `2·p`, a power of two.
        let run = p.trailing_zeros() + 1;
        let mut k = p;
        while k >= 1 {
            let mut j = k % p;
            while j + k < n {
                for i in j..(j + k).min(n - k) {
                    // Both in the same pair of runs.
                    if i >> run == (i + k) >> run {
                        let (low, high) = column.split_at_mut((i + k) * w);
                        let (low, high) = (&mut low[i * w..(i + 1) * w], &mut high[..w]);
                        let (x, y) = (S::f64s::from_slice(simd, low), S::f64s::from_slice(simd, high));
                        x.min(y).store_slice(low);
                        x.max(y).store_slice(high);
                    }
                }
                j += 2 * k;
            }
            k /= 2;
        }
        p *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Isa, on_level};
    use fearless_simd::Level;

    fn check<S: Lanes>(simd: S) -> bool {
        let mut seed = 1u32;
        let mut column = Vec::new();
        (1..70).all(|count| {
            let bins = 1 + count % 19;
            let values: Vec<f64> = (0..count * bins)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    f64::from(seed >> 28)
                })
                .collect();
            let mut out = vec![0.0; bins];
            medians(simd, &values, &mut column, &mut out);
            (0..bins).all(|bin| {
                let mut sorted: Vec<f64> = values.iter().skip(bin).step_by(bins).copied().collect();
                sorted.sort_unstable_by(f64::total_cmp);
                out[bin] == (sorted[(count - 1) / 2] + sorted[count / 2]) * 0.5
            })
        })
    }

    #[test]
    fn medians_are_exact_on_every_level() {
        for isa in Isa::available() {
            assert_eq!(on_level!(isa, simd => Some(check(simd))), Some(true), "{isa}");
        }
    }
}
