//! The first stages of a transform along one row: a stage of radix 8 over real legs, then stages over whole vectors.
//!
//! ```text
//! for each vector c of a leg, each segment:     x_q = samples[16·(q·C + c) …]·w
//!     a_q = x_q + x_{q+4}    b_q = x_q − x_{q+4}                                  q = 0 … 3
//!     y_0, y_4 = (a_0 + a_2) ± (a_1 + a_3)          y_2 = (a_0 − a_2) − i(a_1 − a_3)
//!     y_1, y_3 = b_0 ± √½(b_1 − b_3) − i(±b_2 + √½(b_1 + b_3))
//!     block q += y_q·exp(−2πi·jq/n)
//! middle, last:  DFT_R over vectors of a block times twiddles, in place
//! ```
//! Bound by the two vector ports: 36 operations for 8 samples of a segment; loads that cross a line cost a fifth more.

use super::ahead::{Ahead, fetch_near};
use super::butterfly::{Block, Dft, Radix, SplatOn, neg_mul_add};
use super::detrend::{Mean, Offset, mean_along};
use super::simd::{Lanes, V, Z};
use super::split::{POINTS, Tables};
use super::stage::columns;
use fearless_simd::prelude::*;

/// Lines of the next row that are asked for with each vector of a leg: those of two segments that overlap by half.
const LINES: usize = 12;

/// Lines of the next group that are asked for meanwhile. They take long to come and few can be on their way at a time, so
/// `across` asks for as many.
const AHEAD: usize = 4;

/// A leg of `C` vectors.
type Leg<const C: usize> = [[f32; POINTS]; C];

/// `y·w`.
#[inline(always)]
fn times<S: Lanes>(y: Z<S>, w: &[V<S>]) -> Z<S> {
    [neg_mul_add::<S>(y[1], w[1], y[0] * w[0]), y[1].mul_add(w[0], y[0] * w[1])]
}

/// Where the legs of two segments of one row lie.
#[derive(Clone, Copy)]
enum Legs<'a, const C: usize> {
    /// Half a segment apart: the second begins in the middle of the first, and samples are loaded once.
    Twelve(&'a [Leg<C>; 12]),
    Apart([&'a [Leg<C>; 8]; 2]),
}

/// The legs of `samples`.
#[inline(always)]
fn legs<const C: usize, const N: usize>(samples: &[f32]) -> &[Leg<C>; N] {
    samples.as_chunks().0.as_chunks().0.try_into().expect("as many legs")
}

#[inline(always)]
fn real_stage<S: Lanes, const C: usize, const SHIFT: bool>(
    simd: S,
    tables: &Tables<S>,
    legs: Legs<'_, C>,
    mean: [Mean<S>; 2],
    work: &mut [Z<S>],
    near: &[f32],
    ahead: &mut Ahead<'_>,
) {
    let near = near.as_chunks::<POINTS>().0;
    let window: &[[V<S>; C]; 8] = tables.window.as_chunks().0.try_into().expect("8 legs");
    let twiddles: &[[V<S>; 8]; C] = tables.first.as_chunks().0.try_into().expect("4 twiddles a vector");
    let out: &mut [[Z<S>; C]; 8] = work.as_chunks_mut().0.try_into().expect("8 blocks");
    let h = V::<S>::splat_on(simd, std::f32::consts::FRAC_1_SQRT_2);
    let zero = V::<S>::splat_on(simd, 0.0);
    for c in 0..C {
        ahead.step::<AHEAD>();
        if let Some(lines) = near.get(LINES * c..LINES * (c + 1)) {
            for line in lines {
                fetch_near(line);
            }
        }
        let (mut a, mut b) = ([[zero; 4]; 2], [[zero; 4]; 2]);
        for q in 0..4 {
            let (low, high) = (window[q][c], window[q + 4][c]);
            for s in 0..2 {
                let mut x = [zero; 2];
                for i in 0..2 {
                    let leg = q + 4 * i;
                    let samples = match legs {
                        Legs::Twelve(legs) => &legs[leg + 4 * s][c],
                        Legs::Apart(legs) => &legs[s][leg][c],
                    };
                    x[i] = V::<S>::from_slice(simd, samples);
                    if SHIFT {
                        x[i] = mean[s].without(x[i]);
                    }
                }
                let high = x[1] * high;
                a[s][q] = x[0].mul_add(low, high);
                b[s][q] = x[0].mul_add(low, -high);
            }
        }
        let w = &twiddles[c];
        let mut fours = [zero; 2];
        for s in 0..2 {
            let (a, b) = (a[s], b[s]);
            let (even, odd) = (a[0] + a[2], a[1] + a[3]);
            out[0][c][s] = even + odd;
            fours[s] = even - odd;
            let (m, p) = (b[1] - b[3], b[1] + b[3]);
            let one = [m.mul_add(h, b[0]), neg_mul_add::<S>(p, h, -b[2])];
            let three = [neg_mul_add::<S>(m, h, b[0]), neg_mul_add::<S>(p, h, b[2])];
            let (two, i) = (a[0] - a[2], a[1] - a[3]);
            out[4 * s + 1][c] = times::<S>(one, &w[0..2]);
            out[4 * s + 2][c] = [i.mul_add(w[3], two * w[2]), neg_mul_add::<S>(i, w[2], two * w[3])];
            out[4 * s + 3][c] = times::<S>(three, &w[4..6]);
        }
        out[4][c] = times::<S>(fours, &w[6..8]);
    }
}

/// [`real_stage`] of samples with or without their mean.
#[inline(always)]
fn first<S: Lanes, const C: usize>(
    simd: S,
    tables: &Tables<S>,
    offset: Offset,
    segments: Segments<'_>,
    work: &mut [Z<S>],
    near: &[f32],
    ahead: &mut Ahead<'_>,
) {
    let none = [Mean::none(simd); 2];
    match (segments, offset) {
        (Segments::Halved(samples), Offset::Keep) => {
            let legs = Legs::Twelve(legs(samples));
            real_stage::<S, C, false>(simd, tables, legs, none, work, near, ahead);
        }
        (segments, Offset::Keep) => {
            let [a, b] = segments.apart();
            let legs = Legs::Apart([legs(a), legs(b)]);
            real_stage::<S, C, false>(simd, tables, legs, none, work, near, ahead);
        }
        (segments, Offset::SubtractMean) => {
            let [a, b] = segments.apart();
            let mean = [mean_along(simd, a), mean_along(simd, b)];
            let legs = Legs::Apart([legs(a), legs(b)]);
            real_stage::<S, C, true>(simd, tables, legs, mean, work, near, ahead);
        }
    }
}

/// Two segments of one row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Segments<'a> {
    /// The second begins in the middle of the first.
    Halved(&'a [f32]),
    Apart([&'a [f32]; 2]),
}

impl<'a> Segments<'a> {
    #[inline(always)]
    fn apart(self) -> [&'a [f32]; 2] {
        match self {
            Self::Halved(samples) => {
                let half = samples.len() / 3;
                [&samples[..2 * half], &samples[half..]]
            }
            Self::Apart(segments) => segments,
        }
    }
}

/// Points `c`, `c + s`, … of the legs of a block.
#[inline(always)]
fn points<S: Lanes, const R: usize>(simd: S, legs: &[&mut [Z<S>]; R], c: usize) -> Block<S, R> {
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut x: Block<S, R> = ([zero; R], [zero; R]);
    for i in 0..R {
        [x.0[i], x.1[i]] = legs[i][c];
    }
    x
}

#[inline(always)]
fn middle<S: Lanes, const C: usize>(simd: S, twiddles: &[V<S>], work: &mut [Z<S>]) {
    const R: usize = 4;
    for block in work.as_chunks_mut::<C>().0 {
        let legs = columns::<Z<S>, R>(block, C / R);
        for (c, w) in twiddles.as_chunks::<6>().0.iter().enumerate().take(C / R) {
            let (yr, yi) = Dft::dft(simd, points(simd, &legs, c));
            legs[0][c] = [yr[0], yi[0]];
            for q in 1..R {
                legs[q][c] = times::<S>([yr[q], yi[q]], &w[2 * q - 2..2 * q]);
            }
        }
    }
}

#[inline(always)]
fn last<S: Lanes, const R: usize>(simd: S, twiddles: &[V<S>], work: &mut [Z<S>])
where
    Dft: Radix<S, R>,
{
    let zero = V::<S>::splat_on(simd, 0.0);
    let twiddles = &twiddles[..2 * (R - 1)];
    for block in work.as_chunks_mut::<R>().0 {
        let mut x: Block<S, R> = ([zero; R], [zero; R]);
        for i in 0..R {
            [x.0[i], x.1[i]] = block[i];
        }
        let (yr, yi) = Dft::dft(simd, x);
        block[0] = [yr[0], yi[0]];
        for q in 1..R {
            block[q] = times::<S>([yr[q], yi[q]], &twiddles[2 * q - 2..2 * q]);
        }
    }
}

/// A pair of segments of one row, to the `n/W` blocks of `work`.
#[inline(always)]
pub(crate) fn along<S: Lanes>(
    simd: S,
    tables: &Tables<S>,
    offset: Offset,
    segments: Segments<'_>,
    work: &mut [Z<S>],
    near: &[f32],
    ahead: &mut Ahead<'_>,
) {
    macro_rules! go {
        ($c:literal, $last:literal) => {{
            first::<S, $c>(simd, tables, offset, segments, work, near, ahead);
            if $c > 8 {
                middle::<S, $c>(simd, &tables.middle, work);
            }
            last::<S, $last>(simd, &tables.last, work);
        }};
    }
    match work.len() / 8 {
        4 => go!(4, 4),
        8 => go!(8, 8),
        _ => go!(16, 4),
    }
}
