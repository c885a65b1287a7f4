//! The median of each bin over segments, bins in lanes, exact.
//!
//! ```text
//! for each vector of bins:  the column of its segments; k + 1 values of each lane must not exceed the lower middle value
//!     t = mean;  count = |{x ≤ t}|;  narrow [low, high] until high has k + 1 values below it     (interpolation, geometric mean)
//!     lower middle = max{x ≤ high};   upper middle = the same where values repeat, else min{x > high}
//!     lanes that do not end (far outliers):  sort the column with Batcher's odd-even merge network
//! ```
//! Every count is exact, so the result does not depend on the path of `t`. Some eight passes over a column in L1, three
//! operations per vector each: bound by the load ports. Sorting takes `n·log²n/4` comparators.

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
                // Absent bins repeat the first one.
                None => S::f64s::from_fn(simd, |i| row.get(first + i).copied().unwrap_or(row[first])),
            };
            // NaN and infinity times 0 are NaN.
            poison += v * zero;
            v.store_slice(at);
        }
        let middle = select(simd, column).unwrap_or_else(|| {
            sort(simd, column);
            let at = |i: usize| S::f64s::from_slice(simd, &column[i * w..(i + 1) * w]);
            [at((count - 1) / 2), at(count / 2)]
        });
        let middle = (middle[0] + middle[1]) * S::f64s::simd_from(simd, 0.5);
        for (lane, out) in out[first..].iter_mut().take(w).enumerate() {
            *out = if poison[lane].is_nan() { f64::NAN } else { middle[lane] };
        }
    }
}

/// Rounds of [`NARROW`] steps before a column is sorted instead.
const ROUNDS: usize = 4;

/// Steps between two attempts to read the middle values where some lanes have values that repeat.
const NARROW: usize = 10;

/// Returns the lower and the upper middle values of the column's lanes, or `None` where they are not found in time.
#[inline(always)]
fn select<S: Lanes>(simd: S, column: &[f64]) -> Option<[S::f64s; 2]> {
    let w = S::f64s::LEN;
    let n = column.len() / w;
    let splat = |v: f64| S::f64s::simd_from(simd, v);
    let (zero, half) = (splat(0.0), splat(0.5));
    // Values up to the lower middle one.
    let target = splat(n.div_ceil(2) as f64);
    let first = S::f64s::from_slice(simd, &column[..w]);
    let (mut low, mut high, mut sum) = (first, first, zero);
    for at in column.chunks_exact(w) {
        let v = S::f64s::from_slice(simd, at);
        low = low.min(v);
        high = high.max(v);
        sum += v;
    }
    let (mut below, mut upto) = (zero, splat(n as f64));
    let mut t = sum * splat(1.0 / n as f64);
    for step in 0..ROUNDS * NARROW {
        let reached = count::<S, true>(simd, column, t);
        let few = reached.simd_lt(target);
        (low, below) = (few.select(t, low), few.select(reached, below));
        (high, upto) = (few.select(high, t), few.select(upto, reached));
        let done = upto.simd_eq(target).all_true();
        if done || step % NARROW == NARROW - 1 {
            let (mut lower, mut upper) = (splat(f64::NEG_INFINITY), splat(f64::INFINITY));
            for at in column.chunks_exact(w) {
                let v = S::f64s::from_slice(simd, at);
                let inside = v.simd_le(high);
                lower = inside.select(lower.max(v), lower);
                upper = inside.select(upper, upper.min(v));
            }
            if done || count::<S, false>(simd, column, lower).simd_lt(target).all_true() {
                let repeated = target.simd_lt(upto);
                let upper = if n % 2 == 1 { lower } else { repeated.select(lower, upper) };
                return Some([lower, upper]);
            }
        }
        let middle = (high - low).mul_add(half, low);
        let next = if step % 2 == 0 {
            // Half a value before the target: counts are steps.
            ((target - half - below) / (upto - below)).mul_add(high - low, low)
        } else {
            // Powers have a wide range; of negative values the product is meaningless, and the middle is taken.
            low.sqrt() * high.sqrt()
        };
        let inside = low.simd_lt(next) & next.simd_lt(high);
        t = upto.simd_eq(target).select(high, inside.select(next, middle));
    }
    None
}

/// Returns the number of each lane's values below `t`, or (`EQUAL`) not above it. Several sums hide the latency of an
/// addition.
#[inline(always)]
fn count<S: Lanes, const EQUAL: bool>(simd: S, column: &[f64], t: S::f64s) -> S::f64s {
    const SUMS: usize = 4;
    let w = S::f64s::LEN;
    let (zero, one) = (S::f64s::simd_from(simd, 0.0), S::f64s::simd_from(simd, 1.0));
    let of = |at: &[f64]| {
        let v = S::f64s::from_slice(simd, at);
        let counts = if EQUAL { v.simd_le(t) } else { v.simd_lt(t) };
        counts.select(one, zero)
    };
    let mut sums = [zero; SUMS];
    let blocks = column.chunks_exact(SUMS * w);
    for at in blocks.remainder().chunks_exact(w) {
        sums[0] += of(at);
    }
    for block in blocks {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += of(&block[i * w..(i + 1) * w]);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
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

    /// Columns of every kind: repeated values, a wide range, outliers, negative ones.
    fn check<S: Lanes>(simd: S) -> bool {
        let mut seed = 1u32;
        let mut column = Vec::new();
        let mut right = true;
        for count in (1..70).chain([127, 511, 1000]) {
            for kind in 0..6 {
                let bins = 1 + count % 19;
                let values: Vec<f64> = (0..count * bins)
                    .map(|_| {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let uniform = f64::from(seed >> 8) / f64::from(1 << 24);
                        match kind {
                            0 => f64::from(seed >> 28),
                            1 => -uniform.ln(),
                            2 => (600.0 * (uniform - 0.5)).exp(),
                            3 if seed >> 30 == 0 => 1e300,
                            3 => uniform,
                            4 => uniform - 0.5,
                            _ => {
                                if seed >> 31 == 0 {
                                    0.0
                                } else {
                                    uniform
                                }
                            }
                        }
                    })
                    .collect();
                let mut out = vec![0.0; bins];
                medians(simd, &values, &mut column, &mut out);
                right &= (0..bins).all(|bin| {
                    let mut sorted: Vec<f64> = values.iter().skip(bin).step_by(bins).copied().collect();
                    sorted.sort_unstable_by(f64::total_cmp);
                    out[bin] == (sorted[(count - 1) / 2] + sorted[count / 2]) * 0.5
                });
            }
        }
        right
    }

    #[test]
    fn medians_are_exact_on_every_level() {
        for isa in Isa::available() {
            assert_eq!(on_level!(isa, simd => Some(check(simd))), Some(true), "{isa}");
        }
    }
}
