//! Small DFTs over vectors: every lane is its own transform, so there is no shuffle.
//!
//! Forward sign, `y_q = Σ_i a_i · exp(−2πi·iq/R)`. Products with √½, cos 72° and the like are folded into fused
//! multiply-adds. Radices 6 and 10 are prime-factor transforms (no twiddles
//! inside).

use crate::lanes::simd::{Element, Lanes, V};
use fearless_simd::prelude::*;

/// Real and imaginary parts of `R` complex vectors.
pub(crate) type Block<S, T, const R: usize> = ([V<S, T>; R], [V<S, T>; R]);

/// `c − a·b`.
#[inline(always)]
pub(crate) fn neg_mul_add<S: Lanes, T: Element>(a: V<S, T>, b: V<S, T>, c: V<S, T>) -> V<S, T> {
    (-a).mul_add(b, c)
}

/// `value` in all lanes, rounded to `T`.
#[inline(always)]
fn constant<S: Lanes, T: Element>(simd: S, value: f64) -> V<S, T> {
    V::<S, T>::splat_on(simd, T::narrow(value))
}

/// A DFT of `R` points.
pub(crate) trait Radix<S: Lanes, T: Element, const R: usize> {
    /// Returns the transform, in registers.
    fn dft(simd: S, x: Block<S, T, R>) -> Block<S, T, R>;
}

/// Carrier of the [`Radix`] implementations.
pub(crate) struct Dft;

impl<S: Lanes, T: Element> Radix<S, T, 2> for Dft {
    #[inline(always)]
    fn dft(_: S, (r, i): Block<S, T, 2>) -> Block<S, T, 2> {
        ([r[0] + r[1], r[0] - r[1]], [i[0] + i[1], i[0] - i[1]])
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 3> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, T, 3>) -> Block<S, T, 3> {
        let s = constant::<S, T>(simd, 0.866_025_403_784_438_6);
        let half = constant::<S, T>(simd, -0.5);
        let (sr, si) = (r[1] + r[2], i[1] + i[2]);
        let (dr, di) = (r[1] - r[2], i[1] - i[2]);
        let (er, ei) = (sr.mul_add(half, r[0]), si.mul_add(half, i[0]));
        (
            [r[0] + sr, di.mul_add(s, er), neg_mul_add::<S, T>(di, s, er)],
            [i[0] + si, neg_mul_add::<S, T>(dr, s, ei), dr.mul_add(s, ei)],
        )
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 4> for Dft {
    #[inline(always)]
    fn dft(_: S, (r, i): Block<S, T, 4>) -> Block<S, T, 4> {
        let (t0r, t0i, t1r, t1i) = (r[0] + r[2], i[0] + i[2], r[0] - r[2], i[0] - i[2]);
        let (t2r, t2i, t3r, t3i) = (r[1] + r[3], i[1] + i[3], r[1] - r[3], i[1] - i[3]);
        ([t0r + t2r, t1r + t3i, t0r - t2r, t1r - t3i], [t0i + t2i, t1i - t3r, t0i - t2i, t1i + t3r])
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 8> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, T, 8>) -> Block<S, T, 8> {
        let h = constant::<S, T>(simd, std::f64::consts::FRAC_1_SQRT_2);
        let (er, ei) =
            <Self as Radix<S, T, 4>>::dft(simd, ([r[0], r[2], r[4], r[6]], [i[0], i[2], i[4], i[6]]));
        let (or, oi) =
            <Self as Radix<S, T, 4>>::dft(simd, ([r[1], r[3], r[5], r[7]], [i[1], i[3], i[5], i[7]]));
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
                neg_mul_add::<S, T>(s1, h, er[1]),
                er[2] - oi[2],
                neg_mul_add::<S, T>(d3, h, er[3]),
            ],
            [
                ei[0] + oi[0],
                d1.mul_add(h, ei[1]),
                ei[2] - or[2],
                neg_mul_add::<S, T>(s3, h, ei[3]),
                ei[0] - oi[0],
                neg_mul_add::<S, T>(d1, h, ei[1]),
                ei[2] + or[2],
                s3.mul_add(h, ei[3]),
            ],
        )
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 5> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, T, 5>) -> Block<S, T, 5> {
        let [r0, re1, re2, ro1, ro2] = half5::<S, T>(simd, r);
        let [i0, ie1, ie2, io1, io2] = half5::<S, T>(simd, i);
        ([r0, re1 + io1, re2 + io2, re2 - io2, re1 - io1], [i0, ie1 - ro1, ie2 - ro2, ie2 + ro2, ie1 + ro1])
    }
}

/// Returns one plane of a radix-5 butterfly: the sum, and the even and odd parts of outputs 1 and 2.
#[inline(always)]
fn half5<S: Lanes, T: Element>(simd: S, x: [V<S, T>; 5]) -> [V<S, T>; 5] {
    // cos and sin of 72° and 144°.
    let c1 = constant::<S, T>(simd, 0.309_016_994_374_947_45);
    let c2 = constant::<S, T>(simd, -0.809_016_994_374_947_5);
    let s1 = constant::<S, T>(simd, 0.951_056_516_295_153_5);
    let s2 = constant::<S, T>(simd, 0.587_785_252_292_473_1);
    let (p, q) = (x[1] + x[4], x[2] + x[3]);
    let even1 = q.mul_add(c2, p.mul_add(c1, x[0]));
    let even2 = q.mul_add(c1, p.mul_add(c2, x[0]));
    let (d, e) = (x[1] - x[4], x[2] - x[3]);
    let odd1 = e.mul_add(s2, d * s1);
    let odd2 = neg_mul_add::<S, T>(e, s1, d * s2);
    [x[0] + (p + q), even1, even2, odd1, odd2]
}

impl<S: Lanes, T: Element> Radix<S, T, 7> for Dft {
    #[inline(always)]
    fn dft(simd: S, (r, i): Block<S, T, 7>) -> Block<S, T, 7> {
        let [r0, re1, re2, re3, ro1, ro2, ro3] = half7::<S, T>(simd, r);
        let [i0, ie1, ie2, ie3, io1, io2, io3] = half7::<S, T>(simd, i);
        (
            [r0, re1 + io1, re2 + io2, re3 + io3, re3 - io3, re2 - io2, re1 - io1],
            [i0, ie1 - ro1, ie2 - ro2, ie3 - ro3, ie3 + ro3, ie2 + ro2, ie1 + ro1],
        )
    }
}

/// Returns one plane of a radix-7 butterfly: the sum, and the even and odd parts of outputs 1 to 3.
#[inline(always)]
fn half7<S: Lanes, T: Element>(simd: S, x: [V<S, T>; 7]) -> [V<S, T>; 7] {
    // cos and sin of 360°/7 and its double and triple.
    let c1 = constant::<S, T>(simd, 0.623_489_801_858_733_5);
    let c2 = constant::<S, T>(simd, -0.222_520_933_956_314_4);
    let c3 = constant::<S, T>(simd, -0.900_968_867_902_419_1);
    let s1 = constant::<S, T>(simd, 0.781_831_482_468_029_8);
    let s2 = constant::<S, T>(simd, 0.974_927_912_181_823_6);
    let s3 = constant::<S, T>(simd, 0.433_883_739_117_558_1);
    let (p, q, t) = (x[1] + x[6], x[2] + x[5], x[3] + x[4]);
    let (d, e, f) = (x[1] - x[6], x[2] - x[5], x[3] - x[4]);
    let even1 = t.mul_add(c3, q.mul_add(c2, p.mul_add(c1, x[0])));
    let even2 = t.mul_add(c1, q.mul_add(c3, p.mul_add(c2, x[0])));
    let even3 = t.mul_add(c2, q.mul_add(c1, p.mul_add(c3, x[0])));
    let odd1 = f.mul_add(s3, e.mul_add(s2, d * s1));
    let odd2 = neg_mul_add::<S, T>(f, s1, neg_mul_add::<S, T>(e, s3, d * s2));
    let odd3 = f.mul_add(s2, neg_mul_add::<S, T>(e, s1, d * s3));
    [x[0] + (p + (q + t)), even1, even2, even3, odd1, odd2, odd3]
}

/// Some of the points of a block.
#[inline(always)]
fn pick<S: Lanes, T: Element, const R: usize, const N: usize>(
    x: &Block<S, T, R>,
    at: [usize; N],
) -> Block<S, T, N> {
    let mut y = ([x.0[at[0]]; N], [x.1[at[0]]; N]);
    for n in 1..N {
        (y.0[n], y.1[n]) = (x.0[at[n]], x.1[at[n]]);
    }
    y
}

/// Puts the points of `y` where they belong.
#[inline(always)]
fn place<S: Lanes, T: Element, const R: usize, const N: usize>(
    x: &mut Block<S, T, R>,
    at: [usize; N],
    y: &Block<S, T, N>,
) {
    for n in 0..N {
        (x.0[at[n]], x.1[at[n]]) = (y.0[n], y.1[n]);
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 6> for Dft {
    #[inline(always)]
    fn dft(simd: S, x: Block<S, T, 6>) -> Block<S, T, 6> {
        let (a, b, c) = (
            <Self as Radix<S, T, 2>>::dft(simd, pick::<S, T, 6, 2>(&x, [0, 3])),
            <Self as Radix<S, T, 2>>::dft(simd, pick::<S, T, 6, 2>(&x, [2, 5])),
            <Self as Radix<S, T, 2>>::dft(simd, pick::<S, T, 6, 2>(&x, [4, 1])),
        );
        let mut y = x;
        for (k, at) in [[0, 4, 2], [3, 1, 5]].into_iter().enumerate() {
            let three = ([a.0[k], b.0[k], c.0[k]], [a.1[k], b.1[k], c.1[k]]);
            place::<S, T, 6, 3>(&mut y, at, &<Self as Radix<S, T, 3>>::dft(simd, three));
        }
        y
    }
}

impl<S: Lanes, T: Element> Radix<S, T, 10> for Dft {
    #[inline(always)]
    fn dft(simd: S, x: Block<S, T, 10>) -> Block<S, T, 10> {
        let (r, i) = (&x.0, &x.1);
        let sum = (
            [r[0] + r[5], r[2] + r[7], r[4] + r[9], r[6] + r[1], r[8] + r[3]],
            [i[0] + i[5], i[2] + i[7], i[4] + i[9], i[6] + i[1], i[8] + i[3]],
        );
        let difference = (
            [r[0] - r[5], r[2] - r[7], r[4] - r[9], r[6] - r[1], r[8] - r[3]],
            [i[0] - i[5], i[2] - i[7], i[4] - i[9], i[6] - i[1], i[8] - i[3]],
        );
        let mut y = x;
        place::<S, T, 10, 5>(&mut y, [0, 6, 2, 8, 4], &<Self as Radix<S, T, 5>>::dft(simd, sum));
        place::<S, T, 10, 5>(&mut y, [5, 1, 7, 3, 9], &<Self as Radix<S, T, 5>>::dft(simd, difference));
        y
    }
}

/// Splat by name, so that kernels read the same on every level.
pub(crate) trait SplatOn<S: Lanes, T> {
    /// All lanes hold `value`.
    fn splat_on(simd: S, value: T) -> Self;
}

impl<S: Lanes, T: Element, N: SimdFrom<T, S> + SimdBase<S, Element = T>> SplatOn<S, T> for N {
    #[inline(always)]
    fn splat_on(simd: S, value: T) -> Self {
        N::simd_from(simd, value)
    }
}
