// Medians over FRAMES frames of the real and of the imaginary parts of conj(X)·Y, times FACTOR: the bits of the lower median from
// the highest down, two at a time, by counting; for an even number also the next larger value. NaN if any value is.

fn compute(at: u32) -> f32 {
    let part = at % 2u;
    let bin = at / 2u % BINS;
    let pair = at / (2u * BINS) % PAIRS;
    let row = at / (2u * BINS * PAIRS);
    let low = low_of(pair);
    let high = high_of(pair);
    var wanted = (FRAMES - 1u) / 2u;
    var below = 0u;
    var broken = 0u;
    for (var pass_index = 0u; pass_index < 16u; pass_index++) {
        let shift = 30u - 2u * pass_index;
        var count = vec3u(0u);
        for (var f = 0u; f < FRAMES; f++) {
            let value = product(bin_at(row, low, f, bin), bin_at(row, high, f, bin), part);
            broken = max(broken, bitcast<u32>(value) & 0x7fffffffu);
            let rest = (ordered(value) ^ below) >> shift;
            count += select(vec3u(0u), vec3u(1u), vec3u(rest) == vec3u(0u, 1u, 2u));
        }
        below |= digit_of(count, &wanted) << shift;
    }
    var above = below;
    if (FRAMES % 2u == 0u) {
        var next = 0xffffffffu;
        var up_to = 0u;
        for (var f = 0u; f < FRAMES; f++) {
            let key = ordered(product(bin_at(row, low, f, bin), bin_at(row, high, f, bin), part));
            up_to += select(0u, 1u, key <= below);
            next = select(next, min(next, key), key > below);
        }
        above = select(below, next, up_to <= FRAMES / 2u);
    }
    if (broken > 0x7f800000u) {
        return bitcast<f32>(broken);
    }
    let value = (0.5 * number(below) + 0.5 * number(above)) * FACTOR * sides(bin);
    return select(value, value * sign_of(pair), part == 1u);
}
