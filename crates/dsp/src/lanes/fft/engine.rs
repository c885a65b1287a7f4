//! A group of `W` rows through the transform: load, stages, last stage. Owner of the scratch.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::four_step::{FourStep, Meet, POINTS};
use crate::lanes::fft::last::{Last, run_last, run_last_complex};
use crate::lanes::fft::plan::Recipe;
use crate::lanes::fft::schedule::{Pass, Schedule};
use crate::lanes::fft::stage::{run_stage, run_stage_into};
use crate::lanes::load::detrend::prepare;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::window::{Pair, load_pair, load_plane};
use crate::lanes::reduce::one_sided::OneSided;
use crate::lanes::simd::{Lanes, MAX_LANES, V, Z};

/// The transform of one pair of segments in each of `W` rows.
pub(crate) struct Engine<S: Lanes> {
    pub(crate) simd: S,
    pub(crate) recipe: Recipe,
    pub(crate) spec: FrameSpec,
    /// What the samples are multiplied by while they are loaded, where the window has to wait.
    ones: Vec<f32>,
    /// The transform's points, and those of the near buffer.
    pub(crate) z: Vec<Z<S>>,
    pub(crate) schedule: Schedule,
    /// What [`Self::power`] leaves: powers in the order that [`Self::one_sided`] knows.
    pub(crate) acc: Vec<V<S>>,
    /// What [`Self::power`] goes by instead, where that is quicker.
    four_step: Option<FourStep<S>>,
}

impl<S: Lanes> Engine<S> {
    /// An engine for segments as `spec` has them, or `None` where there is no recipe for their size.
    pub(crate) fn new(simd: S, spec: FrameSpec) -> Option<Self> {
        let n = spec.n_fft;
        // Shorter windows do not fill a tile.
        if spec.window.len() < S::W || spec.lead + spec.window.len() > n {
            return None;
        }
        let recipe = Recipe::new(n, S::WIDE_REGISTERS)?;
        Some(Self::with(simd, spec, recipe))
    }

    /// As [`Self::new`], for [`Self::power`] of many pairs of segments.
    pub(crate) fn of_pairs(simd: S, spec: FrameSpec) -> Option<Self> {
        let whole = spec.window.len() == spec.n_fft && spec.preemphasis == 0.0;
        let four_step = if whole { FourStep::new(simd, &spec.window, spec.offset) } else { None };
        Self::new(simd, spec).map(|engine| Self { four_step, ..engine })
    }

    fn with(simd: S, spec: FrameSpec, recipe: Recipe) -> Self {
        let n = spec.n_fft;
        let zero = V::<S>::splat_on(simd, 0.0);
        let ones = if spec.is_plain() { Vec::new() } else { vec![1.0; spec.window.len()] };
        let schedule = Schedule::new(&recipe, NEAR / size_of::<Z<S>>());
        let (z, acc) = (vec![[zero; 2]; schedule.points], vec![zero; n]);
        Self { simd, recipe, spec, ones, z, schedule, acc, four_step: None }
    }

    /// Windowed samples into `z`: `read` puts samples times its weights where the window lies.
    #[inline(always)]
    fn load_with(&mut self, read: impl FnOnce(S, &[f32], &mut [Z<S>])) {
        let Self { simd, spec, ones, z, .. } = self;
        let (simd, window) = (*simd, &spec.window[..]);
        simd.run(
            #[inline(always)]
            || {
                let (head, rest) = z.split_at_mut(spec.lead);
                let (z, tail) = rest[..spec.n_fft - spec.lead].split_at_mut(window.len());
                // The transform before this one used the padding as scratch.
                for z in head.iter_mut().chain(tail) {
                    *z = [V::<S>::splat_on(simd, 0.0); 2];
                }
                read(simd, if spec.is_plain() { window } else { ones }, z);
                if !spec.is_plain() {
                    prepare(simd, spec, z);
                }
            },
        );
    }

    /// Windowed samples of one pair of segments into `z`.
    pub(crate) fn load(&mut self, rows: &[&[f32]; MAX_LANES], pair: Pair) {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| load_pair(simd, rows, pair, weights, z),
        );
    }

    /// `Z` of the first segments of two groups of rows, one group in each plane; bin `k` at `z[recipe.position[k]]`.
    pub(crate) fn complex_of_two(&mut self, first: &[&[f32]; MAX_LANES], second: &[&[f32]; MAX_LANES]) {
        self.load_with(
            #[inline(always)]
            |simd, weights, z| {
                load_plane::<S, 0>(simd, first, 0, weights, z);
                load_plane::<S, 1>(simd, second, 0, weights, z);
            },
        );
        self.transform_complex();
    }

    /// `|Z_k|² + |Z_{n−k}|²` of a pair of segments to the accumulator; `ahead` is fetched meanwhile.
    pub(crate) fn power(
        &mut self,
        rows: &[&[f32]; MAX_LANES],
        pair: Pair,
        what: Last,
        ahead: &mut Prefetch<'_>,
    ) {
        if let Some(four_step) = &mut self.four_step {
            four_step.power(rows, pair, what, ahead, &mut self.acc);
            return;
        }
        self.load(rows, pair);
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
                    run_last(simd, radix, z, &schedule.pairs[pairs.clone()], sums, what);
                }
            }
        }
    }

    /// How the accumulator is read.
    pub(crate) fn one_sided(&self) -> OneSided {
        if let Some(four_step) = &self.four_step {
            let sums = four_step.slots.iter().map(|slot| (slot.bin, slot.meet == Meet::Alone));
            return OneSided::new(self.recipe.n, POINTS, sums);
        }
        let pairs = self.schedule.pairs.iter().zip(&self.schedule.bins);
        OneSided::new(
            self.recipe.n,
            self.recipe.last_radix(),
            pairs.map(|(pair, &bin)| (bin, pair[0] == pair[1])),
        )
    }

    /// `Z` of a pair of segments, bin `k` at `z[recipe.position[k]]`.
    pub(crate) fn complex(&mut self, rows: &[&[f32]; MAX_LANES], pair: Pair) {
        self.load(rows, pair);
        self.transform_complex();
    }

    fn transform_complex(&mut self) {
        let Self { simd, recipe, z, .. } = self;
        descend(*simd, recipe, 0, &mut z[..recipe.n]);
    }
}

/// Points that stay in the first-level cache from one stage to the next, in bytes: two thirds of 48 KiB.
const NEAR: usize = 32 << 10;

/// The stages from `stage` on, over one block of that stage. Blocks too large for the first-level cache are finished one
/// after the other after each pass, instead of pass after pass over all of them.
fn descend<S: Lanes>(simd: S, recipe: &Recipe, stage: usize, z: &mut [Z<S>]) {
    let mut block = z.len();
    for (i, (&radix, twiddles)) in recipe.radices.iter().zip(&recipe.twiddles).enumerate().skip(stage) {
        let far = block * size_of::<Z<S>>() > NEAR;
        block /= radix;
        run_stage(simd, radix, z, block, twiddles, &mut Prefetch::none());
        if far {
            z.chunks_exact_mut(block).for_each(|z| descend(simd, recipe, i + 1, z));
            return;
        }
    }
    run_last_complex(simd, block, z);
}
