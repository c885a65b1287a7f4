//! Powers of segments of complex samples, one segment per lane.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::engine::Engine;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::load::transpose::scatter;
use crate::lanes::simd::{Element, Lanes, RowsOf, V, lanes};
use fearless_simd::prelude::*;
use num_complex::Complex;

/// A kernel for segments of one complex signal, with its scratch, on one instruction set.
pub trait LaneComplex<T>: Send + Sync {
    /// Returns the number of segments that are transformed at a time.
    fn lanes(&self) -> usize;

    /// Adds `|X|²` of `count` segments, segment `i` at `samples[i·hop..]`, to `sum`, `[n_fft]`.
    ///
    /// # Panics
    /// If `samples` ends before the last segment, or `sum` does not have `n_fft` values.
    fn add_segments(&mut self, samples: &[Complex<T>], hop: usize, count: usize, sum: &mut [f64]);

    /// Computes `|X|²` of each segment, `[count, n_fft]`, into `out`.
    ///
    /// # Panics
    /// If `samples` ends before the last segment, or `out` does not have `count · n_fft` values.
    fn powers(&mut self, samples: &[Complex<T>], hop: usize, count: usize, out: &mut [T]);
}

/// [`LaneComplex`] on the level `S`.
pub(crate) struct ComplexKernel<S: Lanes, T: Element> {
    engine: Engine<S, T>,
    powers: Vec<V<S, T>>,
    /// Zeros for lanes without a segment.
    silence: Vec<T>,
}

/// Number of groups whose powers are added in `T` before they are added in `f64`.
const GROUPS_A_SUM: usize = 16;

impl<S: Lanes, T: Element> ComplexKernel<S, T> {
    /// Returns a kernel for segments with the parameters `spec`, or `None` if their size has no recipe.
    pub(crate) fn new(simd: S, spec: FrameSpec<T>) -> Option<Self> {
        let silence = vec![T::zero(); 2 * spec.window.len()];
        let engine = Engine::new(simd, spec)?;
        let powers = vec![V::<S, T>::splat_on(simd, T::zero()); engine.recipe.n];
        Some(Self { engine, powers, silence })
    }

    /// Writes (`ADD`: adds) the powers of segments `first …` to `self.powers`, bin by bin.
    fn group<const ADD: bool>(&mut self, samples: &[Complex<T>], hop: usize, first: usize, count: usize) {
        let (n, w) = (self.engine.spec.window.len(), lanes::<S, T>());
        let silence = &self.silence[..];
        let group: RowsOf<'_, T> = std::array::from_fn(|r| {
            let at = (first + r) * hop;
            if r < w && first + r < count { parts(&samples[at..at + n]) } else { silence }
        });
        self.engine.complex_of_complex(&group);
        let Engine { simd, z, recipe, .. } = &self.engine;
        let powers = &mut self.powers;
        simd.run(
            #[inline(always)]
            || {
                for (power, &at) in powers.iter_mut().zip(&recipe.position) {
                    let [re, im] = z[at];
                    let real = if ADD { re.mul_add(re, *power) } else { re * re };
                    *power = im.mul_add(im, real);
                }
            },
        );
    }

    fn flush(&self, sum: &mut [f64]) {
        for (sum, powers) in sum.iter_mut().zip(&self.powers) {
            *sum += powers.as_slice().iter().map(|&p| p.widen()).sum::<f64>();
        }
    }
}

/// Views complex samples as alternating real and imaginary parts.
fn parts<T>(samples: &[Complex<T>]) -> &[T] {
    // SAFETY: `Complex<T>` is `repr(C)` with two fields of type `T`, so `len` of them are `2·len` values of `T` without
    // padding, aligned as `T`; the lifetime and the provenance are those of `samples`.
    unsafe { std::slice::from_raw_parts(samples.as_ptr().cast::<T>(), 2 * samples.len()) }
}

impl<S: Lanes, T: Element> LaneComplex<T> for ComplexKernel<S, T> {
    fn lanes(&self) -> usize {
        lanes::<S, T>()
    }

    fn add_segments(&mut self, samples: &[Complex<T>], hop: usize, count: usize, sum: &mut [f64]) {
        assert_eq!(sum.len(), self.powers.len(), "sum is checked by callers");
        let mut pending = 0;
        for first in (0..count).step_by(lanes::<S, T>()) {
            if pending == 0 {
                self.group::<false>(samples, hop, first, count);
            } else {
                self.group::<true>(samples, hop, first, count);
            }
            pending += 1;
            if pending == GROUPS_A_SUM {
                self.flush(sum);
                pending = 0;
            }
        }
        if pending > 0 {
            self.flush(sum);
        }
    }

    fn powers(&mut self, samples: &[Complex<T>], hop: usize, count: usize, out: &mut [T]) {
        let (n, w) = (self.powers.len(), lanes::<S, T>());
        assert_eq!(out.len(), count * n, "out is checked by callers");
        for first in (0..count).step_by(w) {
            self.group::<false>(samples, hop, first, count);
            let used = w.min(count - first);
            let (simd, powers) = (self.engine.simd, &self.powers);
            let out = &mut out[first * n..(first + used) * n];
            simd.run(
                #[inline(always)]
                || scatter::<S, T>(simd, powers, used, out),
            );
        }
    }
}
