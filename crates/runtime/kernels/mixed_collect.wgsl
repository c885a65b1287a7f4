// Distributes the transform's values in natural order to the threads that compute bins: thread t receives those of
// k = t + T·s as `low` and, with PAIRED, those of M − k as `high`. Output m of butterfly b of the last pass is value b + P_COUNT·m.

fn collect(t: u32, base: u32) {
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        for (var m = 0u; m < P_RADIXu; m++) { // unroll
            let i = b + m * P_COUNTu;
            if (b < P_COUNTu && i < M) {
                put(base + swizzle(i), bitcast<vec2u>(chirped(v[u * P_RADIXu + m], i)));
            }
        }
    }
    workgroupBarrier();
    for (var s = 0u; s < SLOTS; s++) { // unroll
        let k = min(t + T * s, HELD - 1u);
        low[s] = bitcast<vec2f>(fetch(base + swizzle(k)));
        if (PAIRED) {
            high[s] = bitcast<vec2f>(fetch(base + swizzle((M - k) % M)));
        }
    }
}
