// Takes the mean of a segment (of both that share a transform) away, before the window.
//
// Twice: the first mean of f32 samples is off by some ε of the mean itself; what is left after subtracting it is
// small, and so is the error of its mean. An offset of 1e5 costs no more than the rounding of the samples.

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
