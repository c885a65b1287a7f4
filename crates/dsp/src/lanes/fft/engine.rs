//! A group of `W` rows through the transform: load, stages, last stage. Owns the scratch buffers.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::four_step::{FourStep, Meet, POINTS};
use crate::lanes::fft::last::{Last, run_last, run_last_complex};
use crate::lanes::fft::plan::Recipe;
use crate::lanes::fft::schedule::{Pass, Schedule};
use crate::lanes::fft::stage::{run_stage, run_stage_into};
use crate::lanes::load::detrend::{Offset, prepare};
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::window::{Pair, load_complex, load_pair, load_plane};
use crate::lanes::reduce::one_sided::OneSided;
use crate::lanes::reduce::two_for_one::balance;
use crate::lanes::simd::{Element, Lanes, RowsOf, V, Z, lanes};
use fearless_simd::{SimdFloatElement, prelude::*};

/// The transform of one pair of segments in each of `W` rows.
pub(crate) struct Engine<S: Lanes, T: Element = f32> {
    pub(crate) simd: S,
    pub(crate) recipe: Recipe<T>,
    pub(crate) spec: FrameSpec<T>,
    /// Weights of 1 for loading, if the window is applied later.
    ones: Vec<T>,
    /// Points of the transform, followed by the near buffer.
    pub(crate) z: Vec<Z<S, T>>,
    pub(crate) schedule: Schedule,
    /// Result of [`Self::power`]: powers in the order of [`Self::one_sided`].
    pub(crate) acc: Vec<V<S, T>>,
    /// Alternative four-step decomposition used by [`Self::power`] when faster.
    four_step: Option<T::FourStep<S>>,
}

/// A faster computation of the powers of a pair of segments, if a precision supports it.
pub(crate) trait PairPower<S: Lanes, T: SimdFloatElement>: Sized + Send + Sync {
    /// Returns the plan for segments under `window`, or `None` if it is not faster.
    fn plan(simd: S, window: &[T], offset: Offset) -> Option<Self>;

    /// See [`Engine::power`].
    fn pair_power(
        &mut self,
        rows: &RowsOf<'_, T>,
        pair: Pair,
        what: Last,
        ahead: &mut Prefetch<'_, T>,
        sums: &mut [V<S, T>],
    );

    /// Returns the order of the sums for transforms of `n` points.
    fn order(&self, n: usize) -> OneSided;
}

/// No faster computation.
pub(crate) enum NoFourStep {}

impl<S: Lanes> PairPower<S, f64> for NoFourStep {
    fn plan(_: S, _: &[f64], _: Offset) -> Option<Self> {
        None
    }

    fn pair_power(
        &mut self,
        _: &RowsOf<'_, f64>,
        _: Pair,
        _: Last,
        _: &mut Prefetch<'_, f64>,
        _: &mut [V<S, f64>],
    ) {
        match *self {}
    }

    fn order(&self, _: usize) -> OneSided {
        match *self {}
    }
}

impl<S: Lanes> PairPower<S, f32> for FourStep<S> {
    fn plan(simd: S, window: &[f32], offset: Offset) -> Option<Self> {
        if offset == Offset::SubtractLine {
            return None;
        }
        Self::new(simd, window, offset)
    }

    fn pair_power(
        &mut self,
        rows: &RowsOf<'_, f32>,
        pair: Pair,
        what: Last,
        ahead: &mut Prefetch<'_>,
        sums: &mut [V<S>],
    ) {
        // Levels of fewer lanes have no plan, and need not have the code.
        if const { S::W == POINTS } {
            self.power(rows, pair, what, ahead, sums);
        }
    }

    fn order(&self, n: usize) -> OneSided {
        OneSided::new(n, POINTS, self.slots.iter().map(|slot| (slot.bin, slot.meet == Meet::Alone)))
    }
}

impl<S: Lanes, T: Element> Engine<S, T> {
    /// Returns an engine for segments with the parameters `spec`, or `None` if there is no recipe for their size.
    pub(crate) fn new(simd: S, spec: FrameSpec<T>) -> Option<Self> {
        let n = spec.n_fft;
        // Shorter windows do not fill a tile; linear detrend with preemphasis is not supported.
        let unsupported = spec.offset == Offset::SubtractLine && spec.preemphasis != T::zero();
        if unsupported || spec.window.len() < lanes::<S, T>() || spec.lead + spec.window.len() > n {
            return None;
        }
        let recipe = Recipe::new(n, S::WIDE_REGISTERS)?;
        let zero = V::<S, T>::splat_on(simd, T::zero());
        let ones = if spec.is_plain() { Vec::new() } else { vec![T::one(); spec.window.len()] };
        let schedule = Schedule::new(&recipe, NEAR / size_of::<Z<S, T>>());
        let (z, acc) = (vec![[zero; 2]; schedule.points], vec![zero; n]);
        Some(Self { simd, recipe, spec, ones, z, schedule, acc, four_step: None })
    }

    /// Creates an engine like [`Self::new`], for [`Self::power`] of many pairs of segments.
    pub(crate) fn of_pairs(simd: S, spec: FrameSpec<T>) -> Option<Self> {
        let whole = spec.window.len() == spec.n_fft && spec.preemphasis == T::zero();
        let four_step = if whole { PairPower::plan(simd, &spec.window, spec.offset) } else { None };
        Self::new(simd, spec).map(|engine| Self { four_step, ..engine })
    }

    /// Loads windowed samples into `z`: `read` stores samples times weights at the position of the window.
    #[inline(always)]
    fn load_with(&mut self, read: impl FnOnce(S, &[T], &mut [Z<S, T>])) {
        let Self { simd, spec, ones, z, .. } = self;
        let (simd, window) = (*simd, &spec.window[..]);
        simd.run(
            #[inline(always)]
            || {
                let (head, rest) = z.split_at_mut(spec.lead);
                let (z, tail) = rest[..spec.n_fft - spec.lead].split_at_mut(window.len());
                // The previous transform used the padding as scratch.
                for z in head.iter_mut().chain(tail) {
                    *z = [V::<S, T>::splat_on(simd, T::zero()); 2];
                }
                read(simd, if spec.is_plain() { window } else { ones }, z);
                if !spec.is_plain() {
                    prepare(simd, spec, z);
                }
            },
        );
    }

    /// Loads the windowed samples of one pair of segments into `z`.
    pub(crate) fn load(&mut self, rows: &RowsOf<'_, T>, pair: Pair) {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| load_pair(simd, rows, pair, weights, z),
        );
    }

    /// Computes `Z` of the first segments of two groups of rows, one group in each plane; bin `k` at
    /// `z[recipe.position[k]]`.
    pub(crate) fn complex_of_two(&mut self, first: &RowsOf<'_, T>, second: &RowsOf<'_, T>) {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| {
                load_plane::<S, T, 0>(simd, first, 0, weights, z);
                load_plane::<S, T, 1>(simd, second, 0, weights, z);
            },
        );
        self.transform_complex();
    }

    /// Computes `Z` of `x + i·scale·y`, the first segments of two groups of rows. Returns `false`, without a
    /// transform, if the powers of a lane's two signals differ by more than [`balance`].
    pub(crate) fn complex_of_balanced(&mut self, x: &RowsOf<'_, T>, y: &RowsOf<'_, T>, scale: T) -> bool {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| {
                load_plane::<S, T, 0>(simd, x, 0, weights, z);
                load_plane::<S, T, 1>(simd, y, 0, weights, z);
            },
        );
        let Self { simd, recipe, z, .. } = self;
        let simd = *simd;
        let balanced = simd.run(
            #[inline(always)]
            || {
                let zero = V::<S, T>::splat_on(simd, T::zero());
                let factor = V::<S, T>::splat_on(simd, scale);
                let mut energy = [zero; 2];
                for z in &mut z[..recipe.n] {
                    z[1] *= factor;
                    energy[0] = z[0].mul_add(z[0], energy[0]);
                    energy[1] = z[1].mul_add(z[1], energy[1]);
                }
                let limit = V::<S, T>::splat_on(simd, T::narrow(balance(recipe.n)));
                let finite = (energy[0] + energy[1]).simd_lt(V::<S, T>::splat_on(simd, T::infinity()));
                let close = energy[0].simd_le(energy[1] * limit) & energy[1].simd_le(energy[0] * limit);
                (close & finite).all_true()
            },
        );
        if balanced {
            self.transform_complex();
        }
        balanced
    }

    /// Computes `Z` of one segment of complex samples per row; rows contain alternating real and imaginary parts.
    pub(crate) fn complex_of_complex(&mut self, rows: &RowsOf<'_, T>) {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| load_complex(simd, rows, weights, z),
        );
        self.transform_complex();
    }

    /// `|Z_k|² + |Z_{n−k}|²` of a pair of segments to the accumulator; `ahead` is prefetched meanwhile.
    pub(crate) fn power(
        &mut self,
        rows: &RowsOf<'_, T>,
        pair: Pair,
        what: Last,
        ahead: &mut Prefetch<'_, T>,
    ) {
        if let Some(four_step) = &mut self.four_step {
            four_step.pair_power(rows, pair, what, ahead, &mut self.acc);
            return;
        }
        self.load(rows, pair);
        self.power_of_loaded(what, ahead);
    }

    fn power_of_loaded(&mut self, what: Last, ahead: &mut Prefetch<'_, T>) {
        let Self { simd, recipe, z, schedule, acc, .. } = self;
        let simd = *simd;
        for pass in &schedule.passes {
            match pass {
                &Pass::Stage { stage, ref points } => {
                    let (radix, twiddles) = (recipe.radices[stage], &recipe.twiddles[stage]);
                    run_stage(simd, radix, &mut z[points.clone()], recipe.span(stage), twiddles, ahead);
                }
                &Pass::Near { stage, ref points, to } => {
                    let (radix, twiddles) = (recipe.radices[stage], &recipe.twiddles[stage]);
                    let (far, near) = z.split_at_mut(recipe.n);
                    let near = &mut near[to..to + points.len()];
                    run_stage_into(simd, radix, &far[points.clone()], near, twiddles, ahead);
                }
                Pass::Last { pairs } => {
                    let radix = recipe.last_radix();
                    let sums = &mut acc[pairs.start * radix..pairs.end * radix];
                    run_last::<S, T>(simd, radix, z, &schedule.pairs[pairs.clone()], sums, what);
                }
            }
        }
    }

    /// Returns the order of the accumulator.
    pub(crate) fn one_sided(&self) -> OneSided {
        if let Some(four_step) = &self.four_step {
            return four_step.order(self.recipe.n);
        }
        let pairs = self.schedule.pairs.iter().zip(&self.schedule.bins);
        OneSided::new(
            self.recipe.n,
            self.recipe.last_radix(),
            pairs.map(|(pair, &bin)| (bin, pair[0] == pair[1])),
        )
    }

    /// `Z` of a pair of segments, bin `k` at `z[recipe.position[k]]`.
    pub(crate) fn complex(&mut self, rows: &RowsOf<'_, T>, pair: Pair) {
        self.load(rows, pair);
        self.transform_complex();
    }

    fn transform_complex(&mut self) {
        let Self { simd, recipe, z, .. } = self;
        descend(*simd, recipe, 0, &mut z[..recipe.n]);
    }
}

/// Bytes of points that stay in L1 from one stage to the next: two thirds of 48 KiB.
const NEAR: usize = 32 << 10;

/// The stages from `stage` on, over one block of that stage. Blocks that exceed L1 are completed one after the other
/// after each pass, instead of running each pass over all of them.
fn descend<S: Lanes, T: Element>(simd: S, recipe: &Recipe<T>, stage: usize, z: &mut [Z<S, T>]) {
    let mut block = z.len();
    for (i, (&radix, twiddles)) in recipe.radices.iter().zip(&recipe.twiddles).enumerate().skip(stage) {
        let far = block * size_of::<Z<S, T>>() > NEAR;
        block /= radix;
        run_stage(simd, radix, z, block, twiddles, &mut Prefetch::none());
        if far {
            z.chunks_exact_mut(block).for_each(|z| descend(simd, recipe, i + 1, z));
            return;
        }
    }
    run_last_complex(simd, block, z, &recipe.ones);
}
