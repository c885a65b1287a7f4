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
use crate::lanes::simd::{Element, Lanes, RowsOf, V, lanes};
use fearless_simd::prelude::*;

/// Parameters of a Welch kernel: `n_segments` windowed segments per row, at distance `hop`.
#[derive(Debug, Clone)]
pub struct LaneSpec {
    /// Window coefficients; their number is the transform length.
    pub window: Vec<f32>,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Segments in each row.
    pub n_segments: usize,
    /// Detrending of each segment.
    pub offset: Offset,
}

impl LaneSpec {
    /// Returns the samples of a row.
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
pub struct Rows<'a, T = f32> {
    /// The samples.
    pub samples: &'a [T],
    /// Distance between the starts of two rows; rows may overlap.
    pub stride: usize,
    /// Number of rows.
    pub count: usize,
}

impl<'a, T> Rows<'a, T> {
    /// Row `r`, `len` samples of it.
    pub(crate) fn row(&self, r: usize, len: usize) -> &'a [T] {
        &self.samples[r * self.stride..r * self.stride + len]
    }
}

/// A kernel for averages of segments' powers, with its scratch, on one instruction set.
pub trait LanePsd<T>: Send + Sync {
    /// Returns the number of rows that are computed at a time.
    fn lanes(&self) -> usize;

    /// Computes the one-sided mean power times `scale` of `n_segments` segments of each row, `[rows, n_bins]`, into
    /// `out`.
    ///
    /// # Panics
    /// If `n_segments` is 0 or `out` does not have `rows · n_bins` values.
    fn psd_of(&mut self, rows: Rows<'_, T>, n_segments: usize, scale: T, out: &mut [T]);

    /// Adds `|X|²` (no one-sided doubling) of `segments` segments, segment `i` at `samples[i·hop..]`, to `sum`,
    /// `[n_bins]`. The kernel's `n_segments` is ignored.
    ///
    /// # Panics
    /// If `samples` ends before the last segment, or `sum` does not have `n_bins` values.
    fn add_segments(&mut self, samples: &[T], segments: usize, sum: &mut [f64]);

    /// Calls [`add_segments`](Self::add_segments) with segments at distance `hop`.
    ///
    /// # Panics
    /// Those of [`add_segments`](Self::add_segments).
    fn add_segments_apart(&mut self, samples: &[T], hop: usize, segments: usize, sum: &mut [f64]);
}

/// [`LanePsd`] of `f32` rows, and their peaks.
pub trait LaneWelch: LanePsd<f32> {
    /// Computes packed peaks `[rows, k, 2]` of raw power (mean over segments) into `out`.
    ///
    /// Returns the first row in which the strongest power is not finite.
    ///
    /// # Panics
    /// If `k` is 0 or above the number of bins, or `out` does not have `rows · k · 2` values.
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize>;

    /// Computes the one-sided mean power times `scale`, `[rows, n_bins]`, into `out`.
    ///
    /// # Panics
    /// If `out` does not have `rows · n_bins` values.
    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]);
}

/// [`LanePsd`] on the level `S`, without the buffers for peaks.
pub(crate) struct PsdKernel<S: Lanes, T: Element> {
    engine: Engine<S, T>,
    hop: usize,
    one_sided: OneSided,
    powers: Vec<V<S, T>>,
    /// Powers of a second group of rows; empty until needed for rows of one segment.
    partner: Vec<V<S, T>>,
    /// Zeros for lanes without segments.
    silence: Vec<T>,
}

/// [`LaneWelch`] on the level `S`.
pub(crate) struct WelchKernel<S: Lanes> {
    psd: PsdKernel<S, f32>,
    n_segments: usize,
    top: TopScratch<S>,
}

/// Number of groups whose powers are added in `f32` before they are added in `f64`: each lane then sums 16 numbers.
const GROUPS_A_SUM: usize = 8;

impl<S: Lanes> WelchKernel<S> {
    /// Returns a kernel for `spec`, or `None` if its size has no recipe.
    pub(crate) fn new(simd: S, spec: LaneSpec) -> Option<Self> {
        let (hop, n_segments) = (spec.hop, spec.n_segments);
        let frame = FrameSpec { offset: spec.offset, ..spec.window.into() };
        Some(Self { psd: PsdKernel::new(simd, frame, hop)?, n_segments, top: TopScratch::new(simd) })
    }
}

impl<S: Lanes, T: Element> PsdKernel<S, T> {
    /// Returns a kernel for segments with the parameters `spec`, `hop` apart, or `None` if their size has no recipe.
    pub(crate) fn new(simd: S, spec: FrameSpec<T>, hop: usize) -> Option<Self> {
        let segment_len = spec.window.len();
        let engine = Engine::of_pairs(simd, spec)?;
        let one_sided = engine.one_sided();
        let powers = vec![V::<S, T>::splat_on(simd, T::zero()); one_sided.n_bins()];
        let silence = vec![T::zero(); segment_len + hop];
        Some(Self { engine, hop, one_sided, powers, partner: Vec::new(), silence })
    }

    fn segment_len(&self) -> usize {
        self.engine.spec.window.len()
    }

    /// `self.powers[k]` lane `r` = accumulated one-sided power of row `r` times `scale`.
    fn fold(&mut self, scale: T) {
        let (simd, one_sided, acc, powers) =
            (self.engine.simd, &self.one_sided, &self.engine.acc, &mut self.powers);
        simd.run(
            #[inline(always)]
            || one_sided.run::<S, T>(simd, acc, scale, powers),
        );
    }

    /// Calls `each(self, first row, rows in the group)` with `self.powers` filled, group by group.
    fn for_groups(
        &mut self,
        rows: Rows<'_, T>,
        n_segments: usize,
        scale: T,
        mut each: impl FnMut(&mut Self, usize, usize),
    ) {
        let (w, mut first) = (lanes::<S, T>(), 0);
        while first < rows.count {
            let left = rows.count - first;
            if n_segments == 1 && left > w && self.two_rows_a_lane(rows, first, scale) {
                each(self, first, w);
                std::mem::swap(&mut self.powers, &mut self.partner);
                each(self, first + w, w.min(left - w));
                first += 2 * w;
            } else {
                self.one_row_a_lane(rows, first, n_segments, scale);
                each(self, first, w.min(left));
                first += w;
            }
        }
    }

    /// Powers of rows `first … first + W`: segments in pairs.
    fn one_row_a_lane(&mut self, rows: Rows<'_, T>, first: usize, n_segments: usize, scale: T) {
        let (w, hop) = (lanes::<S, T>(), self.hop);
        let len = self.segment_len() + (n_segments - 1) * hop;
        // Lanes without a row repeat the last one; their results are not written.
        let group = std::array::from_fn(|r| rows.row((first + r).min(rows.count - 1), len));
        let next = (first + w).min(rows.count) * rows.stride..(first + 2 * w).min(rows.count) * rows.stride;
        let mut ahead = Prefetch::new(rows.samples.get(next).unwrap_or(&[]));
        for segment in (0..n_segments).step_by(2) {
            let pair = Pair { start: segment * hop, hop: (segment + 1 < n_segments).then_some(hop) };
            let what = if segment == 0 { Last::Power } else { Last::AddPower };
            self.engine.power(&group, pair, what, &mut ahead);
        }
        self.fold(scale / T::narrow(n_segments as f64));
    }

    /// Powers of rows `first … first + W` to `self.powers` and of the next `W` to `self.partner`, for rows of one
    /// segment, which would leave the imaginary plane empty. Returns `false` if the powers of two rows differ too
    /// much.
    fn two_rows_a_lane(&mut self, rows: Rows<'_, T>, first: usize, scale: T) -> bool {
        let len = self.segment_len();
        let group = |at: usize| std::array::from_fn(|r| rows.row((at + r).min(rows.count - 1), len));
        self.engine.complex_of_two(&group(first), &group(first + lanes::<S, T>()));
        self.partner.resize(self.powers.len(), V::<S, T>::splat_on(self.engine.simd, T::zero()));
        let Engine { simd, z, recipe, .. } = &self.engine;
        let (powers, partner) = (&mut self.powers, &mut self.partner);
        let factors = Factors { inner: scale + scale, edge: scale };
        simd.run(
            #[inline(always)]
            || separate::<S, T>(*simd, z, &recipe.position, factors, powers, partner),
        )
    }

    /// Adds the accumulator, summed over the lanes, to `sum`.
    fn flush(&mut self, sum: &mut [f64]) {
        self.fold(T::one());
        let n = self.engine.recipe.n;
        for (bin, (sum, powers)) in sum.iter_mut().zip(&self.powers).enumerate() {
            // The fold has doubled every bin that has a mirror.
            let share = if bin == 0 || 2 * bin == n { 1.0 } else { 0.5 };
            *sum += share * powers.as_slice().iter().map(|&p| p.widen()).sum::<f64>();
        }
    }
}

impl<S: Lanes, T: Element> LanePsd<T> for PsdKernel<S, T> {
    fn lanes(&self) -> usize {
        lanes::<S, T>()
    }

    fn psd_of(&mut self, rows: Rows<'_, T>, n_segments: usize, scale: T, out: &mut [T]) {
        let n_bins = self.one_sided.n_bins();
        assert_eq!(out.len(), rows.count * n_bins, "out is checked by callers");
        self.for_groups(rows, n_segments, scale, |this, first, used| {
            let out = &mut out[n_bins * first..n_bins * (first + used)];
            let (simd, powers) = (this.engine.simd, &this.powers);
            simd.run(
                #[inline(always)]
                || scatter::<S, T>(simd, powers, used, out),
            );
        });
    }

    fn add_segments(&mut self, samples: &[T], segments: usize, sum: &mut [f64]) {
        self.add_segments_apart(samples, self.hop, segments, sum);
    }

    fn add_segments_apart(&mut self, samples: &[T], hop: usize, segments: usize, sum: &mut [f64]) {
        let (w, n) = (lanes::<S, T>(), self.segment_len());
        self.silence.resize(n + hop.max(self.hop), T::zero());
        let pairs = segments / 2;
        let mut pending = 0;
        for first in (0..pairs).step_by(w) {
            let silence = &self.silence[..];
            let group: RowsOf<'_, T> = std::array::from_fn(|r| {
                let pair = first + r;
                if r < w && pair < pairs {
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
            let mut group: RowsOf<'_, T> = std::array::from_fn(|_| &self.silence[..]);
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

impl<S: Lanes> LanePsd<f32> for WelchKernel<S> {
    fn lanes(&self) -> usize {
        S::W
    }

    fn psd_of(&mut self, rows: Rows<'_>, n_segments: usize, scale: f32, out: &mut [f32]) {
        self.psd.psd_of(rows, n_segments, scale, out);
    }

    fn add_segments(&mut self, samples: &[f32], segments: usize, sum: &mut [f64]) {
        self.psd.add_segments(samples, segments, sum);
    }

    fn add_segments_apart(&mut self, samples: &[f32], hop: usize, segments: usize, sum: &mut [f64]) {
        self.psd.add_segments_apart(samples, hop, segments, sum);
    }
}

impl<S: Lanes> LaneWelch for WelchKernel<S> {
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        assert!(
            k >= 1 && k <= self.psd.one_sided.n_bins() && out.len() == rows.count * k * 2,
            "k and out are checked by callers"
        );
        let mut bad = None;
        let Self { psd, n_segments, top } = self;
        psd.for_groups(rows, *n_segments, 1.0, |psd, first, used| {
            let out = &mut out[2 * k * first..2 * k * (first + used)];
            let (simd, powers, top) = (psd.engine.simd, &psd.powers, &mut *top);
            let at = simd.run(
                #[inline(always)]
                || select_peaks(simd, powers, k, top, out),
            );
            bad = bad.or(at.map(|lane| first + lane));
        });
        bad
    }

    fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]) {
        self.psd.psd_of(rows, self.n_segments, scale, out);
    }
}
