//! The K largest bins of one row by bisection of the threshold: only the last few branches depend on the data.
//!
//! ```text
//! lo, hi = 0, largest power            (as integers: non-negative floats order like their bits)
//! while count(power ≥ lo) > K + slack: move lo or hi to the middle by count(power ≥ middle) ≥ K
//! gather the bins ≥ lo, sort them, keep K
//! ```
//! Layout: powers contiguous; the count is a vector loop. About ten passes for a row of noise.

use super::insert::insert_top_k;

/// Number of bins that may be gathered beyond K before the sort: fewer passes for a longer sort.
const SLACK: usize = 8;

/// Reusable buffers of [`select_packed`].
#[derive(Debug, Default)]
pub struct SelectScratch {
    bins: Vec<u32>,
}

/// Writes the `row.len()/2` largest bins of `powers` as `(bin, power)` pairs, by power descending, ties with the
/// lower bin first. `powers` are not negative; if one is NaN, or `row` requests most bins, insertion is used.
///
/// Pairs beyond the number of powers are unchanged.
#[inline(always)]
pub fn select_packed(powers: &[f32], scratch: &mut SelectScratch, row: &mut [f32]) {
    let k = (row.len() / 2).min(powers.len());
    let mut top = 0;
    for p in powers {
        top = top.max(p.to_bits());
    }
    // Small K and small rows: insertion is as fast. NaN and negative zero have bits above infinity's.
    if k < 4 || 2 * k > powers.len() || powers.len() < 64 || top > f32::INFINITY.to_bits() {
        insert_top_k(powers, row);
        return;
    }
    let count = |threshold: u32| {
        let mut count = 0u32;
        for p in powers {
            count += u32::from(p.to_bits() >= threshold);
        }
        count as usize
    };
    // count(lo) ≥ K always holds, count(hi) < K too.
    let (mut lo, mut hi, mut at_lo) = (0, top + 1, powers.len());
    while at_lo > k + SLACK && hi - lo > 1 {
        let middle = lo + (hi - lo) / 2;
        let at = count(middle);
        if at >= k {
            (lo, at_lo) = (middle, at);
        } else {
            hi = middle;
        }
    }
    if at_lo > 4 * k + SLACK {
        // Many equal powers.
        insert_top_k(powers, row);
        return;
    }
    scratch.bins.clear();
    scratch.bins.resize(at_lo + 1, 0);
    let mut filled = 0;
    for (bin, p) in powers.iter().enumerate() {
        scratch.bins[filled] = bin as u32;
        filled += usize::from(p.to_bits() >= lo);
    }
    let bins = &mut scratch.bins[..at_lo];
    // Insertion sort, stable: bins come in ascending order, so ties keep the lower bin first.
    for i in 1..bins.len() {
        let bin = bins[i];
        let power = powers[bin as usize];
        let mut at = i;
        while at > 0 && power > powers[bins[at - 1] as usize] {
            bins[at] = bins[at - 1];
            at -= 1;
        }
        bins[at] = bin;
    }
    for (pair, &bin) in row.chunks_exact_mut(2).zip(&*bins) {
        pair[0] = bin as f32;
        pair[1] = powers[bin as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_insertion(
            powers in prop::collection::vec(prop_oneof![0.0f32..1e3, Just(0.0), Just(7.0), Just(f32::INFINITY), 0.0f32..1e-40], 1..400),
            k in 1usize..80,
        ) {
            let k = k.min(powers.len());
            let (mut got, mut want) = (vec![-1.0; 2 * k], vec![-2.0; 2 * k]);
            select_packed(&powers, &mut SelectScratch::default(), &mut got);
            insert_top_k(&powers, &mut want);
            prop_assert_eq!(got, want);
        }
    }
}
