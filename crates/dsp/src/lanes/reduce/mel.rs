//! Mel energies and their logarithm, in lanes.
//!
//! ```text
//! for each mel:  a = Σ w_j · first_j    b = Σ w_j · second_j      even and odd frames
//!                store zip(ln(max(a, floor) + offset) · factor, …)   2W frames side by side
//! ```
//! Bound by the vector ports: two fused multiply-adds per weight, about 15 operations per logarithm.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::reduce::log::log2;
use crate::lanes::simd::{Lanes, V};
use fearless_simd::prelude::*;

/// A sparse filterbank and the logarithm after it.
#[derive(Debug, Clone)]
pub struct LaneMel {
    /// `(first bin, weights)` of each filter.
    pub filters: Vec<(usize, Vec<f32>)>,
    /// The logarithm; `None` keeps energies.
    pub log: Option<LaneLog>,
}

/// `factor · log2(max(x, floor) + offset)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneLog {
    /// Smallest energy; smaller ones are raised to it.
    pub floor: f32,
    /// Added after the floor.
    pub offset: f32,
    /// `log10 2` for a decimal logarithm, `ln 2` for a natural one, 1 for a binary one.
    pub factor: f32,
}

/// Filters `used` frames into columns of `out`, with rows at distance `row_len`.
#[inline(always)]
pub(crate) fn mel_group<S: Lanes>(
    simd: S,
    first: &[V<S>],
    second: &[V<S>],
    mel: &LaneMel,
    used: usize,
    row_len: usize,
    out: &mut [f32],
) {
    for (row, (start, weights)) in mel.filters.iter().enumerate() {
        let zero = V::<S>::splat_on(simd, 0.0);
        let (mut a, mut b) = (zero, zero);
        let (p, q) = (&first[*start..*start + weights.len()], &second[*start..*start + weights.len()]);
        for ((&w, &p), &q) in weights.iter().zip(p).zip(q) {
            let w = V::<S>::splat_on(simd, w);
            a = p.mul_add(w, a);
            b = q.mul_add(w, b);
        }
        if let Some(log) = mel.log {
            (a, b) = (logarithm(simd, a, log), logarithm(simd, b, log));
        }
        let (lo, hi) = (a.zip_low(b), a.zip_high(b));
        let out = &mut out[row * row_len..];
        if used == 2 * S::W {
            lo.store_slice(&mut out[..S::W]);
            hi.store_slice(&mut out[S::W..2 * S::W]);
        } else {
            for (i, out) in out[..used].iter_mut().enumerate() {
                *out = if i < S::W { lo[i] } else { hi[i - S::W] };
            }
        }
    }
}

#[inline(always)]
fn logarithm<S: Lanes>(simd: S, x: V<S>, log: LaneLog) -> V<S> {
    // The energy is the first operand, so that its NaN is kept and not replaced by the floor.
    let floored = V::<S>::splat_on(simd, log.floor).max(x) + V::<S>::splat_on(simd, log.offset);
    log2(simd, floored) * V::<S>::splat_on(simd, log.factor)
}
