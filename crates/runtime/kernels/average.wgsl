// Averages segments to one spectrum: mean, maximum or minimum of each bin. Sums are added in blocks of eight, which bounds
// their rounding; values that are not finite are kept.

const MEAN: u32 = 0u;
const MAX_HOLD: u32 = 1u;

fn compute(at: u32) -> f32 {
    let row = (at / BINS) * SEGMENTS * BINS + at % BINS;
    if (AVERAGE == MEAN) {
        var sum = 0.0;
        for (var first = 0u; first < SEGMENTS; first += 8u) {
            var block = 0.0;
            for (var s = first; s < min(first + 8u, SEGMENTS); s++) {
                block += operand[row + s * BINS];
            }
            sum += block;
        }
        return sum * SCALE;
    }
    var held = bitcast<u32>(operand[row]);
    for (var s = 1u; s < SEGMENTS; s++) {
        let power = bitcast<u32>(operand[row + s * BINS]);
        if (AVERAGE == MAX_HOLD || power >= 0x7f800000u) {
            held = max(held, power);
        } else if (held < 0x7f800000u) {
            held = min(held, power);
        }
    }
    return bitcast<f32>(held);
}
