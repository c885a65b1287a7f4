// Median over SEGMENTS spectra of powers, corrected for its bias (FACTOR): the bits of the lower median from the highest down,
// two at a time, by counting; for an even number also the next larger value. The result is NaN if any power is.

const INFINITE: u32 = 0x7f800000u;

fn compute(at: u32) -> f32 {
    let first = (at / BINS) * SEGMENTS * BINS + at % BINS;
    var wanted = (SEGMENTS - 1u) / 2u;
    var below = 0u;
    var largest = 0u;
    for (var pass_index = 0u; pass_index < 16u; pass_index++) {
        let shift = 30u - 2u * pass_index;
        var count = vec3u(0u);
        for (var s = 0u; s < SEGMENTS; s++) {
            let x = bitcast<u32>(operand[first + s * BINS]);
            largest = max(largest, x);
            let rest = (x ^ below) >> shift;
            count += select(vec3u(0u), vec3u(1u), vec3u(rest) == vec3u(0u, 1u, 2u));
        }
        below |= digit_of(count, &wanted) << shift;
    }
    var above = below;
    if (SEGMENTS % 2u == 0u) {
        var next = INFINITE;
        var up_to = 0u;
        for (var s = 0u; s < SEGMENTS; s++) {
            let x = bitcast<u32>(operand[first + s * BINS]);
            up_to += select(0u, 1u, x <= below);
            next = select(next, min(next, x), x > below);
        }
        above = select(below, next, up_to <= SEGMENTS / 2u);
    }
    if (largest > INFINITE) {
        return bitcast<f32>(largest);
    }
    return (0.5 * bitcast<f32>(below) + 0.5 * bitcast<f32>(above)) * FACTOR;
}
