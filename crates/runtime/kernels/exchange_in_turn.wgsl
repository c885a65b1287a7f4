// Exchange through half the workgroup memory: real parts first, then imaginary parts in the same place. The scalar
// slots of a row begin at 2·base.

fn exchange_RADIX(t: u32, base: u32, ns: u32) {
    workgroupBarrier();
    for (var i = 0u; i < R / RADIXu; i++) { // unroll
        let j = t + T * i;
        let place = (j / ns) * ns * RADIXu + j % ns;
        for (var q = 0u; q < RADIXu; q++) { // unroll
            put_word(2u * base + swizzle(place + q * ns), bitcast<u32>(v[i + q * (R / RADIXu)].x));
        }
    }
    workgroupBarrier();
    for (var m = 0u; m < R; m++) { // unroll
        v[m].x = bitcast<f32>(fetch_word(2u * base + swizzle(t + T * m)));
    }
    workgroupBarrier();
    for (var i = 0u; i < R / RADIXu; i++) { // unroll
        let j = t + T * i;
        let place = (j / ns) * ns * RADIXu + j % ns;
        for (var q = 0u; q < RADIXu; q++) { // unroll
            put_word(2u * base + swizzle(place + q * ns), bitcast<u32>(v[i + q * (R / RADIXu)].y));
        }
    }
    workgroupBarrier();
    for (var m = 0u; m < R; m++) { // unroll
        v[m].y = bitcast<f32>(fetch_word(2u * base + swizzle(t + T * m)));
    }
}
