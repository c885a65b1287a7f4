//! The K largest bins of a spectrum.
//!
//! Order: by power descending, of equal powers the lower bin first. A NaN ranks below every number (−∞ included), so
//! a row always yields `min(k, n_bins)` peaks; the caller's NaN policy decides whether NaN is permitted.

use std::cmp::Ordering;

use super::axis::{Lanes, row_count};
use crate::fft::Real;
use crate::{Error, Result};

/// One bin and its power.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Peak<T> {
    /// Index in the row.
    pub bin: usize,
    /// Value of the row at this index.
    pub power: T,
}

/// Above this K a sort is faster than insertion, whose cost per accepted bin grows with K.
const INSERTION_LIMIT: usize = 128;

/// Every bin up to this index is exact as an `f32`.
const MAX_PACKED_BINS: usize = 1 << 24;

/// Returns the `min(k, row.len())` largest bins of one row.
///
/// # Errors
/// `k` is 0.
pub fn top_k_bins<T: Real>(row: &[T], k: usize) -> Result<Vec<Peak<T>>> {
    check_k(k)?;
    let mut best = Vec::with_capacity(k.min(row.len()));
    select(row, k, &mut best);
    Ok(best)
}

/// Returns the K largest bins of every row of `power`, a flat `[rows, n_bins]` array.
///
/// Returns `[rows, min(k, n_bins)]` peaks, flat.
///
/// # Errors
/// `k` or `n_bins` is 0; `n_bins` does not divide the length of `power`.
pub fn top_k_rows<T: Real>(power: &[T], n_bins: usize, k: usize) -> Result<Vec<Peak<T>>> {
    check_k(k)?;
    let rows = row_count(power.len(), n_bins)?;
    let mut out = Vec::with_capacity(rows * k.min(n_bins));
    let mut best = Vec::new();
    for row in power.chunks_exact(n_bins) {
        select(row, k, &mut best);
        out.append(&mut best);
    }
    Ok(out)
}

/// Returns the K largest bins along `axis` of the C-ordered array `power` of `shape`.
///
/// Returns `[lanes, min(k, shape[axis])]` peaks, flat; lanes in C order of the remaining axes.
///
/// # Errors
/// `k` is 0; `axis` is not in `shape`; `shape` does not describe `power`.
pub fn top_k_axis<T: Real>(power: &[T], shape: &[usize], axis: usize, k: usize) -> Result<Vec<Peak<T>>> {
    check_k(k)?;
    let lanes = Lanes::new(power.len(), shape, axis)?;
    let (mut lane, mut best, mut out) = (Vec::with_capacity(lanes.len), Vec::new(), Vec::new());
    for index in 0..lanes.count() {
        lanes.gather(power, index, &mut lane);
        select(&lane, k, &mut best);
        out.append(&mut best);
    }
    Ok(out)
}

/// Computes [`top_k_rows`] as packed `(bin, power)` pairs: `[rows, min(k, n_bins), 2]`, flat.
///
/// # Errors
/// Those of [`top_k_rows`]; more than 2²⁴ bins, which `f32` cannot represent.
pub fn top_k_packed(power: &[f32], n_bins: usize, k: usize) -> Result<Vec<f32>> {
    let rows = row_count(power.len(), n_bins)?;
    let mut out = vec![0.0; rows * k.min(n_bins) * 2];
    top_k_packed_into(power, n_bins, k, &mut out)?;
    Ok(out)
}

/// Computes [`top_k_packed`] into `out`, which has exactly `rows · min(k, n_bins) · 2` values.
///
/// # Errors
/// Those of [`top_k_packed`]; a wrong length of `out`.
pub fn top_k_packed_into(power: &[f32], n_bins: usize, k: usize, out: &mut [f32]) -> Result<()> {
    check_k(k)?;
    let rows = row_count(power.len(), n_bins)?;
    if n_bins > MAX_PACKED_BINS {
        return Err(Error::argument("n_bins", format!("{n_bins} bins, packed peaks hold {MAX_PACKED_BINS}")));
    }
    let width = k.min(n_bins) * 2;
    if out.len() != rows * width {
        return Err(Error::Length { name: "out", expected: rows * width, got: out.len() });
    }
    let mut best = Vec::with_capacity(k.min(n_bins));
    for (row, pairs) in power.chunks_exact(n_bins).zip(out.chunks_exact_mut(width)) {
        select(row, k, &mut best);
        for (pair, peak) in pairs.chunks_exact_mut(2).zip(&best) {
            pair[0] = peak.bin as f32;
            pair[1] = peak.power;
        }
    }
    Ok(())
}

fn check_k(k: usize) -> Result<()> {
    if k == 0 { Err(Error::argument("k", "0 peaks were asked for")) } else { Ok(()) }
}

fn select<T: Real>(row: &[T], k: usize, best: &mut Vec<Peak<T>>) {
    best.clear();
    if k.min(row.len()) <= INSERTION_LIMIT {
        insert_all(row, k, best);
    } else {
        sort_all(row, k, best);
    }
}

/// Returns whether `a` ranks strictly above `b`.
fn above<T: Real>(a: T, b: T) -> bool {
    a > b || (b.is_nan() && !a.is_nan())
}

/// Keeps the best K sorted; a bin is compared with the K-th before anything moves, which rejects most bins at once.
fn insert_all<T: Real>(row: &[T], k: usize, best: &mut Vec<Peak<T>>) {
    for (bin, &power) in row.iter().enumerate() {
        if best.len() == k {
            if best.last().is_none_or(|worst| !above(power, worst.power)) {
                continue;
            }
            best.pop();
        }
        // Bins come in ascending order, so a tie is inserted after equal powers.
        let mut at = best.len();
        while at > 0 && above(power, best[at - 1].power) {
            at -= 1;
        }
        best.insert(at, Peak { bin, power });
    }
}

fn sort_all<T: Real>(row: &[T], k: usize, best: &mut Vec<Peak<T>>) {
    best.extend(row.iter().enumerate().map(|(bin, &power)| Peak { bin, power }));
    let rank = |a: &Peak<T>, b: &Peak<T>| {
        if above(a.power, b.power) {
            Ordering::Less
        } else if above(b.power, a.power) {
            Ordering::Greater
        } else {
            a.bin.cmp(&b.bin)
        }
    };
    if k < best.len() {
        best.select_nth_unstable_by(k, rank);
        best.truncate(k);
    }
    best.sort_unstable_by(rank);
}
