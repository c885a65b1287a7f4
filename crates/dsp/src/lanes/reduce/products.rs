//! Hermitian products of all pairs of channels, bins in lanes.
//!
//! ```text
//! for each vector of bins:  for each pair i ≤ j:  for each segment:  sum_ij += conj(X_i)·X_j      in registers
//! ```
//! A pair's sum is read and written once per block of segments. Bound by the loads: four for four fused additions.

use crate::lanes::fft::butterfly::neg_mul_add;
use crate::lanes::simd::Lanes;
use fearless_simd::prelude::*;

/// Bins are padded to a multiple of this: the lanes of the widest level.
pub(crate) const BINS: usize = 8;

/// Adds `Σ conj(X_i)·X_j` over the segments of `spectra`, `[segments, channels, 2, bins]`, to `sums`, `[pairs, 2, bins]`
/// with the pairs `i ≤ j` row by row. `bins` is a multiple of [`BINS`].
#[inline(always)]
pub(crate) fn products<S: Lanes>(simd: S, spectra: &[f64], channels: usize, bins: usize, sums: &mut [f64]) {
    let w = S::f64s::LEN;
    for at in (0..bins).step_by(w) {
        let mut pairs = sums.chunks_exact_mut(2 * bins);
        for i in 0..channels {
            for j in i..channels {
                let Some(sum) = pairs.next() else { return };
                let mut re = S::f64s::from_slice(simd, &sum[at..at + w]);
                let mut im = S::f64s::from_slice(simd, &sum[bins + at..bins + at + w]);
                for segment in spectra.chunks_exact(2 * bins * channels) {
                    let part = |channel: usize, part: usize| {
                        let first = (2 * channel + part) * bins + at;
                        S::f64s::from_slice(simd, &segment[first..first + w])
                    };
                    let (xr, xi, yr, yi) = (part(i, 0), part(i, 1), part(j, 0), part(j, 1));
                    re = xi.mul_add(yi, xr.mul_add(yr, re));
                    im = neg_mul_add::<S, f64>(xi, yr, xr.mul_add(yi, im));
                }
                re.store_slice(&mut sum[at..at + w]);
                im.store_slice(&mut sum[bins + at..bins + at + w]);
            }
        }
    }
}
