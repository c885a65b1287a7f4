//! The last stage of the FFT, which has no twiddles: into folded powers, or in place.
//!
//! ```text
//! for each pair of blocks of R points that mirror each other:
//!     y = DFT_R(a)   w = DFT_R(b)   sum_q (+)= |y_q|² + |w_{R−1−q}|²
//! ```
//! Bound by the two vector ports: radix 8 has 52 operations a block and 16 for its powers.

use crate::lanes::fft::butterfly::{Block, Dft, Radix, SplatOn};
use crate::lanes::simd::{Lanes, V, Z};
use fearless_simd::prelude::*;

/// What the last stage does with the transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// Writes `|Z_k|² + |Z_{n−k}|²`.
    Power,
    /// Adds it.
    AddPower,
}

/// The transform of the `R` points from `at` on.
#[inline(always)]
fn block_at<S: Lanes, const R: usize>(simd: S, z: &[Z<S>], at: u32) -> Block<S, R>
where
    Dft: Radix<S, R>,
{
    let z = &z[at as usize..][..R];
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut x: Block<S, R> = ([zero; R], [zero; R]);
    for i in 0..R {
        [x.0[i], x.1[i]] = z[i];
    }
    Dft::dft(simd, x)
}

#[inline(always)]
fn last<S: Lanes, const R: usize, const ADD: bool>(simd: S, z: &[Z<S>], pairs: &[[u32; 2]], sums: &mut [V<S>])
where
    Dft: Radix<S, R>,
{
    for (&[first, second], sums) in pairs.iter().zip(sums.chunks_exact_mut(R)) {
        let (yr, yi) = block_at::<S, R>(simd, z, first);
        let mut power = [V::<S>::splat_on(simd, 0.0); R];
        for q in 0..R {
            power[q] = yi[q].mul_add(yi[q], yr[q] * yr[q]);
        }
        if first != second {
            let (yr, yi) = block_at::<S, R>(simd, z, second);
            for q in 0..R {
                let mirror = R - 1 - q;
                power[q] = yi[mirror].mul_add(yi[mirror], yr[mirror].mul_add(yr[mirror], power[q]));
            }
        }
        // One rounding of the sum for each pair of segments, not four: there may be many.
        if ADD {
            for q in 0..R {
                power[q] += sums[q];
            }
        }
        sums.copy_from_slice(&power);
    }
}

/// Runs the last stage, of radix `radix`, over `pairs` of blocks (see [`Schedule::pairs`](crate::lanes::fft::schedule::Schedule::pairs)).
pub(crate) fn run_last<S: Lanes>(
    simd: S,
    radix: usize,
    z: &[Z<S>],
    pairs: &[[u32; 2]],
    sums: &mut [V<S>],
    what: Last,
) {
    macro_rules! go {
        ($r:literal, $add:literal) => {
            simd.run(
                #[inline(always)]
                || last::<S, $r, $add>(simd, z, pairs, sums),
            )
        };
    }
    match (radix, what) {
        (4, Last::Power) => go!(4, false),
        (4, Last::AddPower) => go!(4, true),
        (_, Last::Power) => go!(8, false),
        (_, Last::AddPower) => go!(8, true),
    }
}

#[inline(always)]
fn last_complex<S: Lanes, const R: usize>(simd: S, z: &mut [Z<S>])
where
    Dft: Radix<S, R>,
{
    for z in z.chunks_exact_mut(R) {
        let (yr, yi) = block_at::<S, R>(simd, z, 0);
        for q in 0..R {
            z[q] = [yr[q], yi[q]];
        }
    }
}

/// Runs the last stage, of radix `radix`, in place.
pub(crate) fn run_last_complex<S: Lanes>(simd: S, radix: usize, z: &mut [Z<S>]) {
    match radix {
        4 => simd.run(
            #[inline(always)]
            || last_complex::<S, 4>(simd, z),
        ),
        _ => simd.run(
            #[inline(always)]
            || last_complex::<S, 8>(simd, z),
        ),
    }
}
