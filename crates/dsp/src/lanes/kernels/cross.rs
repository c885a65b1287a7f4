//! Powers and cross powers of two signals that share a transform: `x` the real plane, `y` the imaginary one.
//!
//! ```text
//! z = x·w + i·s·y·w            s a power of two that makes the two about equally strong
//! with Z_k = a + ib, Z_{n−k} = c + id:   2X_k = (a + c) + i(b − d)     2sY_k = (b + d) + i(c − a)
//! sums += |X|², |Y|², conj(X)·Y
//! ```
//! The transform's rounding is relative to the stronger of the two: groups in which the powers of a lane's signals
//! differ by more than `two_for_one::balance` are left to the caller.

use crate::lanes::fft::butterfly::{SplatOn, neg_mul_add};
use crate::lanes::fft::engine::Engine;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::simd::{Element, Lanes, RowsOf, V, lanes};
use fearless_simd::prelude::*;

/// A kernel for averages of cross powers, with its scratch, on one instruction set.
pub trait LaneCross<T>: Send + Sync {
    /// Returns the number of segments that are transformed at a time.
    fn lanes(&self) -> usize;

    /// Adds `|X|²`, `|Y|²`, and the real and imaginary part of `conj(X)·Y` of `count` segments at distance `hop` to
    /// `sums`, `[4, n_bins]`. `scale`, a power of two, makes `y` about as strong as `x`. The first segments of groups
    /// whose powers differ too much for one transform are added to `left`.
    ///
    /// # Panics
    /// If a signal ends before its last segment, or `sums` does not have `4 · n_bins` values.
    fn add_segments(
        &mut self,
        signals: [&[T]; 2],
        hop: usize,
        count: usize,
        scale: T,
        sums: &mut [f64],
        left: &mut Vec<usize>,
    );
}

/// [`LaneCross`] on the level `S`.
pub(crate) struct CrossKernel<S: Lanes, T: Element> {
    engine: Engine<S, T>,
    /// The four sums of each bin, for `X` and the scaled `Y`, both doubled.
    acc: Vec<[V<S, T>; 4]>,
    silence: Vec<T>,
}

/// Number of groups whose powers are added in `T` before they are added in `f64`.
const GROUPS_A_SUM: usize = 16;

impl<S: Lanes, T: Element> CrossKernel<S, T> {
    /// Returns a kernel for segments with the parameters `spec`, or `None` if their size has no recipe.
    pub(crate) fn new(simd: S, spec: FrameSpec<T>) -> Option<Self> {
        let silence = vec![T::zero(); spec.window.len()];
        let engine = Engine::new(simd, spec)?;
        let zero = V::<S, T>::splat_on(simd, T::zero());
        let acc = vec![[zero; 4]; engine.recipe.n / 2 + 1];
        Some(Self { engine, acc, silence })
    }

    /// Adds one group to the accumulator; returns `false`, without adding, if it is not balanced.
    fn group(&mut self, x: &RowsOf<'_, T>, y: &RowsOf<'_, T>, scale: T, add: bool) -> bool {
        if !self.engine.complex_of_balanced(x, y, scale) {
            return false;
        }
        let Engine { simd, z, recipe, .. } = &self.engine;
        let (simd, n, acc) = (*simd, recipe.n, &mut self.acc);
        simd.run(
            #[inline(always)]
            || {
                let zero = V::<S, T>::splat_on(simd, T::zero());
                for (k, acc) in acc.iter_mut().enumerate() {
                    let [a, b] = z[recipe.position[k]];
                    let [c, d] = z[recipe.position[if k == 0 { 0 } else { n - k }]];
                    let (xr, xi, yr, yi) = (a + c, b - d, b + d, c - a);
                    let [pxx, pyy, re, im] = if add { *acc } else { [zero; 4] };
                    *acc = [
                        xi.mul_add(xi, xr.mul_add(xr, pxx)),
                        yi.mul_add(yi, yr.mul_add(yr, pyy)),
                        xi.mul_add(yi, xr.mul_add(yr, re)),
                        neg_mul_add::<S, T>(xi, yr, xr.mul_add(yi, im)),
                    ];
                }
            },
        );
        true
    }

    fn flush(&self, scale: T, sums: &mut [f64]) {
        let bins = self.acc.len();
        let s = scale.widen();
        for (part, factor) in [0.25, 0.25 / (s * s), 0.25 / s, 0.25 / s].into_iter().enumerate() {
            for (sum, acc) in sums[part * bins..(part + 1) * bins].iter_mut().zip(&self.acc) {
                *sum += factor * acc[part].as_slice().iter().map(|&p| p.widen()).sum::<f64>();
            }
        }
    }
}

impl<S: Lanes, T: Element> LaneCross<T> for CrossKernel<S, T> {
    fn lanes(&self) -> usize {
        lanes::<S, T>()
    }

    fn add_segments(
        &mut self,
        [x, y]: [&[T]; 2],
        hop: usize,
        count: usize,
        scale: T,
        sums: &mut [f64],
        left: &mut Vec<usize>,
    ) {
        assert_eq!(sums.len(), 4 * self.acc.len(), "sums is checked by callers");
        let (n, w) = (self.silence.len(), lanes::<S, T>());
        let mut pending = 0;
        for first in (0..count).step_by(w) {
            let silence = std::mem::take(&mut self.silence);
            let segment = |r: usize| (first + r) * hop..(first + r) * hop + n;
            let xs: RowsOf<'_, T> =
                std::array::from_fn(
                    |r| {
                        if r < w && first + r < count { &x[segment(r)] } else { &silence[..] }
                    },
                );
            let ys: RowsOf<'_, T> =
                std::array::from_fn(
                    |r| {
                        if r < w && first + r < count { &y[segment(r)] } else { &silence[..] }
                    },
                );
            if self.group(&xs, &ys, scale, pending > 0) {
                pending += 1;
            } else {
                left.push(first);
            }
            self.silence = silence;
            if pending == GROUPS_A_SUM {
                self.flush(scale, sums);
                pending = 0;
            }
        }
        if pending > 0 {
            self.flush(scale, sums);
        }
    }
}
