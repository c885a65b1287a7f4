// The same as mixed_hand_over.wgsl, through half the workgroup memory: real parts first, then imaginary parts in the same
// place. The words of a row start at 2·base.

fn hand_over_P_INDEX(t: u32, base: u32) {
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        let place = (b / P_BEFOREu) * (P_BEFOREu * P_RADIXu) + b % P_BEFOREu;
        if (b < P_COUNTu) {
            for (var m = 0u; m < P_RADIXu; m++) { // unroll
                put_word(2u * base + swizzle(place + m * P_BEFOREu), bitcast<u32>(v[u * P_RADIXu + m].x));
            }
        }
    }
    workgroupBarrier();
    for (var u = 0u; u < N_PERu; u++) { // unroll
        let b = min(t + T * u, N_COUNTu - 1u);
        for (var j = 0u; j < N_RADIXu; j++) { // unroll
            v[u * N_RADIXu + j].x = bitcast<f32>(fetch_word(2u * base + swizzle(b + j * N_COUNTu)));
        }
    }
    workgroupBarrier();
    for (var u = 0u; u < P_PERu; u++) { // unroll
        let b = t + T * u;
        let place = (b / P_BEFOREu) * (P_BEFOREu * P_RADIXu) + b % P_BEFOREu;
        if (b < P_COUNTu) {
            for (var m = 0u; m < P_RADIXu; m++) { // unroll
                put_word(2u * base + swizzle(place + m * P_BEFOREu), bitcast<u32>(v[u * P_RADIXu + m].y));
            }
        }
    }
    workgroupBarrier();
    for (var u = 0u; u < N_PERu; u++) { // unroll
        let b = min(t + T * u, N_COUNTu - 1u);
        for (var j = 0u; j < N_RADIXu; j++) { // unroll
            v[u * N_RADIXu + j].y = bitcast<f32>(fetch_word(2u * base + swizzle(b + j * N_COUNTu)));
        }
    }
}
