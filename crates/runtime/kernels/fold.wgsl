// One-sided raw power from the gathered power: bin b = t + T·m to p[m], m < R/2; the Nyquist bin to `nyquist` of thread 0.
//
// For two segments A + iB in one transform, |Z_b|² + |Z_(N−b)|² = 2(|A_b|² + |B_b|²), which includes the doubling of a
// one-sided bin, so the segments need not be separated. The upper half of the values is exchanged between threads once.

var<private> p: array<f32, R / 2>;
var<private> nyquist: f32;

fn fold(t: u32, base: u32) {
    nyquist = gathered(R / 2u) * SCALE;
    if (AVERAGE == MEAN) {
        workgroupBarrier();
        for (var m = R / 2u; m < R; m++) { // unroll
            put(base + t + T * m - N / 2u, vec2u(bitcast<u32>(gathered(m)), 0u));
        }
        workgroupBarrier();
    }
    for (var m = 0u; m < R / 2u; m++) { // unroll
        let bin = t + T * m;
        var other = gathered(m);
        if (AVERAGE == MEAN && bin != 0u) {
            other = bitcast<f32>(fetch(base + N / 2u - bin).x);
        }
        p[m] = (gathered(m) + other) * select(SCALE, 0.5 * SCALE, bin == 0u);
    }
}
