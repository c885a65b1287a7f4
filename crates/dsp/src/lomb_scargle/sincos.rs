//! Sine and cosine of many angles at a time: loops without calls, which the compiler turns into vector instructions.

use std::f64::consts::FRAC_2_PI;

/// Largest angle that the reduction below is exact enough for; beyond, the library's functions are called.
const LARGEST: f64 = 1e5;

/// π/2 as a sum of three numbers, of which the first two have at most 33 bits: products with quarter turns up to 2²⁰ are
/// exact.
const QUARTER: [f64; 3] = [
    f64::from_bits(0x3FF9_21FB_5440_0000),
    f64::from_bits(0x3DD0_B461_1A60_0000),
    f64::from_bits(0x3BA3_198A_2E03_7073),
];

/// Taylor coefficients of `sin(x)/x` and `cos(x)` in `x²`: what they leave out is below ε/3 for |x| ≤ π/4.
const SINE: [f64; 8] = [
    1.0,
    -1.0 / 6.0,
    1.0 / 120.0,
    -1.0 / 5_040.0,
    1.0 / 362_880.0,
    -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 1_307_674_368_000.0,
];
const COSINE: [f64; 9] = [
    1.0,
    -0.5,
    1.0 / 24.0,
    -1.0 / 720.0,
    1.0 / 40_320.0,
    -1.0 / 3_628_800.0,
    1.0 / 479_001_600.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 20_922_789_888_000.0,
];

#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for c in coefficients[..N - 1].iter().rev() {
        sum = sum * x + c;
    }
    sum
}

/// Sines and cosines of `angles`.
#[inline(always)]
pub(super) fn sin_cos<const N: usize>(angles: &[f64; N]) -> ([f64; N], [f64; N]) {
    let (mut sines, mut cosines) = ([0.0; N], [0.0; N]);
    let mut largest = 0.0_f64;
    for angle in angles {
        // A NaN may take either way: both give NaN.
        largest = if angle.abs() <= largest { largest } else { angle.abs() };
    }
    if largest.is_nan() || largest > LARGEST {
        for i in 0..N {
            (sines[i], cosines[i]) = angles[i].sin_cos();
        }
        return (sines, cosines);
    }
    for i in 0..N {
        // Adding and subtracting 1.5·2⁵² rounds to the nearest integer, whose lowest bits are then those of the sum.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        let shifted = angles[i] * FRAC_2_PI + ROUND;
        let quarter = shifted.to_bits();
        let turns = shifted - ROUND;
        let x = ((angles[i] - turns * QUARTER[0]) - turns * QUARTER[1]) - turns * QUARTER[2];
        let square = x * x;
        let sine = x * polynomial(&SINE, square);
        let cosine = polynomial(&COSINE, square);
        let swap = quarter & 1 == 1;
        let (s, c) = if swap { (cosine, sine) } else { (sine, cosine) };
        // Quarters 2 and 3 have a negative sine, 1 and 2 a negative cosine.
        sines[i] = f64::from_bits(s.to_bits() ^ ((quarter & 2) << 62));
        cosines[i] = f64::from_bits(c.to_bits() ^ (((quarter + 1) & 2) << 62));
    }
    (sines, cosines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn within_an_ulp_or_two_of_the_library() {
        let mut worst = 0.0_f64;
        for i in -200_000..200_000_i32 {
            let x = f64::from(i) * 0.499_7;
            let (s, c) = sin_cos(&[x; 1]);
            worst = worst.max((s[0] - x.sin()).abs()).max((c[0] - x.cos()).abs());
        }
        assert!(worst < 4e-16, "{worst:e}");
        for x in [0.0, -0.0, PI, -PI / 2.0, 1e5, 1e9, 1e300] {
            let (s, c) = sin_cos(&[x; 2]);
            assert!((s[1] - x.sin()).abs() < 2e-16 && (c[1] - x.cos()).abs() < 2e-16, "{x}");
        }
        assert!(sin_cos(&[f64::NAN]).0[0].is_nan());
    }
}
