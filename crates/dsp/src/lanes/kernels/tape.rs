//! A learned transform as a tape of vector operations, `W` rows at a time.
//!
//! ```text
//! load two segments of W rows, windowed, as the two planes of complex points       (load/window.rs)
//! for each run of the tape:  the same operation over a list of addresses and weights
//! for each output:           acc[slot] += |Σ terms w·z[at]|²      a bin and its mirror have the same slot
//! powers[slot] = acc·gain + offset;  the K best slots             (reduce/topk.rs)
//! ```
//! Each lane holds a row, so pruned operations cost nothing; a permutation of the input is a relabelling of
//! addresses. A `Quad` runs two stages on four points in registers. Bound by the two vector ports, first stages by
//! the store port.

use crate::lanes::fft::butterfly::{SplatOn, neg_mul_add};
use crate::lanes::fft::stage::LINES;
use crate::lanes::kernels::welch::Rows;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::transpose::scatter;
use crate::lanes::load::window::{Pair, load_pair};
use crate::lanes::reduce::topk::{TopScratch, select_peaks};
use crate::lanes::simd::{Lanes, MAX_LANES, V, Z};
use fearless_simd::prelude::*;

/// A complex weight.
pub type Weight = [f32; 2];

/// One operation on points in place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TapeOp {
    /// Two stages of butterflies `[[1, w], [1, −w]]` on four points: `w[0]` on points 0 and 1, `w[1]` on 2 and 3, then
    /// `w[2]` on 0 and 2, `w[3]` on 1 and 3.
    Quad([u32; 4], [Weight; 4]),
    /// A `Quad` with `w` = 1, 1, 1, −i: the DFT of four points.
    Quad1([u32; 4]),
    /// Two stages of general butterflies, their `a, b, c, d` one after the other.
    QuadGeneral([u32; 4], [[Weight; 4]; 4]),
    /// One butterfly `[[1, w], [1, −w]]`.
    Pair([u32; 2], Weight),
    /// One general butterfly `a, b, c, d`.
    PairGeneral([u32; 2], [Weight; 4]),
    /// `z[to] = a·z[x] + b·z[y]`.
    Half(u32, [u32; 2], [Weight; 2]),
    /// `z[to] = w·z[from]`.
    Scale(u32, u32, Weight),
}

impl TapeOp {
    /// Returns the highest address.
    fn top(&self) -> u32 {
        match self {
            Self::Quad(at, _) | Self::Quad1(at) | Self::QuadGeneral(at, _) => {
                at.iter().copied().max().unwrap_or(0)
            }
            Self::Pair(at, _) | Self::PairGeneral(at, _) => at[0].max(at[1]),
            Self::Half(to, at, _) => at[0].max(at[1]).max(*to),
            Self::Scale(to, from, _) => *(to.max(from)),
        }
    }

    /// Returns the number of real multiplications and additions; a fused pair counts once.
    pub fn cost(&self) -> usize {
        match self {
            Self::Quad1(_) => 16,
            Self::Quad(..) => 32,
            Self::QuadGeneral(..) => 64,
            Self::Pair(..) => 8,
            Self::PairGeneral(..) => 16,
            Self::Half(..) => 8,
            Self::Scale(..) => 4,
        }
    }
}

/// A spectral value whose power is added to a slot: the sum of points times weights.
#[derive(Debug, Clone, PartialEq)]
pub struct TapeOutput {
    /// Slot of its power.
    pub slot: u32,
    /// Points and weights; one point of weight 1 is that point.
    pub terms: Vec<(u32, Weight)>,
}

/// Parameters of a tape kernel.
#[derive(Debug, Clone)]
pub struct TapeSpec {
    /// Window coefficients; their number is the transform length.
    pub window: Vec<f32>,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Segments in each row.
    pub n_segments: usize,
    /// Operations, first to last.
    pub ops: Vec<TapeOp>,
    /// Outputs, slot by slot.
    pub outputs: Vec<TapeOutput>,
    /// Factor and summand of each slot's power.
    pub gains: Vec<[f32; 2]>,
}

impl TapeSpec {
    /// Returns whether all addresses and slots are valid.
    fn is_sound(&self) -> bool {
        let n = self.window.len();
        self.n_segments > 0
            && self.hop > 0
            && self.ops.iter().all(|op| (op.top() as usize) < n)
            && self
                .outputs
                .iter()
                .all(|o| (o.slot as usize) < self.gains.len() && o.terms.iter().all(|t| (t.0 as usize) < n))
    }
}

/// A tape with its scratch, on one instruction set.
pub trait LaneTape: Send + Sync {
    /// Computes packed peaks `[rows, k, 2]` of (slot, power) into `out`; returns the first row that is not finite.
    ///
    /// # Panics
    /// If `k` is 0 or above the slots, or `out` does not have `rows · k · 2` values.
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize>;

    /// Computes powers `[rows, slots]` into `out`.
    ///
    /// # Panics
    /// If `out` does not have `rows · slots` values.
    fn powers(&mut self, rows: Rows<'_>, out: &mut [f32]);
}

/// Terms of one output, contiguous.
struct Dot {
    slot: u32,
    first: u32,
    count: u32,
}

pub(crate) struct TapeKernel<S: Lanes> {
    simd: S,
    spec: TapeSpec,
    /// Runs of operations of one kind.
    runs: Vec<std::ops::Range<usize>>,
    dots: Vec<Dot>,
    terms: Vec<(u32, Weight)>,
    z: Vec<Z<S>>,
    acc: Vec<V<S>>,
    top: TopScratch<S>,
}

impl<S: Lanes> TapeKernel<S> {
    pub(crate) fn new(simd: S, spec: TapeSpec) -> Option<Self> {
        if spec.window.len() < S::W || !spec.is_sound() {
            return None;
        }
        let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
        for i in 0..spec.ops.len() {
            match runs.last_mut() {
                Some(run)
                    if std::mem::discriminant(&spec.ops[run.start])
                        == std::mem::discriminant(&spec.ops[i]) =>
                {
                    run.end = i + 1;
                }
                _ => runs.push(i..i + 1),
            }
        }
        let (mut dots, mut terms) = (Vec::new(), Vec::new());
        for output in &spec.outputs {
            let first = terms.len() as u32;
            terms.extend_from_slice(&output.terms);
            dots.push(Dot { slot: output.slot, first, count: output.terms.len() as u32 });
        }
        let zero = V::<S>::splat_on(simd, 0.0);
        let (z, acc) = (vec![[zero; 2]; spec.window.len()], vec![zero; spec.gains.len()]);
        Some(Self { simd, spec, runs, dots, terms, z, acc, top: TopScratch::new(simd) })
    }
}

/// Returns the rows of the group from `first` on, repeating the last one at the end, and the samples of the next
/// group.
pub(crate) fn group_of<'a, S: Lanes>(
    rows: Rows<'a>,
    first: usize,
    len: usize,
) -> ([&'a [f32]; MAX_LANES], Prefetch<'a>) {
    let group = std::array::from_fn(|r| rows.row((first + r).min(rows.count - 1), len));
    let next = (first + S::W).min(rows.count) * rows.stride..(first + 2 * S::W).min(rows.count) * rows.stride;
    (group, Prefetch::new(rows.samples.get(next).unwrap_or(&[])))
}

/// The level, the power of each slot, and scratch.
pub(crate) type Parts<'a, S> = (S, &'a [V<S>], &'a mut TopScratch<S>);

/// Computes one vector per slot from `W` rows.
pub(crate) trait Groups: Send + Sync {
    type S: Lanes;

    /// Computes the powers of rows `first …`, which [`parts`](Self::parts) returns.
    fn group(&mut self, rows: Rows<'_>, first: usize);

    /// Returns the result of [`group`](Self::group).
    fn parts(&mut self) -> Parts<'_, Self::S>;
}

impl<S: Lanes> Groups for TapeKernel<S> {
    type S = S;

    fn group(&mut self, rows: Rows<'_>, first: usize) {
        let (hop, n) = (self.spec.hop, self.spec.window.len());
        let len = n + (self.spec.n_segments - 1) * hop;
        let (group, mut ahead) = group_of::<S>(rows, first, len);
        let Self { simd, spec, runs, dots, terms, z, acc, .. } = self;
        let simd = *simd;
        for segment in (0..spec.n_segments).step_by(2) {
            let pair = Pair { start: segment * hop, hop: (segment + 1 < spec.n_segments).then_some(hop) };
            simd.run(
                #[inline(always)]
                || {
                    load_pair(simd, &group, pair, &spec.window, z);
                    for run in runs.iter() {
                        execute(simd, &spec.ops[run.clone()], z, &mut ahead);
                    }
                    if segment == 0 {
                        acc.fill(V::<S>::splat_on(simd, 0.0));
                    }
                    for dot in dots.iter() {
                        let terms = &terms[dot.first as usize..][..dot.count as usize];
                        let [re, im] = sum(simd, terms, z);
                        let acc = &mut acc[dot.slot as usize];
                        *acc = im.mul_add(im, re.mul_add(re, *acc));
                    }
                },
            );
        }
        simd.run(
            #[inline(always)]
            || {
                for (acc, gain) in acc.iter_mut().zip(&spec.gains) {
                    let (factor, offset) = (V::<S>::splat_on(simd, gain[0]), V::<S>::splat_on(simd, gain[1]));
                    *acc = acc.mul_add(factor, offset);
                }
            },
        );
    }

    fn parts(&mut self) -> Parts<'_, S> {
        (self.simd, &self.acc, &mut self.top)
    }
}

/// `Σ w·z[at]`.
#[inline(always)]
fn sum<S: Lanes>(simd: S, terms: &[(u32, Weight)], z: &[Z<S>]) -> Z<S> {
    if let [(at, [1.0, 0.0])] = terms {
        return z[*at as usize];
    }
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut total = [zero; 2];
    for (at, w) in terms {
        let x = z[*at as usize];
        let (c, d) = (V::<S>::splat_on(simd, w[0]), V::<S>::splat_on(simd, w[1]));
        total = [
            neg_mul_add::<S, f32>(x[1], d, x[0].mul_add(c, total[0])),
            x[1].mul_add(c, x[0].mul_add(d, total[1])),
        ];
    }
    total
}

#[inline(always)]
fn times<S: Lanes>(simd: S, x: Z<S>, w: Weight) -> Z<S> {
    let (c, d) = (V::<S>::splat_on(simd, w[0]), V::<S>::splat_on(simd, w[1]));
    [neg_mul_add::<S, f32>(x[1], d, x[0] * c), x[1].mul_add(c, x[0] * d)]
}

#[inline(always)]
fn plus<S: Lanes>(x: Z<S>, y: Z<S>) -> Z<S> {
    [x[0] + y[0], x[1] + y[1]]
}

#[inline(always)]
fn minus<S: Lanes>(x: Z<S>, y: Z<S>) -> Z<S> {
    [x[0] - y[0], x[1] - y[1]]
}

/// `a·x + b·y`.
#[inline(always)]
fn mix<S: Lanes>(simd: S, x: Z<S>, y: Z<S>, a: Weight, b: Weight) -> Z<S> {
    let t = times(simd, x, a);
    let (c, d) = (V::<S>::splat_on(simd, b[0]), V::<S>::splat_on(simd, b[1]));
    [neg_mul_add::<S, f32>(y[1], d, y[0].mul_add(c, t[0])), y[1].mul_add(c, y[0].mul_add(d, t[1]))]
}

/// A run of operations of one kind.
#[inline(always)]
fn execute<S: Lanes>(simd: S, ops: &[TapeOp], z: &mut [Z<S>], ahead: &mut Prefetch<'_>) {
    match ops[0] {
        TapeOp::Quad1(_) => {
            for op in ops {
                let TapeOp::Quad1(at) = op else { return };
                ahead.step::<LINES>();
                let [p, q, r, t] = at.map(|i| i as usize);
                let (x, y, u, v) = (z[p], z[q], z[r], z[t]);
                let (s0, d0, s1, d1) = (plus::<S>(x, y), minus::<S>(x, y), plus::<S>(u, v), minus::<S>(u, v));
                z[p] = plus::<S>(s0, s1);
                z[r] = minus::<S>(s0, s1);
                // −i·d1 = (im, −re).
                z[q] = [d0[0] + d1[1], d0[1] - d1[0]];
                z[t] = [d0[0] - d1[1], d0[1] + d1[0]];
            }
        }
        TapeOp::Quad(..) => {
            for op in ops {
                let TapeOp::Quad(at, w) = op else { return };
                ahead.step::<LINES>();
                let [p, q, r, t] = at.map(|i| i as usize);
                let (y, v) = (times(simd, z[q], w[0]), times(simd, z[t], w[1]));
                let (x, u) = (z[p], z[r]);
                let (s0, d0) = (plus::<S>(x, y), minus::<S>(x, y));
                let s1 = times(simd, plus::<S>(u, v), w[2]);
                let d1 = times(simd, minus::<S>(u, v), w[3]);
                z[p] = plus::<S>(s0, s1);
                z[r] = minus::<S>(s0, s1);
                z[q] = plus::<S>(d0, d1);
                z[t] = minus::<S>(d0, d1);
            }
        }
        TapeOp::QuadGeneral(..) => {
            for op in ops {
                let TapeOp::QuadGeneral(at, w) = op else { return };
                let [p, q, r, t] = at.map(|i| i as usize);
                let (x, y, u, v) = (z[p], z[q], z[r], z[t]);
                let both = |x, y, w: &[Weight; 4]| (mix(simd, x, y, w[0], w[1]), mix(simd, x, y, w[2], w[3]));
                let (s0, d0) = both(x, y, &w[0]);
                let (s1, d1) = both(u, v, &w[1]);
                (z[p], z[r]) = both(s0, s1, &w[2]);
                (z[q], z[t]) = both(d0, d1, &w[3]);
            }
        }
        _ => {
            for op in ops {
                match *op {
                    TapeOp::Pair([p, q], w) => {
                        let (x, y) = (z[p as usize], times(simd, z[q as usize], w));
                        (z[p as usize], z[q as usize]) = (plus::<S>(x, y), minus::<S>(x, y));
                    }
                    TapeOp::PairGeneral([p, q], w) => {
                        let (x, y) = (z[p as usize], z[q as usize]);
                        z[p as usize] = mix(simd, x, y, w[0], w[1]);
                        z[q as usize] = mix(simd, x, y, w[2], w[3]);
                    }
                    TapeOp::Half(to, [p, q], w) => {
                        z[to as usize] = mix(simd, z[p as usize], z[q as usize], w[0], w[1]);
                    }
                    TapeOp::Scale(to, from, w) => z[to as usize] = times(simd, z[from as usize], w),
                    _ => return,
                }
            }
        }
    }
}

impl<G: Groups> LaneTape for G {
    fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        let slots = self.parts().1.len();
        assert!(k >= 1 && k <= slots && out.len() == rows.count * k * 2, "k and out are checked by callers");
        let mut bad = None;
        for first in (0..rows.count).step_by(G::S::W) {
            let used = G::S::W.min(rows.count - first);
            self.group(rows, first);
            let out = &mut out[2 * k * first..2 * k * (first + used)];
            let (simd, powers, top) = self.parts();
            let at = simd.run(
                #[inline(always)]
                || select_peaks(simd, powers, k, top, out),
            );
            bad = bad.or(at.map(|lane| first + lane));
        }
        bad
    }

    fn powers(&mut self, rows: Rows<'_>, out: &mut [f32]) {
        let slots = self.parts().1.len();
        assert_eq!(out.len(), rows.count * slots, "out is checked by callers");
        for first in (0..rows.count).step_by(G::S::W) {
            let used = G::S::W.min(rows.count - first);
            self.group(rows, first);
            let out = &mut out[slots * first..slots * (first + used)];
            let (simd, powers, _) = self.parts();
            simd.run(
                #[inline(always)]
                || scatter(simd, powers, used, out),
            );
        }
    }
}
