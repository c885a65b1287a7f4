//! [`find_peaks`](super::find_peaks) over the rows of a batch and along an axis.

use std::ops::Range;

use rayon::prelude::*;

use super::axis::{Lanes, row_count};
use super::local::Finder;
use super::{LocalPeakParams, LocalPeaks, Plateaus, Prominences, Thresholds, Widths};
use crate::Result;
use crate::fft::Real;
use crate::params::{Threads, Workers};

/// Peaks of many rows, concatenated in row order.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LocalPeaksBatch {
    /// Row `r` owns the entries `offsets[r]..offsets[r + 1]`; one more entry than rows.
    pub offsets: Vec<usize>,
    /// All rows' peaks; positions count from the start of their row.
    pub peaks: LocalPeaks,
}

impl LocalPeaksBatch {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Entries of row `row`, to index any property with; `None` past the last row.
    pub fn range(&self, row: usize) -> Option<Range<usize>> {
        Some(*self.offsets.get(row)?..*self.offsets.get(row + 1)?)
    }

    /// Peak positions of row `row`; empty past the last row.
    pub fn positions(&self, row: usize) -> &[usize] {
        self.range(row).and_then(|entries| self.peaks.positions.get(entries)).unwrap_or_default()
    }

    /// A copy of row `row` with all its properties; `None` past the last row.
    pub fn row(&self, row: usize) -> Option<LocalPeaks> {
        Some(slice(&self.peaks, self.range(row)?))
    }

    /// No row, with the properties that `params` ask for.
    fn empty<T: Real>(params: &LocalPeakParams) -> Self {
        Self { offsets: vec![0], peaks: Finder::<T>::default().find(&[], params) }
    }

    fn push(&mut self, row: LocalPeaks) {
        append(&mut self.peaks, row);
        self.offsets.push(self.peaks.positions.len());
    }
}

/// Finds the peaks of every row of `x`, a flat `[rows, row_len]` array, on the calling thread.
///
/// # Errors
/// `row_len` is 0 or does not divide the length of `x`; those of [`LocalPeakParams::validate`].
pub fn find_peaks_rows<T: Real>(
    x: &[T],
    row_len: usize,
    params: &LocalPeakParams,
) -> Result<LocalPeaksBatch> {
    find_peaks_rows_on(x, row_len, params, Threads::Caller)
}

/// As [`find_peaks_rows`], with rows shared among `threads`; the result does not depend on them.
///
/// # Errors
/// As [`find_peaks_rows`]; threads that cannot be started.
pub fn find_peaks_rows_on<T: Real>(
    x: &[T],
    row_len: usize,
    params: &LocalPeakParams,
    threads: Threads,
) -> Result<LocalPeaksBatch> {
    let rows = row_count(x.len(), row_len)?;
    find_peaks_lanes(x, &Lanes::new(x.len(), &[rows, row_len], 1)?, params, threads)
}

/// Finds the peaks along `axis` of the C-ordered array `x` of `shape`.
///
/// Rows of the result are the lanes along the axis, in C order of the remaining axes.
///
/// # Errors
/// `axis` is not in `shape`, `shape` does not describe `x`; those of [`LocalPeakParams::validate`].
pub fn find_peaks_axis<T: Real>(
    x: &[T],
    shape: &[usize],
    axis: usize,
    params: &LocalPeakParams,
) -> Result<LocalPeaksBatch> {
    find_peaks_lanes(x, &Lanes::new(x.len(), shape, axis)?, params, Threads::Caller)
}

/// Samples that are worth a thread.
const SHARE: usize = 1 << 14;

/// Shares of the lanes per thread: some have more peaks than others.
const SHARES: usize = 4;

fn find_peaks_lanes<T: Real>(
    x: &[T],
    lanes: &Lanes,
    params: &LocalPeakParams,
    threads: Threads,
) -> Result<LocalPeaksBatch> {
    params.validate()?;
    let workers = Workers::start(threads)?;
    let count = lanes.count();
    let work = |share: Range<usize>| {
        let (mut finder, mut lane) = (Finder::default(), Vec::new());
        let mut found = LocalPeaksBatch::empty::<T>(params);
        for index in share {
            found.push(finder.find(lanes.lane(x, index, &mut lane), params));
        }
        found
    };
    let threads = workers.count().min(x.len() / SHARE);
    if threads < 2 || count < 2 {
        return Ok(work(0..count));
    }
    let share = count.div_ceil(SHARES * threads);
    let parts: Vec<LocalPeaksBatch> = workers.install(|| {
        let starts = (0..count.div_ceil(share)).into_par_iter();
        starts.map(|at| work(at * share..((at + 1) * share).min(count))).collect()
    });
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_else(|| LocalPeaksBatch::empty::<T>(params));
    for part in parts {
        let before = all.peaks.positions.len();
        append(&mut all.peaks, part.peaks);
        all.offsets.extend(part.offsets[1..].iter().map(|end| before + end));
    }
    Ok(all)
}

/// Appends one row's peaks; both have the same properties because both come from the same parameters.
fn append(to: &mut LocalPeaks, from: LocalPeaks) {
    to.positions.extend(from.positions);
    if let (Some(to), Some(from)) = (&mut to.plateaus, from.plateaus) {
        to.sizes.extend(from.sizes);
        to.left_edges.extend(from.left_edges);
        to.right_edges.extend(from.right_edges);
    }
    if let (Some(to), Some(from)) = (&mut to.heights, from.heights) {
        to.extend(from);
    }
    if let (Some(to), Some(from)) = (&mut to.thresholds, from.thresholds) {
        to.left.extend(from.left);
        to.right.extend(from.right);
    }
    if let (Some(to), Some(from)) = (&mut to.prominences, from.prominences) {
        to.values.extend(from.values);
        to.left_bases.extend(from.left_bases);
        to.right_bases.extend(from.right_bases);
    }
    if let (Some(to), Some(from)) = (&mut to.widths, from.widths) {
        to.values.extend(from.values);
        to.heights.extend(from.heights);
        to.left_ips.extend(from.left_ips);
        to.right_ips.extend(from.right_ips);
    }
}

fn slice(of: &LocalPeaks, range: Range<usize>) -> LocalPeaks {
    let index = |v: &Vec<usize>| v[range.clone()].to_vec();
    let value = |v: &Vec<f64>| v[range.clone()].to_vec();
    LocalPeaks {
        positions: index(&of.positions),
        plateaus: of.plateaus.as_ref().map(|p| Plateaus {
            sizes: index(&p.sizes),
            left_edges: index(&p.left_edges),
            right_edges: index(&p.right_edges),
        }),
        heights: of.heights.as_ref().map(value),
        thresholds: of
            .thresholds
            .as_ref()
            .map(|t| Thresholds { left: value(&t.left), right: value(&t.right) }),
        prominences: of.prominences.as_ref().map(|p| Prominences {
            values: value(&p.values),
            left_bases: index(&p.left_bases),
            right_bases: index(&p.right_bases),
        }),
        widths: of.widths.as_ref().map(|w| Widths {
            values: value(&w.values),
            heights: value(&w.heights),
            left_ips: value(&w.left_ips),
            right_ips: value(&w.right_ips),
        }),
    }
}
