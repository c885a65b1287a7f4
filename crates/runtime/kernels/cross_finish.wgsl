// Averages from the sums of groups of frames, [row][pair][group][bin][part], summed in blocks: conj(X)·Y · FACTOR, inner bins
// twice that (DOUBLED), as real and imaginary parts; or coherences, NaN where a power is zero.

fn total(row_of_pairs: u32, bin: u32, part: u32) -> f32 {
    let start = (row_of_pairs * GROUPS * BINS + bin) * PARTS + part;
    var sum = 0.0;
    for (var first = 0u; first < GROUPS; first += BLOCK) {
        var block = 0.0;
        for (var g = first; g < min(first + BLOCK, GROUPS); g++) {
            block += operand[start + g * BINS * PARTS];
        }
        sum += block;
    }
    return sum;
}

fn compute(at: u32) -> f32 {
    if (COHERENCE) {
        let bin = at % BINS;
        let xx = total(at / BINS, bin, 2u);
        let yy = total(at / BINS, bin, 3u);
        if (xx == 0.0 || yy == 0.0) {
            return bitcast<f32>(0x7fc00000u | (at & 1u));
        }
        let re = total(at / BINS, bin, 0u);
        let im = total(at / BINS, bin, 1u);
        // Squares could overflow or underflow.
        return (re / xx) * (re / yy) + (im / xx) * (im / yy);
    }
    let part = at % 2u;
    let bin = at / 2u % BINS;
    let row_of_pairs = at / (2u * BINS);
    let value = total(row_of_pairs, bin, part) * FACTOR * sides(bin);
    return select(value, value * sign_of(row_of_pairs % PAIRS), part == 1u);
}
