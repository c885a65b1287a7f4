//! The power of two segments of `W` rows, by a transform along each row and one across the rows.
//!
//! ```text
//! n = 8·C·W
//! along a row, vectors of W neighbouring samples as they lie in memory:                          (rows.rs)
//!     radix 8 over the real legs of each segment:  y_q[j] for q = 0 … 4;  y_{8−q} is their mirror
//!     8 complex blocks of C vectors:  y_1 … y_3 of either segment, y_0 and y_4 of both together
//!     stages of radix 4 and 8 over the vectors of a block
//! across the rows:  blocks of W points are transposed, DFT_W, powers                             (columns.rs)
//! ```
//! Compared with a transform entirely in lanes: rows are read in memory order, with any hop, and data that exceeds L1
//! is written and read once, between the two halves, instead of once per stage. The mirrored half of a real spectrum
//! is computed only in the two blocks that the segments share.
//!
//! Layout between the halves: row by row, a real and an imaginary vector per block.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::fft::columns::across;
use crate::lanes::fft::last::Last;
use crate::lanes::fft::rows::{Row, Segments, along};
use crate::lanes::load::detrend::Offset;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::load::window::Pair;
use crate::lanes::simd::{Lanes, MAX_LANES, V, Z};
use fearless_simd::prelude::*;
use std::f64::consts::{PI, SQRT_2};

/// Points per block: the lanes of the only instruction set for which this is faster.
pub(crate) const POINTS: usize = 16;

/// How the powers of two blocks are combined in one slot of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meet {
    /// One block only.
    Alone,
    /// The second block has the same bins of the other segment.
    Same,
    /// The bins of the second block mirror those of the first, in reverse order.
    Mirrored,
}

/// Two blocks whose powers are added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) meet: Meet,
    /// Bin of the first output; the others follow `n/W` apart.
    pub(crate) bin: usize,
}

/// Tables and scratch.
pub(crate) struct FourStep<S: Lanes> {
    simd: S,
    tables: Tables<S>,
    pub(crate) slots: Vec<Slot>,
    /// Points of each row, and one more so that rows do not map to the same cache sets of L1.
    points: Vec<Z<S>>,
    /// Zeros, paired with an odd last segment.
    silence: Vec<f32>,
}

/// Offsets and twiddles of the passes along a row, as vectors of neighbouring samples.
pub(crate) struct Tables<S: Lanes> {
    pub(crate) offset: Offset,
    pub(crate) window: Vec<V<S>>,
    /// For each vector of a leg, twiddles for `q = 1 … 4`; those of blocks with one segment are multiplied by √2,
    /// because blocks of two segments contain the sum of both powers twice (bin and mirror).
    pub(crate) first: Vec<Z<S>>,
    /// The middle stage of radix 4, if there is one: for each vector of a leg, `q = 1, 2, 3`.
    pub(crate) middle: Vec<Z<S>>,
    pub(crate) last: Vec<Z<S>>,
}

/// Radices of the stages over `c` vectors.
fn radices(c: usize) -> (Option<usize>, usize) {
    if c > 8 { (Some(4), c / 4) } else { (None, c) }
}

/// `(re, im)` of `scale·exp(−2πi·jq/len)` for `j = 16c … 16c + 15`.
fn twiddles<S: Lanes>(simd: S, c: usize, q: usize, len: usize, scale: f64) -> Z<S> {
    let angle = |lane: usize| -2.0 * PI * (((POINTS * c + lane) * q) % len) as f64 / len as f64;
    let vector = |f: fn(f64) -> f64| {
        let lanes: [f32; POINTS] = std::array::from_fn(|lane| (scale * f(angle(lane))) as f32);
        V::<S>::from_slice(simd, &lanes)
    };
    [vector(f64::cos), vector(f64::sin)]
}

impl<S: Lanes> FourStep<S> {
    /// Returns the transform for `window`, or `None` if a transform entirely in lanes is as fast: its points fit L1
    /// (256), or the tables and one row's points do not (4096).
    pub(crate) fn new(simd: S, window: &[f32], offset: Offset) -> Option<Self> {
        let n = window.len();
        if S::W != POINTS || !matches!(n, 512 | 1024 | 2048) {
            return None;
        }
        let c = n / POINTS / 8;
        let (middle, last) = radices(c);
        let window = window.chunks_exact(POINTS).map(|w| V::<S>::from_slice(simd, w)).collect();
        let first = (0..c)
            .flat_map(|c| (1..5).map(move |q| (c, q)))
            .map(|(c, q)| twiddles(simd, c, q, n, if q < 4 { SQRT_2 } else { 1.0 }))
            .collect();
        let middle = middle.map_or(Vec::new(), |r| {
            let len = POINTS * c;
            let at = |c| (1..r).map(move |q| twiddles(simd, c, q, len, 1.0));
            (0..c / r).flat_map(at).collect()
        });
        let last = (1..last).map(|q| twiddles(simd, 0, q, POINTS * last, 1.0)).collect();
        let zero = V::<S>::splat_on(simd, 0.0);
        Some(Self {
            simd,
            tables: Tables { offset, window, first, middle, last },
            slots: slots(c),
            points: vec![[zero; 2]; (8 * c + 1) * POINTS],
            silence: vec![0.0; n],
        })
    }

    /// `2·(|A_k|² + |B_k|²)` of a pair of segments to `sums`, slot by slot (DC and Nyquist once); `ahead` is
    /// prefetched meanwhile.
    pub(crate) fn power(
        &mut self,
        rows: &[&[f32]; MAX_LANES],
        pair: Pair,
        what: Last,
        ahead: &mut Prefetch<'_>,
        sums: &mut [V<S>],
    ) {
        let Self { simd, tables, slots, points, silence } = self;
        let (simd, n) = (*simd, silence.len());
        let blocks = n / POINTS;
        simd.run(
            #[inline(always)]
            || {
                for (r, work) in points.chunks_exact_mut(blocks + 1).enumerate() {
                    let row = rows[r];
                    let next = rows.get(r + 1).and_then(|row| row.get(pair.start..)).unwrap_or(&[]);
                    let first = &row[pair.start..pair.start + n];
                    let segments = match pair.hop {
                        Some(hop) if 2 * hop == n => Segments::Halved(&row[pair.start..pair.start + n + hop]),
                        Some(hop) => Segments::Apart([first, &row[pair.start + hop..pair.start + hop + n]]),
                        None => Segments::Apart([first, silence]),
                    };
                    along(simd, tables, Row { segments, next }, &mut work[..blocks], ahead);
                }
            },
        );
        across(simd, points, slots, what, sums, ahead);
    }
}

/// Returns the slots of blocks of `c` vectors, in the block order of `along`.
fn slots(c: usize) -> Vec<Slot> {
    let (middle, last) = radices(c);
    let middle = middle.unwrap_or(1);
    // Sub-block p of a block holds every c-th of its bins from this one on.
    let residue = |p: usize| p / last + middle * (p % last);
    let place = |f: usize| f / middle + (f % middle) * last;
    let mut slots = Vec::new();
    for q in 1..4 {
        for p in 0..c {
            let bin = q + 8 * residue(p);
            slots.push(Slot { first: q * c + p, second: (q + 4) * c + p, meet: Meet::Same, bin });
        }
    }
    for (block, bin, ones) in [(0, 0, c), (4, 4, c - 1)] {
        for f in 0..c {
            let mirror = (ones - f) % c;
            if f > mirror {
                continue;
            }
            let at = |f: usize| block * c + place(f);
            let meet = if f == mirror { Meet::Alone } else { Meet::Mirrored };
            slots.push(Slot { first: at(f), second: at(mirror), meet, bin: bin + 8 * f });
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_has_one_slot() {
        for c in [4, 8, 16] {
            let (m, n) = (8 * c, 8 * c * POINTS);
            let mut seen = vec![0; n];
            for slot in slots(c) {
                for k in 0..POINTS {
                    let bin = slot.bin + k * m;
                    seen[bin] += 1;
                    // Two real segments, or two blocks of both: the mirror is also in the slot.
                    if slot.meet != Meet::Alone {
                        seen[n - bin] += 1;
                    }
                }
            }
            assert!(seen.iter().all(|&times| times == 1), "c = {c}: {seen:?}");
        }
    }
}
