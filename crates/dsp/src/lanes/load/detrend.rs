//! The mean or line of each segment, subtracted in lanes before the window, and the preemphasis of speech frames.
//!
//! ```text
//! d_t  = x_t − x_0                       exact where an offset dwarfs the signal
//! mean = Σ d_t / n                       blocks of 16 in T, blocks added in f64
//! y_t  = (d_t − hi) − lo                 hi + lo = mean
//! line: slope = Σ (t − c)·d_t / Σ (t − c)²     l_t = x_0 + mean + slope·(t − c), in f64 once per block of 16
//!       y_t = (x_t − hi(l_b)) − (lo(l_b) + slope·(t − b))   exact where the line dwarfs what is left
//! z_t  = (y_t − c·y_{t−1}) · w_t         y_{−1} = y_0; without preemphasis y_t · w_t
//! ```
//! Five more operations per sample than windowing alone, six for a line; bound by the vector ports.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::simd::{Element, Lanes, V, Z};
use fearless_simd::prelude::*;

/// Detrending of segments in a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Offset {
    /// Keeps the mean.
    #[default]
    Keep,
    /// Subtracts the mean (`Detrend::Constant`).
    SubtractMean,
    /// Subtracts the least-squares line (`Detrend::Linear`).
    SubtractLine,
}

impl From<crate::detrend::Detrend> for Offset {
    fn from(detrend: crate::detrend::Detrend) -> Self {
        match detrend {
            crate::detrend::Detrend::None => Self::Keep,
            crate::detrend::Detrend::Constant => Self::SubtractMean,
            crate::detrend::Detrend::Linear => Self::SubtractLine,
        }
    }
}

/// A mean per lane, as one of its samples and the offset from it.
#[derive(Clone, Copy)]
pub(crate) struct Mean<S: Lanes, T: Element = f32> {
    pivot: V<S, T>,
    hi: V<S, T>,
    lo: V<S, T>,
}

impl<S: Lanes, T: Element> Mean<S, T> {
    /// Nothing.
    #[inline(always)]
    pub(crate) fn none(simd: S) -> Self {
        let zero = V::<S, T>::splat_on(simd, T::zero());
        Self { pivot: zero, hi: zero, lo: zero }
    }

    /// Subtracts the mean from `x`.
    #[inline(always)]
    pub(crate) fn without(&self, x: V<S, T>) -> V<S, T> {
        ((x - self.pivot) - self.hi) - self.lo
    }
}

/// Detrends each plane in each lane, emphasises, and multiplies by the window, as `spec` says.
#[inline(always)]
pub(crate) fn prepare<S: Lanes, T: Element>(simd: S, spec: &FrameSpec<T>, z: &mut [Z<S, T>]) {
    if spec.offset == Offset::SubtractLine {
        // No kernel supports both linear detrend and preemphasis.
        return subtract_line(simd, z, &spec.window);
    }
    let mean = match spec.offset {
        Offset::Keep | Offset::SubtractLine => [Mean::none(simd); 2],
        Offset::SubtractMean => [mean::<S, T, 0>(simd, z), mean::<S, T, 1>(simd, z)],
    };
    if spec.preemphasis == T::zero() {
        for (z, &w) in z.iter_mut().zip(&spec.window) {
            let w = V::<S, T>::splat_on(simd, w);
            for p in 0..2 {
                z[p] = mean[p].without(z[p]) * w;
            }
        }
        return;
    }
    let c = V::<S, T>::splat_on(simd, spec.preemphasis);
    let mut before = [mean[0].without(z[0][0]), mean[1].without(z[0][1])];
    for (z, &w) in z.iter_mut().zip(&spec.window) {
        let w = V::<S, T>::splat_on(simd, w);
        for p in 0..2 {
            let y = mean[p].without(z[p]);
            z[p] = (y - c * before[p]) * w;
            before[p] = y;
        }
    }
}

/// Returns the mean of a plane in each lane.
#[inline(always)]
fn mean<S: Lanes, T: Element, const PLANE: usize>(simd: S, z: &[Z<S, T>]) -> Mean<S, T> {
    let pivot = z[0][PLANE];
    let mut sums = [S::f64s::simd_from(simd, 0.0); 2];
    for block in z.chunks(16) {
        let mut sum = V::<S, T>::splat_on(simd, T::zero());
        for z in block {
            sum += z[PLANE] - pivot;
        }
        T::add_wide::<S>(sum, &mut sums);
    }
    let scale = 1.0 / z.len() as f64;
    let [hi, lo] = T::from_wide(simd, sums.map(|sum| sum * scale));
    Mean { pivot, hi, lo }
}

/// Number of samples over which a line is one value plus a small rest.
const BLOCK: usize = 16;

/// Subtracts the line of each plane in each lane and multiplies by `weights`.
#[inline(always)]
fn subtract_line<S: Lanes, T: Element>(simd: S, z: &mut [Z<S, T>], weights: &[T]) {
    let one = V::<S, T>::splat_on(simd, T::one());
    let n = z.len() as f64;
    let centre = (n - 1.0) / 2.0;
    let zero = V::<S, T>::splat_on(simd, T::zero());
    let wide = S::f64s::simd_from(simd, 0.0);
    let pivot = z[0];
    let (mut sums, mut moments) = ([[wide; 2]; 2], [[wide; 2]; 2]);
    for (b, block) in z.chunks(BLOCK).enumerate() {
        let (mut sum, mut moment) = ([zero; 2], [zero; 2]);
        let mut t = V::<S, T>::splat_on(simd, T::narrow((BLOCK * b) as f64 - centre));
        for z in block {
            for p in 0..2 {
                let d = z[p] - pivot[p];
                sum[p] += d;
                moment[p] = d.mul_add(t, moment[p]);
            }
            t += one;
        }
        for p in 0..2 {
            T::add_wide::<S>(sum[p], &mut sums[p]);
            T::add_wide::<S>(moment[p], &mut moments[p]);
        }
    }
    // Σ (t − centre)² in closed form; a single sample has no slope.
    let spread = (n * (n * n - 1.0) / 12.0).max(1.0);
    let line = [0, 1].map(|p| {
        let mut level = sums[p].map(|sum| sum * (1.0 / n));
        T::add_wide::<S>(pivot[p], &mut level);
        let slope = moments[p].map(|moment| moment * (1.0 / spread));
        (level, slope, T::from_wide(simd, slope)[0])
    });
    for (b, (block, weights)) in z.chunks_mut(BLOCK).zip(weights.chunks(BLOCK)).enumerate() {
        let from_centre = (BLOCK * b) as f64 - centre;
        let start = [0, 1].map(|p| {
            let (level, slope, _) = &line[p];
            T::from_wide(simd, [level[0] + slope[0] * from_centre, level[1] + slope[1] * from_centre])
        });
        // The rest of the line, increased by the slope per sample: at most 16 additions.
        let mut low = [start[0][1], start[1][1]];
        for (z, &w) in block.iter_mut().zip(weights) {
            let w = V::<S, T>::splat_on(simd, w);
            for p in 0..2 {
                z[p] = ((z[p] - start[p][0]) - low[p]) * w;
                low[p] += line[p].2;
            }
        }
    }
}

/// Returns the mean of a part of one row, a multiple of `W` samples, in every lane.
#[inline(always)]
pub(crate) fn mean_along<S: Lanes>(simd: S, samples: &[f32]) -> Mean<S> {
    let pivot = V::<S>::splat_on(simd, samples[0]);
    let zero = S::f64s::simd_from(simd, 0.0);
    let (mut low, mut high) = (zero, zero);
    for block in samples.chunks(16 * S::W) {
        // Four sums, to avoid a dependency chain.
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
