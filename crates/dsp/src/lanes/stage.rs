//! One pass of the FFT over all points, in place, `W` transforms at a time.
//!
//! ```text
//! for each block of L = R·s points:  for each column j < s:
//!     x_i = a[j + i·s]      y = DFT_R(x)      a[j + q·s] = y_q · exp(−2πi·jq/L)
//! ```
//! Layout: one real and one imaginary vector a point, side by side, so that a radix-8 butterfly needs
//! eight addresses. Bound by the two vector ports: radix 8 has 80 operations for 16 loads and 16 stores.

use super::ahead::Ahead;
use super::butterfly::{Block, Dft, Radix, SplatOn, neg_mul_add};
use super::simd::{Lanes, V, Z};
use fearless_simd::prelude::*;

/// One decimation-in-frequency stage with twiddles over every block of `R·s` points.
#[inline(always)]
fn stage<S: Lanes, const R: usize>(simd: S, z: &mut [Z<S>], s: usize, twiddles: &[f32], ahead: &mut Ahead<'_>)
where
    Dft: Radix<S, R>,
{
    for block in z.chunks_exact_mut(R * s) {
        let z = columns::<Z<S>, R>(block, s);
        for (j, w) in twiddles.chunks_exact(2 * (R - 1)).take(s).enumerate() {
            ahead.step();
            let zero = V::<S>::splat_on(simd, 0.0);
            let mut x: Block<S, R> = ([zero; R], [zero; R]);
            for i in 0..R {
                [x.0[i], x.1[i]] = z[i][j];
            }
            let (yr, yi) = Dft::dft(simd, x);
            z[0][j] = [yr[0], yi[0]];
            for q in 1..R {
                let c = V::<S>::splat_on(simd, w[2 * q - 2]);
                let d = V::<S>::splat_on(simd, w[2 * q - 1]);
                z[q][j] = [neg_mul_add::<S>(yi[q], d, yr[q] * c), yi[q].mul_add(c, yr[q] * d)];
            }
        }
    }
}

/// `R` equal runs of `s` elements.
#[inline(always)]
fn columns<T, const R: usize>(block: &mut [T], s: usize) -> [&mut [T]; R] {
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

/// Runs a stage of radix `radix` over blocks of `radix·s` points, asking for a few lines `ahead` at each butterfly.
pub(crate) fn run_stage<S: Lanes>(
    simd: S,
    radix: usize,
    z: &mut [Z<S>],
    s: usize,
    twiddles: &[f32],
    ahead: &mut Ahead<'_>,
) {
    macro_rules! go {
        ($r:literal) => {
            simd.vectorize(
                #[inline(always)]
                || stage::<S, $r>(simd, z, s, twiddles, ahead),
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
    /// Writes `|Z|²`.
    Power,
    /// Adds `|Z|²`.
    AddPower,
}

#[inline(always)]
fn last<S: Lanes, const R: usize>(simd: S, z: &[Z<S>], acc: &mut [V<S>], what: Last)
where
    Dft: Radix<S, R>,
{
    for (z, acc) in z.chunks_exact(R).zip(acc.chunks_exact_mut(R)) {
        let zero = V::<S>::splat_on(simd, 0.0);
        let mut x: Block<S, R> = ([zero; R], [zero; R]);
        for i in 0..R {
            [x.0[i], x.1[i]] = z[i];
        }
        let (yr, yi) = Dft::dft(simd, x);
        for q in 0..R {
            let real = match what {
                Last::Power => yr[q] * yr[q],
                Last::AddPower => yr[q].mul_add(yr[q], acc[q]),
            };
            acc[q] = yi[q].mul_add(yi[q], real);
        }
    }
}

/// Runs the last stage, of radix `radix`, into powers.
pub(crate) fn run_last<S: Lanes>(simd: S, radix: usize, z: &[Z<S>], acc: &mut [V<S>], what: Last) {
    macro_rules! go {
        ($r:literal, $what:expr) => {
            simd.vectorize(
                #[inline(always)]
                || last::<S, $r>(simd, z, acc, $what),
            )
        };
    }
    match (radix, what) {
        (4, Last::Power) => go!(4, Last::Power),
        (4, Last::AddPower) => go!(4, Last::AddPower),
        (_, Last::Power) => go!(8, Last::Power),
        (_, Last::AddPower) => go!(8, Last::AddPower),
    }
}

#[inline(always)]
fn last_complex<S: Lanes, const R: usize>(simd: S, z: &mut [Z<S>])
where
    Dft: Radix<S, R>,
{
    for z in z.chunks_exact_mut(R) {
        let zero = V::<S>::splat_on(simd, 0.0);
        let mut x: Block<S, R> = ([zero; R], [zero; R]);
        for i in 0..R {
            [x.0[i], x.1[i]] = z[i];
        }
        let (yr, yi) = Dft::dft(simd, x);
        for q in 0..R {
            z[q] = [yr[q], yi[q]];
        }
    }
}

/// Runs the last stage, of radix `radix`, in place.
pub(crate) fn run_last_complex<S: Lanes>(simd: S, radix: usize, z: &mut [Z<S>]) {
    match radix {
        4 => simd.vectorize(
            #[inline(always)]
            || last_complex::<S, 4>(simd, z),
        ),
        _ => simd.vectorize(
            #[inline(always)]
            || last_complex::<S, 8>(simd, z),
        ),
    }
}
