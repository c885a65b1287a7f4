//! Power spectra and mel energies of consecutive frames, two frames per lane.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::engine::Engine;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::load::transpose::scatter_strided;
use crate::lanes::load::window::Pair;
use crate::lanes::reduce::mel::{LaneMel, mel_group};
use crate::lanes::reduce::two_for_one::{Factors, separate};
use crate::lanes::simd::{Element, Lanes, RowsOf, V, lanes};

/// A kernel for the power of overlapping segments of one signal.
pub trait LanePowers<T>: Send + Sync {
    /// Returns the number of rows per vector; twice as many segments are transformed at a time.
    fn lanes(&self) -> usize;

    /// Replaces the window's coefficients.
    ///
    /// # Panics
    /// When there are more or fewer than the kernel was planned for.
    fn set_window(&mut self, window: &[T]);

    /// `|X|²` (no one-sided doubling) of `count` frames, frame `f` at `samples[f·hop..]`: `[count, n_bins]`.
    ///
    /// # Panics
    /// If `samples` ends before the window of the last frame, or `out` does not have `count · n_bins` values.
    fn power_frames(&mut self, samples: &[T], hop: usize, count: usize, out: &mut [T]);
}

/// [`LanePowers`] of `f32` samples, and their mel energies.
pub trait LaneFrames: LanePowers<f32> {
    /// Mel energies (or their logarithm) of `count` frames into columns `0 … count` of `out`, whose rows are
    /// `row_len` long: `[n_mels, row_len]`.
    ///
    /// # Panics
    /// As [`LanePowers::power_frames`], and if `mel` has weights beyond the last bin.
    fn mel_frames(
        &mut self,
        samples: &[f32],
        hop: usize,
        count: usize,
        mel: &LaneMel,
        row_len: usize,
        out: &mut [f32],
    );
}

/// [`LanePowers`] on the level `S`.
pub(crate) struct FramesKernel<S: Lanes, T: Element = f32> {
    engine: Engine<S, T>,
    first: Vec<V<S, T>>,
    second: Vec<V<S, T>>,
    lone: Vec<V<S, T>>,
    tail: Vec<T>,
}

impl<S: Lanes, T: Element> FramesKernel<S, T> {
    /// Returns a kernel for frames with the parameters `spec`, or `None` if the size has no recipe.
    pub(crate) fn new(simd: S, spec: FrameSpec<T>) -> Option<Self> {
        let n_bins = spec.n_fft / 2 + 1;
        let tail = Vec::with_capacity(2 * spec.window.len());
        let engine = Engine::new(simd, spec)?;
        let zeros = vec![V::<S, T>::splat_on(simd, T::zero()); n_bins];
        Some(Self { engine, first: zeros.clone(), second: zeros.clone(), lone: zeros, tail })
    }

    /// Writes the powers of frames `at … at + 2W` to `self.first` (even ones) and `self.second` (odd ones).
    fn group(&mut self, samples: &[T], hop: usize, at: usize, count: usize) {
        let FrameSpec { lead, ref window, .. } = self.engine.spec;
        let (n, samples) = (window.len(), &samples[lead..]);
        // A row holds two frames. Lanes past the end repeat the last row; their results are not written.
        let pairs = (count - at).min(2 * lanes::<S, T>()).div_ceil(2);
        let row = |r: usize| (at + 2 * r.min(pairs - 1)) * hop;
        let start = row(pairs - 1);
        // An odd last frame has no partner: a substitute is computed and dropped.
        let mut tail = std::mem::take(&mut self.tail);
        tail.clear();
        tail.extend_from_slice(&samples[start..samples.len().min(start + n + hop)]);
        tail.resize(n + hop, T::zero());
        let rows: RowsOf<'_, T> =
            std::array::from_fn(|r| if r + 1 < pairs { &samples[row(r)..row(r) + n + hop] } else { &tail });
        self.engine.complex(&rows, Pair { start: 0, hop: Some(hop) });
        if !self.separate() {
            // A loud frame next to a quiet one: each parity is transformed alone, with zeros in the other plane.
            self.engine.complex(&rows, Pair { start: hop, hop: None });
            self.separate();
            std::mem::swap(&mut self.first, &mut self.lone);
            self.engine.complex(&rows, Pair { start: 0, hop: None });
            self.separate();
            std::mem::swap(&mut self.second, &mut self.lone);
        }
        self.tail = tail;
    }

    fn separate(&mut self) -> bool {
        let Engine { simd, z, recipe, .. } = &self.engine;
        let (first, second) = (&mut self.first, &mut self.second);
        simd.run(
            #[inline(always)]
            || {
                separate(
                    *simd,
                    z,
                    &recipe.position,
                    Factors { inner: T::one(), edge: T::one() },
                    first,
                    second,
                )
            },
        )
    }
}

impl<S: Lanes, T: Element> LanePowers<T> for FramesKernel<S, T> {
    fn lanes(&self) -> usize {
        lanes::<S, T>()
    }

    fn set_window(&mut self, window: &[T]) {
        self.engine.spec.window.copy_from_slice(window);
    }

    fn power_frames(&mut self, samples: &[T], hop: usize, count: usize, out: &mut [T]) {
        let (n_bins, group) = (self.first.len(), 2 * lanes::<S, T>());
        assert_eq!(out.len(), count * n_bins, "out is checked by callers");
        for at in (0..count).step_by(group) {
            self.group(samples, hop, at, count);
            let used = (count - at).min(group);
            let simd = self.engine.simd;
            for (parity, powers) in [&self.first, &self.second].into_iter().enumerate() {
                let used = (used + 1 - parity) / 2;
                if used == 0 {
                    continue;
                }
                let out = &mut out[(at + parity) * n_bins..];
                simd.run(
                    #[inline(always)]
                    || scatter_strided::<S, T>(simd, powers, used, 2 * n_bins, out),
                );
            }
        }
    }
}

impl<S: Lanes> LaneFrames for FramesKernel<S> {
    fn mel_frames(
        &mut self,
        samples: &[f32],
        hop: usize,
        count: usize,
        mel: &LaneMel,
        row_len: usize,
        out: &mut [f32],
    ) {
        for at in (0..count).step_by(2 * S::W) {
            self.group(samples, hop, at, count);
            let used = (count - at).min(2 * S::W);
            let (simd, first, second) = (self.engine.simd, &self.first, &self.second);
            simd.run(
                #[inline(always)]
                || mel_group(simd, first, second, mel, used, row_len, &mut out[at..]),
            );
        }
    }
}
