// Sum over the T threads of a row. It overwrites the memory.

fn sum_over_row(mine: vec2f, t: u32, base: u32) -> vec2f {
    workgroupBarrier();
    put(base + t, bitcast<vec2u>(mine));
    var width = T;
    loop {
        workgroupBarrier();
        if (width == 1u) {
            break;
        }
        let half = (width + 1u) / 2u;
        if (t + half < width) {
            let sum = bitcast<vec2f>(fetch(base + t)) + bitcast<vec2f>(fetch(base + t + half));
            put(base + t, bitcast<vec2u>(sum));
        }
        width = half;
    }
    return bitcast<vec2f>(fetch(base));
}
