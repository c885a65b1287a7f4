//! The last stage of the FFT, which has no twiddles: into folded powers, or in place.
//!
//! ```text
//! for each pair of blocks of R points that mirror each other:
//!     y = DFT_R(a)   w = DFT_R(b)   sum_q (+)= |y_q|² + |w_{R−1−q}|²
//! ```
//! Bound by the two vector ports: radix 8 has 52 operations per block and 16 for its powers.

use crate::lanes::fft::butterfly::{Block, Dft, Radix, SplatOn};
use crate::lanes::fft::stage::{by_radix, run_stage};
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::simd::{Element, Lanes, V, Z};
use fearless_simd::prelude::*;

/// Operation of the last stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// Writes `|Z_k|² + |Z_{n−k}|²`.
    Power,
    /// Adds `|Z_k|² + |Z_{n−k}|²`.
    AddPower,
}

/// Returns the transform of the `R` points from `at` on.
#[inline(always)]
fn block_at<S: Lanes, T: Element, const R: usize>(simd: S, z: &[Z<S, T>], at: u32) -> Block<S, T, R>
where
    Dft: Radix<S, T, R>,
{
    let z = &z[at as usize..][..R];
    let zero = V::<S, T>::splat_on(simd, T::zero());
    let mut x: Block<S, T, R> = ([zero; R], [zero; R]);
    for i in 0..R {
        [x.0[i], x.1[i]] = z[i];
    }
    Dft::dft(simd, x)
}

#[inline(always)]
fn last<S: Lanes, T: Element, const R: usize>(
    simd: S,
    z: &[Z<S, T>],
    pairs: &[[u32; 2]],
    sums: &mut [V<S, T>],
    add: bool,
) where
    Dft: Radix<S, T, R>,
{
    for (&[first, second], sums) in pairs.iter().zip(sums.chunks_exact_mut(R)) {
        let (yr, yi) = block_at::<S, T, R>(simd, z, first);
        let mut power = [V::<S, T>::splat_on(simd, T::zero()); R];
        for q in 0..R {
            power[q] = yi[q].mul_add(yi[q], yr[q] * yr[q]);
        }
        if first != second {
            let (yr, yi) = block_at::<S, T, R>(simd, z, second);
            for q in 0..R {
                let mirror = R - 1 - q;
                power[q] = yi[mirror].mul_add(yi[mirror], yr[mirror].mul_add(yr[mirror], power[q]));
            }
        }
        // One rounding of the sum for each pair of segments, not four: there may be many.
        if add {
            for q in 0..R {
                power[q] += sums[q];
            }
        }
        sums.copy_from_slice(&power);
    }
}

/// Runs the last stage, of radix `radix`, over `pairs` of blocks (see [`Schedule::pairs`](crate::lanes::fft::schedule::Schedule::pairs)).
pub(crate) fn run_last<S: Lanes, T: Element>(
    simd: S,
    radix: usize,
    z: &[Z<S, T>],
    pairs: &[[u32; 2]],
    sums: &mut [V<S, T>],
    what: Last,
) {
    macro_rules! go {
        ($r:literal) => {
            simd.run(
                #[inline(always)]
                || last::<S, T, $r>(simd, z, pairs, sums, what == Last::AddPower),
            )
        };
    }
    macro_rules! go_known {
        ($r:literal, $add:literal) => {
            simd.run(
                #[inline(always)]
                || last::<S, T, $r>(simd, z, pairs, sums, $add),
            )
        };
    }
    // For radices of powers of two, adding is a compile-time constant.
    match (radix, what) {
        (4, Last::Power) => return go_known!(4, false),
        (4, Last::AddPower) => return go_known!(4, true),
        (8, Last::Power) if S::WIDE_REGISTERS => return go_known!(8, false),
        (8, Last::AddPower) if S::WIDE_REGISTERS => return go_known!(8, true),
        _ => {}
    }
    by_radix!(S, radix, go);
}

#[inline(always)]
fn last_complex<S: Lanes, T: Element, const R: usize>(simd: S, z: &mut [Z<S, T>])
where
    Dft: Radix<S, T, R>,
{
    for z in z.chunks_exact_mut(R) {
        let (yr, yi) = block_at::<S, T, R>(simd, z, 0);
        for q in 0..R {
            z[q] = [yr[q], yi[q]];
        }
    }
}

/// Runs the last stage, of radix `radix`, in place; `ones` are its twiddles, for radices without a twiddle-free
/// kernel.
pub(crate) fn run_last_complex<S: Lanes, T: Element>(simd: S, radix: usize, z: &mut [Z<S, T>], ones: &[T]) {
    match radix {
        4 => simd.run(
            #[inline(always)]
            || last_complex::<S, T, 4>(simd, z),
        ),
        8 if S::WIDE_REGISTERS => simd.run(
            #[inline(always)]
            || last_complex::<S, T, 8>(simd, z),
        ),
        _ => run_stage(simd, radix, z, 1, ones, &mut Prefetch::none()),
    }
}
