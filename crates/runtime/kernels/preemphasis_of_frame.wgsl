// x[i] − c·x[i−1] in each frame; the first sample is its own predecessor (Kaldi).

fn preemphasise(t: u32, base: u32) {
    workgroupBarrier();
    for (var m = 0u; m < R; m++) { // unroll
        put(base + t + T * m, bitcast<vec2u>(v[m]));
    }
    workgroupBarrier();
    for (var m = 0u; m < R; m++) { // unroll
        let at = t + T * m;
        let before = bitcast<vec2f>(fetch(base + select(at - 1u, 0u, at == 0u)));
        if (at < LEN) {
            v[m] -= PREEMPHASIS * before;
        }
    }
}
