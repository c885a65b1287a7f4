//! The K largest bins of one row by insertion: the plain truth on a row's own powers.

/// Writes the `row.len()/2` largest bins of `powers` as `(bin, power)` pairs, by power descending,
/// ties with the lower bin first. Each power is compared with the K-th before it is inserted.
///
/// Where `powers` holds fewer bins than pairs asked for, the rest of `row` is left as it was. NaN is
/// never inserted past the first K bins.
pub fn insert_top_k(powers: &[f32], row: &mut [f32]) {
    let pairs: &mut [[f32; 2]] = row.as_chunks_mut().0;
    let k = pairs.len().min(powers.len());
    if k == 0 {
        return;
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
