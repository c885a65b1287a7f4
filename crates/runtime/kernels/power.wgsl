// Powers of the segments, gathered in registers in the transform's own order.
//
// Mean: two segments share a transform as real and imaginary part, and sums are added in blocks of PAIRS_OF_BLOCK, which
// bounds the rounding of 64 segments. Max-hold and min-hold need the power of each segment, so a transform has one segment;
// they compare bits, which for powers have the order of the numbers, with NaN above infinity. For the minimum the bits are
// inverted so that values that are not finite are below all numbers and are kept.

const MEAN: u32 = 0u;
const MAX_HOLD: u32 = 1u;
const MIN_HOLD: u32 = 2u;
const TURN_NON_FINITE: u32 = 0x80800000u;

var<private> block: array<f32, R>;
var<private> sum: array<f32, R>;
var<private> held: array<u32, R>;

fn gather(pair: u32) {
    for (var m = 0u; m < R; m++) { // unroll
        let power = dot(v[m], v[m]);
        if (AVERAGE == MEAN) {
            block[m] += power;
        } else {
            var bits = bitcast<u32>(power);
            if (AVERAGE == MIN_HOLD) {
                bits += TURN_NON_FINITE;
                held[m] = select(min(held[m], bits), bits, pair == 0u);
            } else {
                held[m] = max(held[m], bits);
            }
        }
    }
    if (AVERAGE == MEAN && (pair % PAIRS_OF_BLOCK == PAIRS_OF_BLOCK - 1u || pair == PAIRS - 1u)) {
        for (var m = 0u; m < R; m++) { // unroll
            sum[m] += block[m];
            block[m] = 0.0;
        }
    }
}

// What was gathered for value m.
fn gathered(m: u32) -> f32 {
    if (AVERAGE == MEAN) {
        return sum[m];
    }
    if (AVERAGE == MIN_HOLD) {
        return bitcast<f32>(held[m] - TURN_NON_FINITE);
    }
    return bitcast<f32>(held[m]);
}
