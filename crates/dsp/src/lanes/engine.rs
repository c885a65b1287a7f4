//! A group of `W` rows through the transform: load, stages, last stage. Owner of the scratch.

use super::ahead::Ahead;
use super::butterfly::SplatOn;
use super::detrend::prepare;
use super::frame_spec::FrameSpec;
use super::last::{Last, run_last, run_last_complex};
use super::load::{Pair, load_pair, load_plane};
use super::load_stage::{Legs, load_stage};
use super::recipe::Recipe;
use super::route::{Pass, Route};
use super::simd::{Lanes, MAX_LANES, V, Z};
use super::stage::{run_stage, run_stage_into};

/// The transform of one pair of segments in each of `W` rows.
pub(crate) struct Engine<S: Lanes> {
    pub(crate) simd: S,
    pub(crate) recipe: Recipe,
    pub(crate) spec: FrameSpec,
    /// What the samples are multiplied by while they are loaded, where the window has to wait.
    ones: Vec<f32>,
    /// The transform's points, and those of the near buffer.
    pub(crate) z: Vec<Z<S>>,
    pub(crate) route: Route,
    /// What [`Self::power`] leaves: folded powers in the order of the route.
    pub(crate) acc: Vec<V<S>>,
    /// Scratch for tiles of a pair of segments, where load and first stage are one.
    tiles: Vec<V<S>>,
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

    /// As [`Self::new`], for [`Self::power`] of pairs of segments `hop` samples apart.
    pub(crate) fn of_pairs(simd: S, spec: FrameSpec, hop: usize) -> Option<Self> {
        let n = spec.n_fft;
        let plain = spec.is_plain() && spec.window.len() == n;
        match Recipe::split(n) {
            Some(recipe) if S::WIDE_REGISTERS && plain && hop < n && hop.is_multiple_of(recipe.span(0)) => {
                let mut engine = Self::with(simd, spec, recipe);
                let tiles = engine.recipe.radices[0] + hop / engine.recipe.span(0);
                engine.tiles = vec![V::<S>::splat_on(simd, 0.0); tiles * S::W];
                Some(engine)
            }
            _ => Self::new(simd, spec),
        }
    }

    fn with(simd: S, spec: FrameSpec, recipe: Recipe) -> Self {
        let n = spec.n_fft;
        let zero = V::<S>::splat_on(simd, 0.0);
        let ones = if spec.is_plain() { Vec::new() } else { vec![1.0; spec.window.len()] };
        let route = Route::new(&recipe, NEAR / size_of::<Z<S>>());
        let (z, acc) = (vec![[zero; 2]; route.points], vec![zero; n]);
        Self { simd, recipe, spec, ones, z, route, acc, tiles: Vec::new() }
    }

    /// Windowed samples into `z`: `read` puts samples times its weights where the window lies.
    #[inline(always)]
    fn load_with(&mut self, read: impl FnOnce(S, &[f32], &mut [Z<S>])) {
        let Self { simd, spec, ones, z, .. } = self;
        let (simd, window) = (*simd, &spec.window[..]);
        simd.vectorize(
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

    /// Windowed samples of one pair of segments through the first stage into `z`.
    fn load_stage(&mut self, rows: &[&[f32]; MAX_LANES], legs: Legs) {
        let Self { simd, recipe, spec, z, tiles, .. } = self;
        let (simd, z) = (*simd, &mut z[..recipe.n]);
        simd.vectorize(
            #[inline(always)]
            || load_stage(simd, rows, legs, &spec.window, &recipe.twiddles[0], tiles, z),
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
        ahead: &mut Ahead<'_>,
    ) {
        let passes = match pair.hop {
            Some(hop) if !self.tiles.is_empty() => {
                self.load_stage(rows, Legs { start: pair.start, shift: hop / self.recipe.span(0) });
                1..
            }
            _ => {
                self.load(rows, pair);
                0..
            }
        };
        let Self { simd, recipe, z, route, acc, .. } = self;
        let simd = *simd;
        for pass in &route.passes[passes] {
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
                    run_last(simd, radix, z, &route.pairs[pairs.clone()], sums, what);
                }
            }
        }
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
        run_stage(simd, radix, z, block, twiddles, &mut Ahead::new(&[]));
        if far {
            z.chunks_exact_mut(block).for_each(|z| descend(simd, recipe, i + 1, z));
            return;
        }
    }
    run_last_complex(simd, block, z);
}
