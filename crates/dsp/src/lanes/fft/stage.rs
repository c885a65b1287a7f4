//! One pass of the FFT over all points, in place, `W` transforms at a time.
//!
//! ```text
//! for each block of L = R·s points:  for each column j < s:
//!     x_i = a[j + i·s]      y = DFT_R(x)      a[j + q·s] = y_q · exp(−2πi·jq/L)
//! ```
//! Layout: one real and one imaginary vector per point, adjacent in memory, so that a radix-8 butterfly needs eight
//! addresses. Bound by the two vector ports: radix 8 has 80 operations for 16 loads and 16 stores.

use crate::lanes::fft::butterfly::{Block, Dft, Radix, SplatOn, neg_mul_add};
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::simd::{Element, Lanes, V, Z};
use fearless_simd::prelude::*;

/// Number of cache lines that are prefetched per butterfly: two stages of a transform of two segments with half
/// overlap prefetch a whole group.
pub(crate) const LINES: usize = 6;

/// `y·w`.
#[inline(always)]
pub(crate) fn times<S: Lanes, T: Element>(y: Z<S, T>, w: Z<S, T>) -> Z<S, T> {
    [neg_mul_add::<S, T>(y[1], w[1], y[0] * w[0]), y[1].mul_add(w[0], y[0] * w[1])]
}

/// `y` times a twiddle.
#[inline(always)]
pub(crate) fn twiddle<S: Lanes, T: Element>(simd: S, y: Z<S, T>, w: [T; 2]) -> Z<S, T> {
    times::<S, T>(y, [V::<S, T>::splat_on(simd, w[0]), V::<S, T>::splat_on(simd, w[1])])
}

/// Returns one column of a stage: the butterfly and its twiddles, `w(q)` of output `q`.
#[inline(always)]
pub(crate) fn column<S: Lanes, T: Element, const R: usize>(
    simd: S,
    x: Block<S, T, R>,
    w: impl Fn(usize) -> Z<S, T>,
) -> [Z<S, T>; R]
where
    Dft: Radix<S, T, R>,
{
    let (yr, yi) = Dft::dft(simd, x);
    let mut y = [[yr[0], yi[0]]; R];
    for q in 1..R {
        y[q] = times::<S, T>([yr[q], yi[q]], w(q));
    }
    y
}

/// Returns the twiddle of output `q` in a column's part of a table, the same in all lanes.
#[inline(always)]
fn splat<S: Lanes, T: Element>(simd: S, w: &[T], q: usize) -> Z<S, T> {
    [V::<S, T>::splat_on(simd, w[2 * q - 2]), V::<S, T>::splat_on(simd, w[2 * q - 1])]
}

/// Point `j` of each leg.
#[inline(always)]
pub(crate) fn points<S: Lanes, T: Element, const R: usize>(
    simd: S,
    legs: &[impl AsRef<[Z<S, T>]>; R],
    j: usize,
) -> Block<S, T, R> {
    let zero = V::<S, T>::splat_on(simd, T::zero());
    let mut x: Block<S, T, R> = ([zero; R], [zero; R]);
    for i in 0..R {
        [x.0[i], x.1[i]] = legs[i].as_ref()[j];
    }
    x
}

/// One decimation-in-frequency stage with twiddles over every block of `R·s` points.
#[inline(always)]
fn stage<S: Lanes, T: Element, const R: usize>(
    simd: S,
    z: &mut [Z<S, T>],
    s: usize,
    twiddles: &[T],
    ahead: &mut Prefetch<'_, T>,
) where
    Dft: Radix<S, T, R>,
{
    for block in z.chunks_exact_mut(R * s) {
        let z = columns::<Z<S, T>, R>(block, s);
        for (j, w) in twiddles.chunks_exact(2 * (R - 1)).take(s).enumerate() {
            ahead.step::<LINES>();
            let y = column::<S, T, R>(
                simd,
                points::<S, T, R>(simd, &z, j),
                #[inline(always)]
                |q| splat(simd, w, q),
            );
            for q in 0..R {
                z[q][j] = y[q];
            }
        }
    }
}

/// [`stage`] of the one block `from`, its results in `z`.
#[inline(always)]
fn stage_into<S: Lanes, T: Element, const R: usize>(
    simd: S,
    from: &[Z<S, T>],
    z: &mut [Z<S, T>],
    twiddles: &[T],
    ahead: &mut Prefetch<'_, T>,
) where
    Dft: Radix<S, T, R>,
{
    let s = z.len() / R;
    let mut legs = [from; R];
    for i in 0..R {
        legs[i] = &from[i * s..][..s];
    }
    let z = columns::<Z<S, T>, R>(z, s);
    for (j, w) in twiddles.chunks_exact(2 * (R - 1)).take(s).enumerate() {
        ahead.step::<LINES>();
        let y = column::<S, T, R>(
            simd,
            points::<S, T, R>(simd, &legs, j),
            #[inline(always)]
            |q| splat(simd, w, q),
        );
        for q in 0..R {
            z[q][j] = y[q];
        }
    }
}

/// `R` equal runs of `s` elements.
#[inline(always)]
pub(crate) fn columns<T, const R: usize>(block: &mut [T], s: usize) -> [&mut [T]; R] {
    let mut rest = block;
    std::array::from_fn(
        #[inline(always)]
        |_| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(s);
            rest = tail;
            head
        },
    )
}

/// Calls `$go!(R)` with `$radix` as a constant; instruction sets with few registers use the small radices only.
macro_rules! by_radix {
    ($level:ident, $radix:expr, $go:ident) => {
        match $radix {
            2 => $go!(2),
            3 => $go!(3),
            4 => $go!(4),
            5 => $go!(5),
            7 => $go!(7),
            _ if !$level::WIDE_REGISTERS => unreachable!("plans for few registers have small radices"),
            6 => $go!(6),
            8 => $go!(8),
            _ => $go!(10),
        }
    };
}
pub(crate) use by_radix;

/// Runs a stage of radix `radix` over blocks of `radix·s` points, prefetching a few lines of `ahead` per butterfly.
pub(crate) fn run_stage<S: Lanes, T: Element>(
    simd: S,
    radix: usize,
    z: &mut [Z<S, T>],
    s: usize,
    twiddles: &[T],
    ahead: &mut Prefetch<'_, T>,
) {
    macro_rules! go {
        ($r:literal) => {
            simd.run(
                #[inline(always)]
                || stage::<S, T, $r>(simd, z, s, twiddles, ahead),
            )
        };
    }
    by_radix!(S, radix, go);
}

/// Returns whether [`run_stage_into`] has this radix: powers of two, whose blocks become small enough.
pub(crate) fn copies(radix: usize) -> bool {
    matches!(radix, 2 | 4 | 8)
}

/// [`run_stage`] of the one block `from`, its results in `z`, for a radix that [`copies`].
pub(crate) fn run_stage_into<S: Lanes, T: Element>(
    simd: S,
    radix: usize,
    from: &[Z<S, T>],
    z: &mut [Z<S, T>],
    twiddles: &[T],
    ahead: &mut Prefetch<'_, T>,
) {
    macro_rules! go {
        ($r:literal) => {
            simd.run(
                #[inline(always)]
                || stage_into::<S, T, $r>(simd, from, z, twiddles, ahead),
            )
        };
    }
    match radix {
        2 => go!(2),
        4 => go!(4),
        _ if !S::WIDE_REGISTERS => unreachable!("plans for few registers have small radices"),
        _ => go!(8),
    }
}
