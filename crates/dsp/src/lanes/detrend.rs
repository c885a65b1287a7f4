//! The mean of each segment, subtracted in lanes before the window.
//!
//! ```text
//! d_t  = x_t − x_0                       exact where an offset dwarfs the signal
//! mean = Σ d_t / n                       blocks of 16 in f32, blocks added in f64
//! y_t  = ((d_t − hi) − lo) · w_t         hi + lo = mean
//! ```
//! Three more operations a sample than windowing alone; bound by the vector ports.

use super::butterfly::SplatOn;
use super::simd::{Lanes, V, Z};
use fearless_simd::prelude::*;

/// What a kernel does with the mean of each segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Offset {
    /// Leaves it.
    #[default]
    Keep,
    /// Subtracts it (`Detrend::Constant`).
    SubtractMean,
}

/// Subtracts each plane's mean in each lane, then multiplies by the window.
#[inline(always)]
pub(crate) fn detrend_and_window<S: Lanes>(simd: S, window: &[f32], z: &mut [Z<S>]) {
    let pivot = z[0];
    let mean = [mean::<S, 0>(simd, pivot[0], z), mean::<S, 1>(simd, pivot[1], z)];
    for (z, &w) in z.iter_mut().zip(window) {
        let w = V::<S>::splat_on(simd, w);
        for p in 0..2 {
            z[p] = (((z[p] - pivot[p]) - mean[p].0) - mean[p].1) * w;
        }
    }
}

/// Mean of `z − pivot` in each lane, as a sum of two vectors.
#[inline(always)]
fn mean<S: Lanes, const PLANE: usize>(simd: S, pivot: V<S>, z: &[Z<S>]) -> (V<S>, V<S>) {
    let zero = S::f64s::simd_from(simd, 0.0);
    let (mut low, mut high) = (zero, zero);
    for block in z.chunks(16) {
        let mut sum = V::<S>::splat_on(simd, 0.0);
        for z in block {
            sum += z[PLANE] - pivot;
        }
        let (l, h) = sum.widen();
        low += l;
        high += h;
    }
    let scale = 1.0 / z.len() as f64;
    let (low, high) = (low * scale, high * scale);
    let hi: V<S> = low.narrow(high);
    let (l, h) = hi.widen();
    (hi, (low - l).narrow(high - h))
}
