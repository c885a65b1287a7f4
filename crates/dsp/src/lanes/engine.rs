//! A group of `W` rows through the transform: load, stages, last stage. Owner of the scratch.

use super::butterfly::SplatOn;
use super::detrend::{Offset, detrend_and_window};
use super::load::{Pair, load_pair, load_plane};
use super::recipe::Recipe;
use super::simd::{Lanes, MAX_LANES, V, Z};
use super::stage::{Last, run_last, run_last_complex, run_stage};

/// The transform of one pair of segments in each of `W` rows.
pub(crate) struct Engine<S: Lanes> {
    pub(crate) simd: S,
    pub(crate) recipe: Recipe,
    window: Vec<f32>,
    ones: Vec<f32>,
    offset: Offset,
    pub(crate) z: Vec<Z<S>>,
    /// `|Z|²` in the transform's own order.
    pub(crate) acc: Vec<V<S>>,
}

impl<S: Lanes> Engine<S> {
    /// An engine for transforms of `window.len()` points, or `None` where there is no recipe for them.
    pub(crate) fn new(simd: S, window: Vec<f32>, offset: Offset) -> Option<Self> {
        let n = window.len();
        let recipe = Recipe::new(n, S::WIDE_REGISTERS)?;
        let zero = V::<S>::splat_on(simd, 0.0);
        let ones = if offset == Offset::Keep { Vec::new() } else { vec![1.0; n] };
        Some(Self { simd, recipe, window, ones, offset, z: vec![[zero; 2]; n], acc: vec![zero; n] })
    }

    /// Windowed samples of one pair of segments into `z`.
    fn load(&mut self, rows: &[&[f32]; MAX_LANES], pair: Pair) {
        let (simd, window, z) = (self.simd, &self.window, &mut self.z);
        match self.offset {
            Offset::Keep => simd.vectorize(
                #[inline(always)]
                || load_pair(simd, rows, pair, window, z),
            ),
            Offset::SubtractMean => {
                let ones = &self.ones;
                simd.vectorize(
                    #[inline(always)]
                    || {
                        load_pair(simd, rows, pair, ones, z);
                        detrend_and_window(simd, window, z);
                    },
                );
            }
        }
    }

    /// `Z` of the first segments of two groups of rows, one group in each plane; bin `k` at `z[recipe.position[k]]`.
    pub(crate) fn complex_of_two(&mut self, first: &[&[f32]; MAX_LANES], second: &[&[f32]; MAX_LANES]) {
        let (simd, window, z) = (self.simd, &self.window, &mut self.z);
        let samples = if self.offset == Offset::Keep { window } else { &self.ones };
        simd.vectorize(
            #[inline(always)]
            || {
                load_plane::<S, 0>(simd, first, 0, samples, z);
                load_plane::<S, 1>(simd, second, 0, samples, z);
            },
        );
        if self.offset == Offset::SubtractMean {
            simd.vectorize(
                #[inline(always)]
                || detrend_and_window(simd, window, z),
            );
        }
        let radix = self.stages();
        run_last_complex(simd, radix, &mut self.z);
    }

    /// Every stage but the last; returns the radix of the last.
    fn stages(&mut self) -> usize {
        let mut block = self.recipe.n;
        for (&radix, twiddles) in self.recipe.radices.iter().zip(&self.recipe.twiddles) {
            block /= radix;
            run_stage(self.simd, radix, &mut self.z, block, twiddles);
        }
        block
    }

    /// `|Z|²` of a pair of segments to the accumulator.
    pub(crate) fn power(&mut self, rows: &[&[f32]; MAX_LANES], pair: Pair, what: Last) {
        self.load(rows, pair);
        let radix = self.stages();
        run_last(self.simd, radix, &self.z, &mut self.acc, what);
    }

    /// `Z` of a pair of segments, bin `k` at `z[recipe.position[k]]`.
    pub(crate) fn complex(&mut self, rows: &[&[f32]; MAX_LANES], pair: Pair) {
        self.load(rows, pair);
        let radix = self.stages();
        run_last_complex(self.simd, radix, &mut self.z);
    }
}
