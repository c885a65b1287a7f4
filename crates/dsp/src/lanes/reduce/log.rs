//! Binary logarithm of positive normal vectors.
//!
//! `x = m·2^e` with `m` in `[√½, √2)`, `log2 x = e + f·Q(f)` with `f = m − 1` and `Q` the Chebyshev fit of
//! degree 9 of `log2(1 + f)/f` on that interval, whose own error is 2e-9. With rounding the absolute
//! error stays below 2e-7 + ε·|log2 x|.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Lanes, V};
use fearless_simd::prelude::*;

/// Coefficients of `Q`, constant term first.
const Q: [f32; 10] = [
    std::f32::consts::LOG2_E,
    -0.721_347_33,
    0.480_898_2,
    -0.360_696_64,
    0.288_568_88,
    -0.239_619_05,
    0.204_575_29,
    -0.191_024_97,
    0.186_312_1,
    -0.110_201_6,
];

/// `log2 x` for positive normal `x`, lane by lane. NaN and infinity give NaN and large values, not their limits.
#[inline(always)]
pub(crate) fn log2<S: Lanes>(simd: S, x: V<S>) -> V<S> {
    let bits: S::i32s = x.bitcast();
    // 0x3f3504f3 is √½; what lies above it in steps of one exponent is e.
    let e = (bits - 0x3f35_04f3) >> 23;
    let m: V<S> = (bits - (e << 23)).bitcast();
    let f = m - V::<S>::splat_on(simd, 1.0);
    let mut q = V::<S>::splat_on(simd, Q[9]);
    for &c in Q[..9].iter().rev() {
        q = q.mul_add(f, V::<S>::splat_on(simd, c));
    }
    q.mul_add(f, V::<S>::float_from(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Isa, on_level};
    use fearless_simd::Level;

    fn worst<S: Lanes>(simd: S) -> f64 {
        let mut worst = 0.0f64;
        let mut x = 1.2e-38f32;
        while x < 1e38 {
            let got = f64::from(log2(simd, V::<S>::splat_on(simd, x))[0]);
            let want = f64::from(x).log2();
            worst = worst.max((got - want).abs() / (2e-7 + f64::from(f32::EPSILON) * want.abs()));
            x *= 1.000_37;
        }
        worst
    }

    #[test]
    fn stays_within_the_stated_error() {
        for isa in Isa::available() {
            let worst = on_level!(isa, simd => Some(worst(simd))).expect("available");
            assert!(worst <= 1.0, "{isa}: {worst} of the bound");
        }
    }
}
