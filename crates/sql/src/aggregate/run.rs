//! A run of consecutive samples without its complete segments.
//!
//! ```text
//! start                    first·hop                        next·hop                 end
//!   |──────── head ────────────|                                |─────── tail ────────|
//!                          |───── segments first … next − 1, counted ─────────|
//! ```
//! The head contains the samples that segments before `first` need, up to `(first − 1)·hop + segment`; the tail those
//! that segments from `next` on need. Both are shorter than a segment once the run is settled.

use super::grid::{Grid, NAME, Total};
use crate::error;
use crate::rows::Number;
use datafusion::common::Result;

/// The run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run<T> {
    /// Index of the first sample.
    pub(super) start: i64,
    /// Index after the last sample.
    pub(super) end: i64,
    /// First segment that was counted, and the next one; `None` while all samples are in the tail.
    pub(super) counted: Option<(i64, i64)>,
    /// Samples from `start` on; empty while no segment is counted.
    pub(super) head: Vec<T>,
    /// Samples up to `end`.
    pub(super) tail: Vec<T>,
}

impl<T: Number> Run<T> {
    /// Creates a run of these samples.
    pub(super) fn new(start: i64, samples: &[T]) -> Self {
        Self {
            start,
            end: start + samples.len() as i64,
            counted: None,
            head: Vec::new(),
            tail: samples.to_vec(),
        }
    }

    /// Continues the run.
    pub(super) fn extend(&mut self, samples: &[T]) {
        self.tail.extend_from_slice(samples);
        self.end += samples.len() as i64;
    }

    fn tail_start(&self, grid: &Grid<T>) -> i64 {
        self.counted.map_or(self.start, |(_, next)| next * grid.hop)
    }

    /// Adds the complete segments of the tail and drops the samples that are no longer needed.
    pub(super) fn settle(&mut self, grid: &mut Grid<T>, total: &mut Total) -> Result<()> {
        let from = self.tail_start(grid);
        let first = self.counted.map_or_else(|| grid.first_segment(self.start), |(_, next)| next);
        let next = grid.next_segment(self.end);
        if next <= first {
            return Ok(());
        }
        grid.add(&self.tail[(first * grid.hop - from) as usize..], next - first, total)?;
        if self.counted.is_none() {
            self.head = self.tail[..(grid.end_before(first) - self.start) as usize].to_vec();
        }
        self.tail.drain(..(next * grid.hop - from) as usize);
        self.counted = Some((self.counted.map_or(first, |(own, _)| own), next));
        Ok(())
    }

    /// Returns the value at an index, if it is still stored.
    pub(super) fn value(&self, grid: &Grid<T>, index: i64) -> Option<T> {
        let of = |samples: &[T], from: i64| {
            usize::try_from(index - from).ok().and_then(|i| samples.get(i).copied())
        };
        of(&self.head, self.start).or_else(|| of(&self.tail, self.tail_start(grid)))
    }

    /// Joins a run that overlaps or touches the end of this one; `other.start ≥ self.start`.
    pub(super) fn join(mut self, mut other: Self, grid: &mut Grid<T>, total: &mut Total) -> Result<Self> {
        self.settle(grid, total)?;
        other.settle(grid, total)?;
        for index in other.start..self.end.min(other.end) {
            if let (Some(a), Some(b)) = (self.value(grid, index), other.value(grid, index)) {
                same(index, a, b)?;
            }
        }
        let known = (self.end - other.start) as usize;
        match (self.counted, other.counted) {
            (_, None) => {
                if known < other.tail.len() {
                    self.extend(&other.tail[known..]);
                    self.settle(grid, total)?;
                }
                Ok(self)
            }
            (None, Some((first, next))) => {
                let mut head = self.tail[..(other.start - self.start) as usize].to_vec();
                head.extend_from_slice(&other.head);
                let from = grid.first_segment(self.start);
                if from < first {
                    grid.add(&head[(from * grid.hop - self.start) as usize..], first - from, total)?;
                    head.truncate((grid.end_before(from) - self.start) as usize);
                }
                let mut joined = Self { start: self.start, head, counted: Some((from, next)), ..other };
                if self.end > joined.end {
                    let have = (joined.end - self.start) as usize;
                    joined.extend(&self.tail[have..]);
                    joined.settle(grid, total)?;
                }
                Ok(joined)
            }
            (Some((first, end)), Some((begin, next))) => {
                if end > begin {
                    let (from, to) = (other.start, self.end.min(other.end));
                    let reason = format!(
                        "the samples {from} … {} (time · rate) came twice, in two parts of the data that were transformed \
                         apart; remove the duplicates first (select distinct)",
                        to - 1
                    );
                    return Err(error::run(NAME, "ts", reason));
                }
                let mut between = std::mem::take(&mut self.tail);
                between.extend_from_slice(other.head.get(known..).unwrap_or_default());
                grid.add(&between, begin - end, total)?;
                Ok(Self { start: self.start, head: self.head, counted: Some((first, next)), ..other })
            }
        }
    }
}

/// Rejects two different values for one sample.
pub(super) fn same<T: Number>(index: i64, a: T, b: T) -> Result<()> {
    if a == b || (a.is_nan() && b.is_nan()) {
        return Ok(());
    }
    let reason = format!(
        "two rows have values {a} and {b} for the sample {index} (time · rate): the rate is too low for these times, or \
         they lie between two points of the grid (option origin), or the rows are of two signals"
    );
    Err(error::run(NAME, "ts", reason))
}
