//! The first stages of a transform along one row: a stage of radix 8 over real legs, then stages over whole vectors.
//!
//! ```text
//! for each vector c of a leg, each segment:     x_q = samples[16·(q·C + c) …]·w
//!     a_q = x_q + x_{q+4}    b_q = x_q − x_{q+4}                                  q = 0 … 3
//!     y_0, y_4 = (a_0 + a_2) ± (a_1 + a_3)          y_2 = (a_0 − a_2) − i(a_1 − a_3)
//!     y_1, y_3 = b_0 ± √½(b_1 − b_3) − i(±b_2 + √½(b_1 + b_3))
//!     block q += y_q·exp(−2πi·jq/n)
//! then stages as in lanes, over vectors of a block instead of points, in place
//! ```
//! Bound by the two vector ports: 36 operations for 8 samples of a segment; loads that cross a line cost a fifth more.

use crate::lanes::fft::butterfly::{Dft, Radix, SplatOn, neg_mul_add};
use crate::lanes::fft::four_step::{POINTS, Tables};
use crate::lanes::fft::stage::{column, columns, points, times};
use crate::lanes::load::detrend::{Offset, mean_along};
use crate::lanes::load::prefetch::{Prefetch, fetch_near};
use crate::lanes::simd::{Lanes, V, Z};
use fearless_simd::prelude::*;

/// Number of cache lines of the next row that are prefetched per vector of a leg: those of two segments with half
/// overlap.
const LINES: usize = 12;

/// Number of cache lines of the next group that are prefetched meanwhile. Their latency is long and only a few can be
/// outstanding, so `across` prefetches as many.
const AHEAD: usize = 4;

/// A leg of `C` vectors.
type Leg<const C: usize> = [[f32; POINTS]; C];

/// Two segments of one row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Segments<'a> {
    /// The second segment begins in the middle of the first.
    Halved(&'a [f32]),
    Apart([&'a [f32]; 2]),
}

/// The samples of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) segments: Segments<'a>,
    /// The samples that are read next.
    pub(crate) next: &'a [f32],
}

/// Returns the legs of `samples`.
#[inline(always)]
fn legs<const C: usize, const N: usize>(samples: &[f32]) -> &[Leg<C>; N] {
    samples.as_chunks().0.as_chunks().0.try_into().expect("as many legs")
}

#[inline(always)]
fn real_stage<S: Lanes, const C: usize, const SHIFT: bool>(
    simd: S,
    tables: &Tables<S>,
    legs: [&[Leg<C>; 8]; 2],
    next: &[f32],
    work: &mut [Z<S>],
    ahead: &mut Prefetch<'_>,
) {
    let next = next.as_chunks::<POINTS>().0;
    let window: &[[V<S>; C]; 8] = tables.window.as_chunks().0.try_into().expect("8 legs");
    let twiddles: &[[Z<S>; 4]; C] = tables.first.as_chunks().0.try_into().expect("4 twiddles per vector");
    let out: &mut [[Z<S>; C]; 8] = work.as_chunks_mut().0.try_into().expect("8 blocks");
    let mean = if SHIFT {
        let [a, b] = legs;
        Some([
            mean_along(simd, a.as_flattened().as_flattened()),
            mean_along(simd, b.as_flattened().as_flattened()),
        ])
    } else {
        None
    };
    let h = V::<S>::splat_on(simd, std::f32::consts::FRAC_1_SQRT_2);
    let zero = V::<S>::splat_on(simd, 0.0);
    for c in 0..C {
        ahead.step::<AHEAD>();
        if let Some(lines) = next.get(LINES * c..LINES * (c + 1)) {
            for line in lines {
                fetch_near(line);
            }
        }
        let (mut a, mut b) = ([[zero; 4]; 2], [[zero; 4]; 2]);
        for q in 0..4 {
            for s in 0..2 {
                let mut x = [zero; 2];
                for i in 0..2 {
                    x[i] = V::<S>::from_slice(simd, &legs[s][q + 4 * i][c]);
                    if let Some(mean) = &mean {
                        x[i] = mean[s].without(x[i]);
                    }
                }
                let high = x[1] * window[q + 4][c];
                a[s][q] = x[0].mul_add(window[q][c], high);
                b[s][q] = x[0].mul_add(window[q][c], -high);
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
            let one = [m.mul_add(h, b[0]), neg_mul_add::<S, f32>(p, h, -b[2])];
            let three = [neg_mul_add::<S, f32>(m, h, b[0]), neg_mul_add::<S, f32>(p, h, b[2])];
            out[4 * s + 1][c] = times::<S, f32>(one, w[0]);
            out[4 * s + 2][c] = times::<S, f32>([a[0] - a[2], a[3] - a[1]], w[1]);
            out[4 * s + 3][c] = times::<S, f32>(three, w[2]);
        }
        out[4][c] = times::<S, f32>(fours, w[3]);
    }
}

/// [`real_stage`] of a row's segments: shared samples are loaded once by the compiler.
#[inline(always)]
fn first<S: Lanes, const C: usize, const SHIFT: bool>(
    simd: S,
    tables: &Tables<S>,
    row: Row<'_>,
    work: &mut [Z<S>],
    ahead: &mut Prefetch<'_>,
) {
    match row.segments {
        Segments::Halved(samples) => {
            let legs: &[Leg<C>; 12] = legs(samples);
            let both = [legs.first_chunk().expect("8 of 12"), legs.last_chunk().expect("8 of 12")];
            real_stage::<S, C, SHIFT>(simd, tables, both, row.next, work, ahead);
        }
        Segments::Apart([a, b]) => {
            real_stage::<S, C, SHIFT>(simd, tables, [legs(a), legs(b)], row.next, work, ahead);
        }
    }
}

/// Runs a stage of radix `R` over the vectors of each block of `R·s`.
#[inline(always)]
fn stage<S: Lanes, const R: usize>(simd: S, twiddles: &[Z<S>], work: &mut [Z<S>], s: usize)
where
    Dft: Radix<S, f32, R>,
{
    for block in work.chunks_exact_mut(R * s) {
        let legs = columns::<Z<S>, R>(block, s);
        for (c, w) in twiddles.chunks_exact(R - 1).take(s).enumerate() {
            let y = column::<S, f32, R>(
                simd,
                points::<S, f32, R>(simd, &legs, c),
                #[inline(always)]
                |q| w[q - 1],
            );
            for q in 0..R {
                legs[q][c] = y[q];
            }
        }
    }
}

/// Transforms a pair of segments of one row to the `n/W` blocks of `work`.
#[inline(always)]
pub(crate) fn along<S: Lanes>(
    simd: S,
    tables: &Tables<S>,
    row: Row<'_>,
    work: &mut [Z<S>],
    ahead: &mut Prefetch<'_>,
) {
    macro_rules! go {
        ($c:literal, $last:literal) => {{
            match tables.offset {
                Offset::Keep => first::<S, $c, false>(simd, tables, row, work, ahead),
                Offset::SubtractLine => unreachable!("lines go by the stages in lanes"),
                Offset::SubtractMean => first::<S, $c, true>(simd, tables, row, work, ahead),
            }
            if $c > $last {
                stage::<S, 4>(simd, &tables.middle, work, $c / 4);
            }
            stage::<S, $last>(simd, &tables.last, work, 1);
        }};
    }
    match work.len() / 8 {
        4 => go!(4, 4),
        8 => go!(8, 8),
        _ => go!(16, 4),
    }
}
