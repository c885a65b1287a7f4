//! The K largest bins of each lane, exact for its powers.
//!
//! ```text
//! key  = power bits, the low bits replaced by (mask − bin)       larger = stronger, then lower bin
//! best = comparison network over blocks of B ≥ K keys            (sort.rs)
//! bin  = mask − (key & mask);  order restored from the true powers
//! redo a lane from its powers where more than K of them reach the K-th key's truncated power
//! ```
//! The bin costs the key `bits(n_bins)` of 23 mantissa bits; the last two lines restore their order. Bound by the
//! vector ports.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::reduce::sort::{bitonic_merge, keep_best, sort4, sort8, sort16};
use crate::lanes::simd::{Lanes, V};
use crate::peaks::insert::insert_top_k;
use fearless_simd::prelude::*;

/// Largest K of the network; for larger K, rows are processed one by one.
pub(crate) const MAX_NETWORK_K: usize = 64;

/// Number of independent counters and comparisons.
const CHAINS: usize = 4;

/// Reused buffers of [`select_peaks`].
pub(crate) struct TopScratch<S: Lanes> {
    best: [V<S>; MAX_NETWORK_K],
    column: Vec<f32>,
}

impl<S: Lanes> TopScratch<S> {
    /// Buffers for any K.
    pub(crate) fn new(simd: S) -> Self {
        Self { best: [V::<S>::splat_on(simd, 0.0); MAX_NETWORK_K], column: Vec::new() }
    }
}

/// Bits of the key that hold the bin.
fn bin_mask(n_bins: usize) -> u32 {
    (n_bins + 1).next_power_of_two() as u32 - 1
}

#[inline(always)]
fn key<S: Lanes>(simd: S, power: V<S>, bin: usize, mask: u32) -> V<S> {
    // Infinity would turn into NaN with a bin in its mantissa; NaN becomes the maximum here.
    let finite = power.min(V::<S>::splat_on(simd, f32::MAX));
    V::<S>::from_bits((finite.to_bits() & !mask) | (mask - bin as u32))
}

/// Sorts a block of 4, 8, 16, 32 or 64 vectors, descending.
#[inline(always)]
fn sort_block<S: Lanes, const B: usize>(v: &mut [V<S>; B]) {
    match B {
        4 => sort4::<S>((&mut v[..]).try_into().expect("4 vectors")),
        8 => sort8::<S>((&mut v[..]).try_into().expect("8 vectors")),
        _ => {
            for run in v.chunks_exact_mut(16) {
                sort16::<S>(run.try_into().expect("16 vectors"));
            }
            let mut run = 32;
            while run <= B {
                for block in v.chunks_exact_mut(run) {
                    let (a, b) = block.split_at_mut(run / 2);
                    for (a, b) in a.iter_mut().zip(b.iter_mut().rev()) {
                        let (x, y) = (*a, *b);
                        *a = x.max(y);
                        *b = x.min(y);
                    }
                    bitonic_merge::<S>(a);
                    bitonic_merge::<S>(b);
                }
                run *= 2;
            }
        }
    }
}

/// Returns the largest key.
#[inline(always)]
fn top_key<S: Lanes>(simd: S, powers: &[V<S>], mask: u32) -> V<S> {
    let mut best = [V::<S>::splat_on(simd, 0.0); CHAINS];
    let (blocks, rest) = powers.as_chunks::<CHAINS>();
    for (i, block) in blocks.iter().enumerate() {
        for j in 0..CHAINS {
            best[j] = best[j].max(key(simd, block[j], i * CHAINS + j, mask));
        }
    }
    for (i, &p) in rest.iter().enumerate() {
        best[i] = best[i].max(key(simd, p, blocks.len() * CHAINS + i, mask));
    }
    best[0].max(best[1]).max(best[2].max(best[3]))
}

#[inline(always)]
fn top_keys<S: Lanes, const B: usize>(simd: S, powers: &[V<S>], mask: u32, out: &mut [V<S>]) {
    let zero = V::<S>::splat_on(simd, 0.0);
    let mut best = [zero; B];
    let mut blocks = powers.chunks_exact(B);
    for (i, block) in blocks.by_ref().enumerate() {
        let block: &[V<S>; B] = block.try_into().expect("B vectors");
        let mut keys = [zero; B];
        for j in 0..B {
            keys[j] = key(simd, block[j], i * B + j, mask);
        }
        sort_block::<S, B>(&mut keys);
        if i == 0 {
            best = keys;
        } else {
            keep_best::<S>(&mut best, &keys);
        }
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        let first = powers.len() - rest.len();
        let mut keys = [zero; B];
        for (j, &p) in rest.iter().enumerate() {
            keys[j] = key(simd, p, first + j, mask);
        }
        if rest.len() > 1 {
            sort_block::<S, B>(&mut keys);
        }
        keep_best::<S>(&mut best, &keys);
    }
    out[..B].copy_from_slice(&best);
}

/// Returns the K largest bins of the first lanes as `(bin, power)` pairs, `[lanes, k, 2]`, into `out`.
///
/// `powers` holds one vector per bin. Returns the first lane whose strongest power is not finite.
#[inline(always)]
pub(crate) fn select_peaks<S: Lanes>(
    simd: S,
    powers: &[V<S>],
    k: usize,
    scratch: &mut TopScratch<S>,
    out: &mut [f32],
) -> Option<usize> {
    let mask = bin_mask(powers.len());
    let TopScratch { best, column } = scratch;
    if k <= MAX_NETWORK_K {
        macro_rules! go {
            ($b:literal) => {
                simd.run(
                    #[inline(always)]
                    || top_keys::<S, $b>(simd, powers, mask, best),
                )
            };
        }
        match k {
            1 => {
                let best = &mut best[0];
                simd.run(
                    #[inline(always)]
                    || *best = top_key(simd, powers, mask),
                );
            }
            2..=4 => go!(4),
            5..=8 => go!(8),
            9..=16 => go!(16),
            17..=32 => go!(32),
            _ => go!(64),
        }
    }
    let doubtful =
        if k <= MAX_NETWORK_K { doubtful_lanes(simd, powers, best[k - 1], k, mask) } else { u64::MAX };
    let mut bad = None;
    for (lane, row) in out.chunks_exact_mut(2 * k).enumerate() {
        if doubtful >> lane & 1 == 1 {
            column.clear();
            column.extend(powers.iter().map(|p| p[lane]));
            insert_top_k(column, row);
        } else {
            emit_row::<S>(powers, &best[..k], lane, mask, row);
        }
        if !row[1].is_finite() {
            bad = bad.or(Some(lane));
        }
    }
    bad
}

/// Returns the lanes in which more than `k` powers reach the truncated power of the `k`-th key.
#[inline(always)]
fn doubtful_lanes<S: Lanes>(simd: S, powers: &[V<S>], kth: V<S>, k: usize, mask: u32) -> u64 {
    let floor = V::<S>::from_bits(kth.to_bits() & !mask);
    let (one, zero) = (V::<S>::splat_on(simd, 1.0), V::<S>::splat_on(simd, 0.0));
    // Several counters, to avoid a dependency chain.
    let mut counts = [zero; CHAINS];
    let (blocks, rest) = powers.as_chunks::<CHAINS>();
    for block in blocks {
        for i in 0..CHAINS {
            counts[i] += block[i].simd_ge(floor).select(one, zero);
        }
    }
    for p in rest {
        counts[0] += p.simd_ge(floor).select(one, zero);
    }
    let count = (counts[0] + counts[1]) + (counts[2] + counts[3]);
    count.simd_gt(V::<S>::splat_on(simd, k as f32)).to_bitmask()
}

/// Writes one lane and restores the order of powers with equal keys.
#[inline(always)]
fn emit_row<S: Lanes>(powers: &[V<S>], best: &[V<S>], lane: usize, mask: u32, row: &mut [f32]) {
    let mut sorted = true;
    let mut last = f32::INFINITY;
    for (key, pair) in best.iter().zip(row.chunks_exact_mut(2)) {
        let bin = mask - (key[lane].to_bits() & mask);
        let power = powers[bin as usize][lane];
        pair[0] = bin as f32;
        pair[1] = power;
        // Keys of equal powers differ only by the bin, so the lower bin already comes first.
        sorted &= power <= last;
        last = power;
    }
    if !sorted {
        let pairs: &mut [[f32; 2]] = row.as_chunks_mut().0;
        pairs.sort_unstable_by(|a, b| b[1].total_cmp(&a[1]).then(a[0].total_cmp(&b[0])));
    }
}
