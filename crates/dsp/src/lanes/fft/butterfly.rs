//! Small DFTs over vectors: every lane is its own transform, so there is no shuffle.
//!
//! Forward sign, `y_q = Σ_i a_i · exp(−2πi·iq/R)`. Products with √½, cos 72° and the like are folded
//! into fused multiply-adds.

use crate::lanes::simd::{Lanes, V};
use fearless_simd::prelude::*;

/// Real and imaginary parts of `R` complex vectors.
pub(crate) type Block<S, const R: usize> = ([V<S>; R], [V<S>; R]);

/// `c − a·b`.
#[inline(always)]
pub(crate) fn neg_mul_add<S: Lanes>(a: V<S>, b: V<S>, c: V<S>) -> V<S> {
    (-a).mul_add(b, c)
}

/// A DFT of `R` points.
pub(crate) trait Radix<S: Lanes, const R: usize> {
    /// The transform, in registers.
    fn dft(simd: S, x: Block<S, R>) -> Block<S, R>;
}

/// Carrier of the [`Radix`] implementations.
pub(crate) struct Dft;

impl<S: Lanes> Radix<S, 2> for Dft {
    #[inline(always)]
    fn dft(_: S, (r, i): Block<S, 2>) -> Block<S, 2> {
        ([r[0] + r[1], r[0] - r[1]], [i[0] + i[1], i[0] - i[1]])
    }
}

impl<S: Lanes> Radix<S, 4> for Dft {
    #[inline(always)]
    fn dft(_: S, (r, i): Block<S, 4>) -> Block<S, 4> {
        let (t0r, t0i, t1r, t1i) = (r[0] + r[2], i[0] + i[2], r[0] - r[2], i[0] - i[2]);
        let (t2r, t2i, t3r, t3i) = (r[1] + r[3], i[1] + i[3], r[1] - r[3], i[1] - i[3]);
        ([t0r + t2r, t1r + t3i, t0r - t2r, t1r - t3i], [t0i + t2i, t1i - t3r, t0i - t2i, t1i + t3r])
    }
}

impl<S: Lanes> Radix<S, 8> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, 8>) -> Block<S, 8> {
        let h = V::<S>::splat_on(simd, std::f32::consts::FRAC_1_SQRT_2);
        let (er, ei) = <Self as Radix<S, 4>>::dft(simd, ([r[0], r[2], r[4], r[6]], [i[0], i[2], i[4], i[6]]));
        let (or, oi) = <Self as Radix<S, 4>>::dft(simd, ([r[1], r[3], r[5], r[7]], [i[1], i[3], i[5], i[7]]));
        // W8 and W8³ are (±1 − i)/√2: sums first, then √½ inside the fused add.
        let (s1, d1) = (or[1] + oi[1], oi[1] - or[1]);
        let (d3, s3) = (oi[3] - or[3], or[3] + oi[3]);
        (
            [
                er[0] + or[0],
                s1.mul_add(h, er[1]),
                er[2] + oi[2],
                d3.mul_add(h, er[3]),
                er[0] - or[0],
                neg_mul_add::<S>(s1, h, er[1]),
                er[2] - oi[2],
                neg_mul_add::<S>(d3, h, er[3]),
            ],
            [
                ei[0] + oi[0],
                d1.mul_add(h, ei[1]),
                ei[2] - or[2],
                neg_mul_add::<S>(s3, h, ei[3]),
                ei[0] - oi[0],
                neg_mul_add::<S>(d1, h, ei[1]),
                ei[2] + or[2],
                s3.mul_add(h, ei[3]),
            ],
        )
    }
}

impl<S: Lanes> Radix<S, 5> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, 5>) -> Block<S, 5> {
        let [r0, re1, re2, ro1, ro2] = half5(simd, r);
        let [i0, ie1, ie2, io1, io2] = half5(simd, i);
        ([r0, re1 + io1, re2 + io2, re2 - io2, re1 - io1], [i0, ie1 - ro1, ie2 - ro2, ie2 + ro2, ie1 + ro1])
    }
}

/// One plane of a radix-5 butterfly: the sum, and the even and odd parts of outputs 1 and 2.
#[inline(always)]
fn half5<S: Lanes>(simd: S, x: [V<S>; 5]) -> [V<S>; 5] {
    // cos and sin of 72° and 144°.
    let c1 = V::<S>::splat_on(simd, 0.309_017);
    let c2 = V::<S>::splat_on(simd, -0.809_017);
    let s1 = V::<S>::splat_on(simd, 0.951_056_54);
    let s2 = V::<S>::splat_on(simd, 0.587_785_24);
    let (p, q) = (x[1] + x[4], x[2] + x[3]);
    let even1 = q.mul_add(c2, p.mul_add(c1, x[0]));
    let even2 = q.mul_add(c1, p.mul_add(c2, x[0]));
    let (d, e) = (x[1] - x[4], x[2] - x[3]);
    let odd1 = e.mul_add(s2, d * s1);
    let odd2 = neg_mul_add::<S>(e, s1, d * s2);
    [x[0] + (p + q), even1, even2, odd1, odd2]
}

/// Splat by name, so that kernels read the same on every level.
pub(crate) trait SplatOn<S: Lanes> {
    /// All lanes hold `value`.
    fn splat_on(simd: S, value: f32) -> Self;
}

impl<S: Lanes, T: SimdFrom<f32, S>> SplatOn<S> for T {
    #[inline(always)]
    fn splat_on(simd: S, value: f32) -> Self {
        T::simd_from(simd, value)
    }
}
