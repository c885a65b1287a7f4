// Subtracts the mean of a segment (of both segments that share a transform) before the window.
//
// It does so twice: the first mean of f32 samples has an error of some ε relative to the mean; the remainder after its
// subtraction is small, and so is the error of the second mean. An offset of 1e5 costs no more than the samples' rounding.

fn detrend(t: u32, base: u32) {
    for (var pass_index = 0u; pass_index < 2u; pass_index++) {
        var mine = vec2f(0.0);
        for (var m = 0u; m < R; m++) { // unroll
            if (WHOLE || t + T * m < LEN) {
                mine += v[m];
            }
        }
        let mean = sum_over_row(mine, t, base) / f32(LEN);
        for (var m = 0u; m < R; m++) { // unroll
            if (WHOLE || t + T * m < LEN) {
                v[m] -= mean;
            }
        }
    }
}
