//! One pass of the FFT over all points, in place, `W` transforms at a time.
//!
//! ```text
//! for each block of L = R·s points:  for each column j < s:
//!     x_i = a[j + i·s]      y = DFT_R(x)      a[j + q·s] = y_q · exp(−2πi·jq/L)
//! ```
//! Layout: separate planes of real and imaginary vectors, one vector a point. Bound by the two
//! vector ports: radix 8 needs 84 operations for 16 loads and 16 stores.

use super::butterfly::{Block, Dft, Radix, SplatOn, neg_mul_add};
use super::simd::{Lanes, V};
use fearless_simd::prelude::*;

/// One decimation-in-frequency stage with twiddles over every block of `R·s` points.
#[inline(always)]
fn stage<S: Lanes, const R: usize>(simd: S, re: &mut [V<S>], im: &mut [V<S>], s: usize, twiddles: &[f32])
where
    Dft: Radix<S, R>,
{
    for (re, im) in re.chunks_exact_mut(R * s).zip(im.chunks_exact_mut(R * s)) {
        let re = columns::<V<S>, R>(re, s);
        let im = columns::<V<S>, R>(im, s);
        for (j, w) in twiddles.chunks_exact(2 * (R - 1)).take(s).enumerate() {
            let zero = V::<S>::splat_on(simd, 0.0);
            let mut x: Block<S, R> = ([zero; R], [zero; R]);
            for i in 0..R {
                x.0[i] = re[i][j];
                x.1[i] = im[i][j];
            }
            let (yr, yi) = Dft::dft(simd, x);
            re[0][j] = yr[0];
            im[0][j] = yi[0];
            for q in 1..R {
                let c = V::<S>::splat_on(simd, w[2 * q - 2]);
                let d = V::<S>::splat_on(simd, w[2 * q - 1]);
                re[q][j] = neg_mul_add::<S>(yi[q], d, yr[q] * c);
                im[q][j] = yi[q].mul_add(c, yr[q] * d);
            }
        }
    }
}

/// `R` equal runs of `s` elements.
#[inline(always)]
fn columns<T, const R: usize>(block: &mut [T], s: usize) -> [&mut [T]; R] {
    let mut rest = block;
    std::array::from_fn(|_| {
        let (head, tail) = std::mem::take(&mut rest).split_at_mut(s);
        rest = tail;
        head
    })
}

/// Runs a stage of radix `radix` over blocks of `radix·s` points.
pub(crate) fn run_stage<S: Lanes>(
    simd: S,
    radix: usize,
    re: &mut [V<S>],
    im: &mut [V<S>],
    s: usize,
    twiddles: &[f32],
) {
    macro_rules! go {
        ($r:literal) => {
            simd.vectorize(
                #[inline(always)]
                || stage::<S, $r>(simd, re, im, s, twiddles),
            )
        };
    }
    match radix {
        2 => go!(2),
        4 => go!(4),
        5 => go!(5),
        _ => go!(8),
    }
}

/// What the last stage does with the transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// Leaves the complex values.
    Complex,
    /// Leaves `|Z|²` in the real plane.
    Power,
    /// Adds `|Z|²` to the accumulator.
    AddPower,
}

#[inline(always)]
fn block_of<S: Lanes, const R: usize>(simd: S, re: &[V<S>], im: &[V<S>]) -> Block<S, R> {
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut x: Block<S, R> = ([zero; R], [zero; R]);
    x.0.copy_from_slice(re);
    x.1.copy_from_slice(im);
    x
}

#[inline(always)]
fn last<S: Lanes, const R: usize>(simd: S, re: &mut [V<S>], im: &mut [V<S>], acc: &mut [V<S>], what: Last)
where
    Dft: Radix<S, R>,
{
    let blocks = re.chunks_exact_mut(R).zip(im.chunks_exact_mut(R));
    match what {
        Last::Complex => {
            for (re, im) in blocks {
                let (yr, yi) = Dft::dft(simd, block_of::<S, R>(simd, re, im));
                re.copy_from_slice(&yr);
                im.copy_from_slice(&yi);
            }
        }
        Last::Power => {
            for (re, im) in blocks {
                let (yr, yi) = Dft::dft(simd, block_of::<S, R>(simd, re, im));
                for q in 0..R {
                    re[q] = yi[q].mul_add(yi[q], yr[q] * yr[q]);
                }
            }
        }
        Last::AddPower => {
            for ((re, im), acc) in blocks.zip(acc.chunks_exact_mut(R)) {
                let (yr, yi) = Dft::dft(simd, block_of::<S, R>(simd, re, im));
                for q in 0..R {
                    acc[q] = yi[q].mul_add(yi[q], yr[q].mul_add(yr[q], acc[q]));
                }
            }
        }
    }
}

/// Runs the last stage.
pub(crate) fn run_last<S: Lanes>(
    simd: S,
    radix: usize,
    re: &mut [V<S>],
    im: &mut [V<S>],
    acc: &mut [V<S>],
    what: Last,
) {
    macro_rules! go {
        ($r:literal) => {
            simd.vectorize(
                #[inline(always)]
                || last::<S, $r>(simd, re, im, acc, what),
            )
        };
    }
    match radix {
        4 => go!(4),
        _ => go!(8),
    }
}
