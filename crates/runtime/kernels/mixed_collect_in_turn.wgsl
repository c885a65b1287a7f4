// The same as mixed_collect.wgsl, through half the workgroup memory: real parts first.

fn collect(t: u32, base: u32) {
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        for (var m = 0u; m < P_RADIXu; m++) { // unroll
            let i = b + m * P_COUNTu;
            if (b < P_COUNTu && i < M) {
                v[u * P_RADIXu + m] = chirped(v[u * P_RADIXu + m], i);
                put_word(2u * base + swizzle(i), bitcast<u32>(v[u * P_RADIXu + m].x));
            }
        }
    }
    workgroupBarrier();
    for (var s = 0u; s < SLOTS; s++) { // unroll
        let k = min(t + T * s, HELD - 1u);
        low[s].x = bitcast<f32>(fetch_word(2u * base + swizzle(k)));
        if (PAIRED) {
            high[s].x = bitcast<f32>(fetch_word(2u * base + swizzle((M - k) % M)));
        }
    }
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        for (var m = 0u; m < P_RADIXu; m++) { // unroll
            let i = b + m * P_COUNTu;
            if (b < P_COUNTu && i < M) {
                put_word(2u * base + swizzle(i), bitcast<u32>(v[u * P_RADIXu + m].y));
            }
        }
    }
    workgroupBarrier();
    for (var s = 0u; s < SLOTS; s++) { // unroll
        let k = min(t + T * s, HELD - 1u);
        low[s].y = bitcast<f32>(fetch_word(2u * base + swizzle(k)));
        if (PAIRED) {
            high[s].y = bitcast<f32>(fetch_word(2u * base + swizzle((M - k) % M)));
        }
    }
}
