// Passes the results of pass P_INDEX to the next pass: output m of butterfly b goes to
// (b / P_BEFORE)·P_BEFORE·P_RADIX + b mod P_BEFORE + P_BEFORE·m.

fn hand_over_P_INDEX(t: u32, base: u32) {
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        let place = (b / P_BEFOREu) * (P_BEFOREu * P_RADIXu) + b % P_BEFOREu;
        if (b < P_COUNTu) {
            for (var m = 0u; m < P_RADIXu; m++) { // unroll
                put(base + swizzle(place + m * P_BEFOREu), bitcast<vec2u>(v[u * P_RADIXu + m]));
            }
        }
    }
    workgroupBarrier();
    for (var u = 0u; u < N_PERu; u++) { // unroll
        let b = min(t + T * u, N_COUNTu - 1u);
        for (var j = 0u; j < N_RADIXu; j++) { // unroll
            v[u * N_RADIXu + j] = bitcast<vec2f>(fetch(base + swizzle(b + j * N_COUNTu)));
        }
    }
}
