//! The mean of each segment, subtracted in lanes before the window, and the preemphasis of speech frames.
//!
//! ```text
//! d_t  = x_t − x_0                       exact where an offset dwarfs the signal
//! mean = Σ d_t / n                       blocks of 16 in f32, blocks added in f64
//! y_t  = (d_t − hi) − lo                 hi + lo = mean
//! z_t  = (y_t − c·y_{t−1}) · w_t         y_{−1} = y_0; without preemphasis y_t · w_t
//! ```
//! Three more operations a sample than windowing alone; bound by the vector ports.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::simd::{Lanes, V, Z};
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

/// A mean in each lane: one of its samples, and what it lies above that.
#[derive(Clone, Copy)]
pub(crate) struct Mean<S: Lanes> {
    pivot: V<S>,
    hi: V<S>,
    lo: V<S>,
}

impl<S: Lanes> Mean<S> {
    /// Nothing.
    #[inline(always)]
    pub(crate) fn none(simd: S) -> Self {
        let zero = V::<S>::splat_on(simd, 0.0);
        Self { pivot: zero, hi: zero, lo: zero }
    }

    /// `x` without it.
    #[inline(always)]
    pub(crate) fn without(&self, x: V<S>) -> V<S> {
        ((x - self.pivot) - self.hi) - self.lo
    }
}

/// Subtracts each plane's mean in each lane, emphasises, and multiplies by the window, as `spec` says.
#[inline(always)]
pub(crate) fn prepare<S: Lanes>(simd: S, spec: &FrameSpec, z: &mut [Z<S>]) {
    let mean = match spec.offset {
        Offset::Keep => [Mean::none(simd); 2],
        Offset::SubtractMean => [mean::<S, 0>(simd, z), mean::<S, 1>(simd, z)],
    };
    if spec.preemphasis == 0.0 {
        for (z, &w) in z.iter_mut().zip(&spec.window) {
            let w = V::<S>::splat_on(simd, w);
            for p in 0..2 {
                z[p] = mean[p].without(z[p]) * w;
            }
        }
        return;
    }
    let c = V::<S>::splat_on(simd, spec.preemphasis);
    let mut before = [mean[0].without(z[0][0]), mean[1].without(z[0][1])];
    for (z, &w) in z.iter_mut().zip(&spec.window) {
        let w = V::<S>::splat_on(simd, w);
        for p in 0..2 {
            let y = mean[p].without(z[p]);
            z[p] = (y - c * before[p]) * w;
            before[p] = y;
        }
    }
}

/// Mean of a plane in each lane.
#[inline(always)]
fn mean<S: Lanes, const PLANE: usize>(simd: S, z: &[Z<S>]) -> Mean<S> {
    let pivot = z[0][PLANE];
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
    Mean { pivot, hi, lo: (low - l).narrow(high - h) }
}

/// Mean of a stretch of one row, a multiple of `W` samples, in every lane.
#[inline(always)]
pub(crate) fn mean_along<S: Lanes>(simd: S, samples: &[f32]) -> Mean<S> {
    let pivot = V::<S>::splat_on(simd, samples[0]);
    let zero = S::f64s::simd_from(simd, 0.0);
    let (mut low, mut high) = (zero, zero);
    for block in samples.chunks(16 * S::W) {
        // Four chains of additions: one would wait for itself.
        let mut sums = [V::<S>::splat_on(simd, 0.0); 4];
        for (i, x) in block.chunks_exact(S::W).enumerate() {
            sums[i % 4] += V::<S>::from_slice(simd, x) - pivot;
        }
        let (l, h) = ((sums[0] + sums[1]) + (sums[2] + sums[3])).widen();
        low += l;
        high += h;
    }
    let sum: f64 = (low + high).as_slice().iter().sum();
    let mean = sum / samples.len() as f64;
    let hi = mean as f32;
    let lo = (mean - f64::from(hi)) as f32;
    Mean { pivot, hi: V::<S>::splat_on(simd, hi), lo: V::<S>::splat_on(simd, lo) }
}
