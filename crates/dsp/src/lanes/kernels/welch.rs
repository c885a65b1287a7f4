//! The Welch kernels: groups of `W` rows from samples to powers, then peaks, rows of a PSD or one sum.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::engine::Engine;
use crate::lanes::fft::last::Last;
use crate::lanes::load::detrend::Offset;
use crate::lanes::load::frame_spec::FrameSpec;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::transpose::scatter;
use crate::lanes::load::window::Pair;
use crate::lanes::reduce::one_sided::OneSided;
use crate::lanes::reduce::topk::{TopScratch, select_peaks};
use crate::lanes::reduce::two_for_one::{Factors, separate};
use crate::lanes::simd::{Lanes, MAX_LANES, V};
use fearless_simd::prelude::*;

/// What a Welch kernel computes from each row: `n_segments` windowed segments, `hop` samples apart.
#[derive(Debug, Clone)]
pub struct LaneSpec {
    /// Window coefficients; their number is the transform's size.
    pub window: Vec<f32>,
    /// Samples from one segment's start to the next.
    pub hop: usize,
    /// Segments in each row.
    pub n_segments: usize,
    /// What happens to the mean of each segment.
    pub offset: Offset,
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

impl<'a> Rows<'a> {
    /// Row `r`, `len` samples of it.
    pub(crate) fn row(&self, r: usize, len: usize) -> &'a [f32] {
        &self.samples[r * self.stride..r * self.stride + len]
    }
}

/// A Welch kernel with its scratch, on one instruction set.
pub trait LaneWelch: Send + Sync {
    /// Rows that are computed at a time.
    fn lanes(&self) -> usize;

    /// Packed peaks `[rows, k, 2]` of raw power (mean over segments) into `out`.
    ///
    /// Returns the first row in which the strongest power is not finite.
    ///
    /// # Panics
    /// When `k` is 0 or above the number of bins, or `out` does not hold `rows · k · 2` values.
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize>;

    /// One-sided mean power times `scale`, `[rows, n_bins]`, into `out`.
    ///
    /// # Panics
    /// When `out` does not hold `rows · n_bins` values.
    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]);

    /// Adds `|X|²` (no one-sided doubling) of `segments` segments, segment `i` at `samples[i·hop..]`, to `sum`,
    /// `[n_bins]`. The kernel's own `n_segments` plays no part.
    ///
    /// # Panics
    /// When `samples` ends before the last segment does, or `sum` does not hold `n_bins` values.
    fn add_segments(&mut self, samples: &[f32], segments: usize, sum: &mut [f64]);
}

/// [`LaneWelch`] on the level `S`.
pub(crate) struct WelchKernel<S: Lanes> {
    engine: Engine<S>,
    spec: LaneSpec,
    one_sided: OneSided,
    powers: Vec<V<S>>,
    partner: Vec<V<S>>,
    top: TopScratch<S>,
    /// A silent row for lanes without segments.
    silence: Vec<f32>,
}

/// Groups whose powers are added in `f32` before they go to `f64`: each lane then sums 16 numbers.
const GROUPS_A_SUM: usize = 8;

impl<S: Lanes> WelchKernel<S> {
    /// A kernel for `spec`, or `None` where its size has no recipe.
    pub(crate) fn new(simd: S, spec: LaneSpec) -> Option<Self> {
        let frame = FrameSpec { offset: spec.offset, ..spec.window.clone().into() };
        let engine = Engine::of_pairs(simd, frame)?;
        let one_sided = engine.one_sided();
        let powers = vec![V::<S>::splat_on(simd, 0.0); one_sided.n_bins()];
        let silence = vec![0.0; spec.window.len() + spec.hop];
        let partner = if spec.n_segments == 1 { powers.clone() } else { Vec::new() };
        Some(Self { engine, spec, one_sided, powers, partner, top: TopScratch::new(simd), silence })
    }

    /// `self.powers[k]` lane `r` = accumulated one-sided power of row `r` times `scale`.
    fn fold(&mut self, scale: f32) {
        let (simd, one_sided, acc, powers) =
            (self.engine.simd, &self.one_sided, &self.engine.acc, &mut self.powers);
        simd.run(
            #[inline(always)]
            || one_sided.run(simd, acc, scale, powers),
        );
    }

    /// Calls `each(self, first row, rows in the group)` with `self.powers` filled, group by group.
    fn for_groups(&mut self, rows: Rows<'_>, scale: f32, mut each: impl FnMut(&mut Self, usize, usize)) {
        let mut first = 0;
        while first < rows.count {
            let left = rows.count - first;
            if self.spec.n_segments == 1 && left > S::W && self.two_rows_a_lane(rows, first, scale) {
                each(self, first, S::W);
                std::mem::swap(&mut self.powers, &mut self.partner);
                each(self, first + S::W, S::W.min(left - S::W));
                first += 2 * S::W;
            } else {
                self.one_row_a_lane(rows, first, scale);
                each(self, first, S::W.min(left));
                first += S::W;
            }
        }
    }

    /// Powers of rows `first … first + W`: segments in pairs.
    fn one_row_a_lane(&mut self, rows: Rows<'_>, first: usize, scale: f32) {
        let (len, hop, n_segments) = (self.spec.frame_len(), self.spec.hop, self.spec.n_segments);
        // Lanes without a row repeat the last one; nothing of them is written.
        let group = std::array::from_fn(|r| rows.row((first + r).min(rows.count - 1), len));
        let next =
            (first + S::W).min(rows.count) * rows.stride..(first + 2 * S::W).min(rows.count) * rows.stride;
        let mut ahead = Prefetch::new(rows.samples.get(next).unwrap_or(&[]));
        for segment in (0..n_segments).step_by(2) {
            let pair = Pair { start: segment * hop, hop: (segment + 1 < n_segments).then_some(hop) };
            let what = if segment == 0 { Last::Power } else { Last::AddPower };
            self.engine.power(&group, pair, what, &mut ahead);
        }
        self.fold(scale / n_segments as f32);
    }

    /// Powers of rows `first … first + W` to `self.powers` and of the next `W` to `self.partner`, where a row is
    /// one segment and would leave the imaginary plane empty. `false` where two rows are too unlike to share it.
    fn two_rows_a_lane(&mut self, rows: Rows<'_>, first: usize, scale: f32) -> bool {
        let len = self.spec.frame_len();
        let group = |at: usize| std::array::from_fn(|r| rows.row((at + r).min(rows.count - 1), len));
        self.engine.complex_of_two(&group(first), &group(first + S::W));
        let Engine { simd, z, recipe, .. } = &self.engine;
        let (powers, partner) = (&mut self.powers, &mut self.partner);
        let factors = Factors { inner: 2.0 * scale, edge: scale };
        simd.run(
            #[inline(always)]
            || separate(*simd, z, &recipe.position, factors, powers, partner),
        )
    }
}

impl<S: Lanes> LaneWelch for WelchKernel<S> {
    fn lanes(&self) -> usize {
        S::W
    }

    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        assert!(
            k >= 1 && k <= self.one_sided.n_bins() && out.len() == rows.count * k * 2,
            "k and out are checked by callers"
        );
        let mut bad = None;
        self.for_groups(rows, 1.0, |this, first, used| {
            let out = &mut out[2 * k * first..2 * k * (first + used)];
            let (simd, powers, top) = (this.engine.simd, &this.powers, &mut this.top);
            let at = simd.run(
                #[inline(always)]
                || select_peaks(simd, powers, k, top, out),
            );
            bad = bad.or(at.map(|lane| first + lane));
        });
        bad
    }

    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]) {
        let n_bins = self.one_sided.n_bins();
        assert_eq!(out.len(), rows.count * n_bins, "out is checked by callers");
        self.for_groups(rows, scale, |this, first, used| {
            let out = &mut out[n_bins * first..n_bins * (first + used)];
            let (simd, powers) = (this.engine.simd, &this.powers);
            simd.run(
                #[inline(always)]
                || scatter(simd, powers, used, out),
            );
        });
    }

    fn add_segments(&mut self, samples: &[f32], segments: usize, sum: &mut [f64]) {
        let (n, hop) = (self.spec.window.len(), self.spec.hop);
        let pairs = segments / 2;
        let mut pending = 0;
        for first in (0..pairs).step_by(S::W) {
            let silence = &self.silence[..];
            let group: [&[f32]; MAX_LANES] = std::array::from_fn(|r| {
                let pair = first + r;
                if r < S::W && pair < pairs {
                    &samples[2 * hop * pair..2 * hop * pair + n + hop]
                } else {
                    silence
                }
            });
            self.engine.power(
                &group,
                Pair { start: 0, hop: Some(hop) },
                if pending == 0 { Last::Power } else { Last::AddPower },
                &mut Prefetch::none(),
            );
            pending += 1;
            if pending == GROUPS_A_SUM {
                self.flush(sum);
                pending = 0;
            }
        }
        if segments % 2 == 1 {
            let at = (segments - 1) * hop;
            let mut group: [&[f32]; MAX_LANES] = [&self.silence; MAX_LANES];
            group[0] = &samples[at..at + n];
            self.engine.power(
                &group,
                Pair { start: 0, hop: None },
                if pending == 0 { Last::Power } else { Last::AddPower },
                &mut Prefetch::none(),
            );
            pending += 1;
        }
        if pending > 0 {
            self.flush(sum);
        }
    }
}

impl<S: Lanes> WelchKernel<S> {
    /// Adds what the accumulator holds, summed over the lanes, to `sum`.
    fn flush(&mut self, sum: &mut [f64]) {
        self.fold(1.0);
        let n = self.engine.recipe.n;
        for (bin, (sum, powers)) in sum.iter_mut().zip(&self.powers).enumerate() {
            // The fold has doubled every bin that has a mirror.
            let share = if bin == 0 || 2 * bin == n { 1.0 } else { 0.5 };
            *sum += share * powers.as_slice().iter().map(|&p| f64::from(p)).sum::<f64>();
        }
    }
}
