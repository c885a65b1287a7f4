//! The K largest bins of one row by insertion: the reference on a row's powers.

/// Largest number of peaks for insertion; more peaks are selected and sorted.
const MAX_INSERTIONS: usize = 256;

/// Computes the same by selection, for powers without NaN.
fn select(powers: &[f32], pairs: &mut [[f32; 2]]) {
    let before = |&a: &usize, &b: &usize| powers[b].total_cmp(&powers[a]).then(a.cmp(&b));
    // −0 and 0 are equal powers, which `total_cmp` distinguishes; powers are never negative.
    let mut bins: Vec<usize> = (0..powers.len()).collect();
    if pairs.len() < bins.len() {
        bins.select_nth_unstable_by(pairs.len() - 1, before);
        bins.truncate(pairs.len());
    }
    bins.sort_unstable_by(before);
    for (pair, bin) in pairs.iter_mut().zip(bins) {
        *pair = [bin as f32, powers[bin]];
    }
}

/// Writes the `row.len()/2` largest bins of `powers` as `(bin, power)` pairs, by power descending,
/// ties with the lower bin first. Each power is compared with the K-th before it is inserted.
///
/// If `powers` has fewer bins than the requested pairs, the rest of `row` is unchanged. NaN is never inserted after
/// the first K bins.
pub fn insert_top_k(powers: &[f32], row: &mut [f32]) {
    let pairs: &mut [[f32; 2]] = row.as_chunks_mut().0;
    let k = pairs.len().min(powers.len());
    if k == 0 {
        return;
    }
    if k > MAX_INSERTIONS && !powers.iter().any(|p| p.is_nan()) {
        return select(powers, &mut pairs[..k]);
    }
    let mut filled = 0;
    for (bin, &power) in powers.iter().enumerate() {
        let beats_last = power > pairs[k - 1][1];
        if filled == k && !beats_last {
            continue;
        }
        let mut at = if filled == k { k - 1 } else { filled };
        while at > 0 && power > pairs[at - 1][1] {
            pairs[at] = pairs[at - 1];
            at -= 1;
        }
        pairs[at] = [bin as f32, power];
        filled = (filled + 1).min(k);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_gives_what_insertion_gives() {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Few values: many ties.
            (state >> 24) as f32
        };
        let powers: Vec<f32> = (0..3000).map(|_| next()).collect();
        for k in [MAX_INSERTIONS + 1, 1000, 2999, 3000, 4000] {
            let mut selected = vec![-1.0; 2 * k];
            insert_top_k(&powers, &mut selected);
            let mut order: Vec<usize> = (0..powers.len()).collect();
            order.sort_by(|&a, &b| powers[b].total_cmp(&powers[a]).then(a.cmp(&b)));
            let mut want: Vec<f32> = order.iter().take(k).flat_map(|&b| [b as f32, powers[b]]).collect();
            want.resize(2 * k, -1.0);
            assert_eq!(selected, want, "k {k}");
        }
    }
}
