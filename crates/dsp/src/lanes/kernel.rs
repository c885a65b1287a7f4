//! The Welch kernels: groups of `W` rows from samples to powers, then peaks, rows of a PSD or one sum.

use super::butterfly::SplatOn;
use super::fold::Fold;
use super::load::{Pair, load_pair};
use super::recipe::Recipe;
use super::simd::{Lanes, MAX_LANES, V, Z};
use super::stage::{Last, run_last, run_stage};
use super::topk::{MAX_NETWORK_K, select_peaks};
use super::transpose::transpose;
use fearless_simd::prelude::*;

/// What a lanes kernel computes from each row: `n_segments` windowed segments, `hop` samples apart.
#[derive(Debug, Clone)]
pub struct LaneSpec {
    /// Window coefficients; their number is the transform's size.
    pub window: Vec<f32>,
    /// Samples from one segment's start to the next.
    pub hop: usize,
    /// Segments in each row.
    pub n_segments: usize,
}

impl LaneSpec {
    /// Samples of a row.
    pub fn frame_len(&self) -> usize {
        self.window.len() + (self.n_segments - 1) * self.hop
    }

    /// One-sided bins.
    pub fn n_bins(&self) -> usize {
        self.window.len() / 2 + 1
    }
}

/// Rows of equal length in one slice: row `r` starts at sample `r·stride`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The samples.
    pub samples: &'a [f32],
    /// Distance between the starts of two rows; rows may overlap.
    pub stride: usize,
    /// Number of rows.
    pub count: usize,
}

/// A lanes kernel with its scratch, on one instruction set.
pub trait LaneWelch: Send {
    /// Rows that are computed at a time.
    fn lanes(&self) -> usize;

    /// Packed peaks `[rows, k, 2]` of raw power (mean over segments) into `out`, whose length sets `k`.
    ///
    /// Returns the first group of rows in which a power is not finite.
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize>;

    /// One-sided mean power times `scale`, `[rows, n_bins]`, into `out`.
    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]);
}

/// [`LaneWelch`] on the level `S`.
pub(crate) struct WelchKernel<S: Lanes> {
    simd: S,
    spec: LaneSpec,
    recipe: Recipe,
    fold: Fold,
    z: Vec<Z<S>>,
    acc: Vec<V<S>>,
    powers: Vec<V<S>>,
    column: Vec<f32>,
}

impl<S: Lanes> WelchKernel<S> {
    /// A kernel for `spec`, or `None` where its size has no recipe.
    pub(crate) fn new(simd: S, spec: LaneSpec) -> Option<Self> {
        let n = spec.window.len();
        let recipe = Recipe::new(n, S::WIDE_REGISTERS)?;
        let zero = V::<S>::splat_on(simd, 0.0);
        let fold = Fold::new(&recipe.position);
        let powers = vec![zero; fold.n_bins()];
        Some(Self {
            simd,
            spec,
            recipe,
            fold,
            z: vec![[zero; 2]; n],
            acc: vec![zero; n],
            powers,
            column: Vec::new(),
        })
    }

    /// One group: `self.powers[k]` lane `r` = mean one-sided raw power of row `r` times `scale`.
    fn group(&mut self, rows: &[&[f32]; MAX_LANES], scale: f32) {
        let simd = self.simd;
        let (hop, n_segments) = (self.spec.hop, self.spec.n_segments);
        for first in (0..n_segments).step_by(2) {
            let pair = Pair { start: first * hop, hop: (first + 1 < n_segments).then_some(hop) };
            let (window, z) = (&self.spec.window, &mut self.z);
            simd.vectorize(
                #[inline(always)]
                || load_pair(simd, rows, pair, window, z),
            );
            self.transform(if first == 0 { Last::Power } else { Last::AddPower });
        }
        let (fold, powers) = (&self.fold, &mut self.powers);
        let acc = &self.acc;
        simd.vectorize(
            #[inline(always)]
            || fold.run(simd, acc, scale / n_segments as f32, powers),
        );
    }

    fn transform(&mut self, what: Last) {
        let mut block = self.recipe.n;
        let stages = self.recipe.radices.iter().zip(&self.recipe.twiddles);
        for (&radix, twiddles) in stages {
            block /= radix;
            run_stage(self.simd, radix, &mut self.z, block, twiddles);
        }
        run_last(self.simd, block, &self.z, &mut self.acc, what);
    }

    /// Calls `each(self, first row, rows in the group)` with `self.powers` filled.
    fn for_groups(&mut self, rows: Rows<'_>, scale: f32, mut each: impl FnMut(&mut Self, usize, usize)) {
        let len = self.spec.frame_len();
        for first in (0..rows.count).step_by(S::W) {
            let used = S::W.min(rows.count - first);
            // Lanes without a row repeat the last one; nothing of them is written.
            let group = std::array::from_fn(|r| {
                let at = (first + r.min(used - 1)) * rows.stride;
                &rows.samples[at..at + len]
            });
            self.group(&group, scale);
            each(self, first, used);
        }
    }
}

impl<S: Lanes> LaneWelch for WelchKernel<S> {
    fn lanes(&self) -> usize {
        S::W
    }

    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        let mut bad = None;
        self.for_groups(rows, 1.0, |this, first, used| {
            let out = &mut out[2 * k * first..2 * k * (first + used)];
            let (simd, powers, column) = (this.simd, &this.powers, &mut this.column);
            let finite = simd.vectorize(
                #[inline(always)]
                || select_peaks(simd, powers, k, used, column, out),
            );
            if !finite && bad.is_none() {
                bad = Some(first);
            }
        });
        bad
    }

    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]) {
        let n_bins = self.fold.n_bins();
        self.for_groups(rows, scale, |this, first, used| {
            let out = &mut out[n_bins * first..n_bins * (first + used)];
            let (simd, powers) = (this.simd, &this.powers);
            simd.vectorize(
                #[inline(always)]
                || scatter(simd, powers, used, out),
            );
        });
    }
}

/// Lanes back to rows: `out[lane, bin]`.
#[inline(always)]
fn scatter<S: Lanes>(simd: S, powers: &[V<S>], lanes: usize, out: &mut [f32]) {
    let n_bins = powers.len();
    let mut tile = [V::<S>::splat_on(simd, 0.0); MAX_LANES];
    let whole = n_bins - n_bins % S::W;
    for at in (0..whole).step_by(S::W) {
        tile[..S::W].copy_from_slice(&powers[at..at + S::W]);
        transpose::<S>(&mut tile);
        for (lane, v) in tile.iter().enumerate().take(lanes.min(S::W)) {
            v.store_slice(&mut out[lane * n_bins + at..lane * n_bins + at + S::W]);
        }
    }
    for bin in whole..n_bins {
        for lane in 0..lanes {
            out[lane * n_bins + bin] = powers[bin][lane];
        }
    }
}

/// Largest `k` that the comparison network takes; larger ones are selected row by row.
pub const NETWORK_K: usize = MAX_NETWORK_K;
