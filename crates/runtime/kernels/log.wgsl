// FACTOR · ln(max(x + ADD, FLOOR)), from the bits: x = 2^e · (1 + f), √½ ≤ 1 + f < √2, and with s = f / (2 + f)
// ln(1 + f) = 2s + 2s³/3 + 2s⁵/5 + … + 2s⁹/9, |s| < 0.172. NaN and infinity are kept.

const LN_2_HIGH: f32 = 0.693145751953125;
const LN_2_LOW: f32 = 1.42860682030941723212e-6;

fn compute(at: u32) -> f32 {
    var x = operand[at] + ADD;
    if (x < FLOOR) {
        x = FLOOR;
    }
    let bits = bitcast<u32>(x);
    if ((bits & 0x7f800000u) == 0x7f800000u) {
        return x;
    }
    // 0x3f3504f3 is √½.
    let shifted = bits + (0x3f800000u - 0x3f3504f3u);
    let e = f32(i32(shifted >> 23u) - 127);
    let f = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0;
    let s = f / (2.0 + f);
    let q = s * s;
    let series = q * (0.6666666667 + q * (0.4 + q * (0.2857142857 + q * 0.2222222222)));
    let part = s * (2.0 + series);
    return (e * LN_2_HIGH + (e * LN_2_LOW + part)) * FACTOR;
}
