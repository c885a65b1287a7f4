// Pass P_INDEX of a transform of any radices: P_COUNT butterflies of P_RADIX points, P_PER in each of the T threads of a row;
// P_BEFORE is the product of the radices before.
//
//   butterfly b = t + T·u takes values b + P_COUNT·j, which the thread holds as v[u·P_RADIX + j], times
//     W_(P_BEFORE·P_RADIX)^(j·(b mod P_BEFORE)), and writes its outputs in their place
//
// Threads without a butterfly compute with arbitrary values.

fn pass_P_INDEX(t: u32) {
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let k = (t + T * u) % P_BEFOREu;
        var x: array<vec2f, P_RADIX>;
        x[0] = v[u * P_RADIXu];
        for (var j = 1u; j < P_RADIXu; j++) { // unroll
            x[j] = v[u * P_RADIXu + j];
            if (P_BEFOREu > 1u) {
                x[j] = mul(x[j], twiddles[P_TABLEu + (j - 1u) * P_BEFOREu + k]);
            }
        }
        let y = fft_P_RADIX(x);
        for (var j = 0u; j < P_RADIXu; j++) { // unroll
            v[u * P_RADIXu + j] = y[j];
        }
    }
}
