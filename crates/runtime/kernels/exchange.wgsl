// Exchange through workgroup memory, real and imaginary parts together.

fn exchange_RADIX(t: u32, base: u32, ns: u32) {
    workgroupBarrier();
    for (var i = 0u; i < R / RADIXu; i++) { // unroll
        let j = t + T * i;
        let place = (j / ns) * ns * RADIXu + j % ns;
        for (var q = 0u; q < RADIXu; q++) { // unroll
            put(base + swizzle(place + q * ns), bitcast<vec2u>(v[i + q * (R / RADIXu)]));
        }
    }
    workgroupBarrier();
    for (var m = 0u; m < R; m++) { // unroll
        v[m] = bitcast<vec2f>(fetch(base + swizzle(t + T * m)));
    }
}
