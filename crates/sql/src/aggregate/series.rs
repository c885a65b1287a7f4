//! All samples of one group, in any order.

use super::grid::{Grid, Total};
use super::run::{Run, same};
use crate::rows::Number;
use datafusion::common::Result;
use std::collections::BTreeMap;

/// Number of loose samples from which they are sorted in.
const LOOSE: usize = 1024;

/// Sums of complete segments, and the remaining samples.
#[derive(Debug, Clone)]
pub(super) struct Series<T> {
    /// Complete segments.
    pub(super) total: Total,
    /// The run that the latest samples extended.
    current: Option<Run<T>>,
    /// The other runs by their start; they neither overlap nor touch.
    runs: BTreeMap<i64, Run<T>>,
    /// Loose samples: they extended no run when they arrived.
    loose: Vec<(i64, T)>,
    /// Number of loose samples at which they are sorted in next.
    limit: usize,
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self {
            total: Total::default(),
            current: None,
            runs: BTreeMap::new(),
            loose: Vec::new(),
            limit: LOOSE,
        }
    }
}

impl<T: Number> Series<T> {
    /// Adds consecutive samples.
    #[inline]
    pub(super) fn push(&mut self, grid: &mut Grid<T>, start: i64, samples: &[T]) -> Result<()> {
        match &mut self.current {
            Some(run) if run.end == start => {
                // In chunks, so that the buffer of a group does not grow with the record batch.
                for piece in samples.chunks(grid.enough()) {
                    run.extend(piece);
                    if run.tail.len() >= grid.enough() {
                        run.settle(grid, &mut self.total)?;
                    }
                }
                Ok(())
            }
            _ => self.push_apart(grid, start, samples),
        }
    }

    /// Adds samples that do not extend the current run.
    fn push_apart(&mut self, grid: &mut Grid<T>, start: i64, samples: &[T]) -> Result<()> {
        let before =
            self.runs.range(..start).next_back().filter(|(_, run)| run.end == start).map(|(key, _)| *key);
        // Few samples after a gap may be isolated, except at the beginning.
        let stray =
            before.is_none() && samples.len() < 16 && (self.current.is_some() || !self.runs.is_empty());
        if stray {
            self.loose.extend((start..).zip(samples.iter().copied()));
            return if self.loose.len() >= self.limit { self.sort_in(grid) } else { Ok(()) };
        }
        let run = match before.and_then(|key| self.runs.remove(&key)) {
            Some(run) => run,
            None => Run::new(start, &[]),
        };
        if let Some(old) = self.current.replace(run) {
            self.insert(grid, old)?;
        }
        self.push(grid, start, samples)
    }

    /// Joins a run with those that it overlaps or touches.
    fn insert(&mut self, grid: &mut Grid<T>, mut run: Run<T>) -> Result<()> {
        loop {
            let near = self.runs.range(..=run.end).next_back().filter(|(_, other)| other.end >= run.start);
            let Some(other) = near.map(|(key, _)| *key).and_then(|key| self.runs.remove(&key)) else { break };
            let (first, second) = if other.start <= run.start { (other, run) } else { (run, other) };
            run = first.join(second, grid, &mut self.total)?;
        }
        run.settle(grid, &mut self.total)?;
        self.runs.insert(run.start, run);
        Ok(())
    }

    /// Sorts the loose samples in: consecutive ones that touch a run or make a segment become a run.
    fn sort_in(&mut self, grid: &mut Grid<T>) -> Result<()> {
        if let Some(run) = self.current.take() {
            self.insert(grid, run)?;
        }
        let mut loose = std::mem::take(&mut self.loose);
        loose.sort_unstable_by_key(|(index, _)| *index);
        for pair in loose.windows(2) {
            if pair[0].0 == pair[1].0 {
                same(pair[0].0, pair[0].1, pair[1].1)?;
            }
        }
        loose.dedup_by_key(|(index, _)| *index);
        for stretch in loose.chunk_by(|a, b| a.0 + 1 == b.0) {
            let (start, end) = (stretch[0].0, stretch[0].0 + stretch.len() as i64);
            let touches = self.runs.range(..=end).next_back().is_some_and(|(_, run)| run.end >= start);
            if touches || end - start >= grid.segment {
                let samples: Vec<T> = stretch.iter().map(|(_, value)| *value).collect();
                self.insert(grid, Run::new(start, &samples))?;
            } else {
                self.loose.extend_from_slice(stretch);
            }
        }
        self.limit = LOOSE.max(2 * self.loose.len());
        Ok(())
    }

    /// Adds a run of another series.
    pub(super) fn merge_run(&mut self, grid: &mut Grid<T>, run: Run<T>) -> Result<()> {
        self.insert(grid, run)
    }

    /// Adds a loose sample of another series.
    pub(super) fn merge_loose(&mut self, grid: &mut Grid<T>, index: i64, value: T) -> Result<()> {
        self.loose.push((index, value));
        if self.loose.len() >= self.limit { self.sort_in(grid) } else { Ok(()) }
    }

    /// Adds all complete segments; afterwards runs and loose samples form the state.
    pub(super) fn finish(&mut self, grid: &mut Grid<T>) -> Result<()> {
        self.sort_in(grid)
    }

    /// Returns the settled runs, after [`finish`](Self::finish).
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run<T>> {
        self.runs.values()
    }

    /// Returns the samples in no run, after [`finish`](Self::finish).
    pub(super) fn loose(&self) -> &[(i64, T)] {
        &self.loose
    }

    /// Returns the bytes held.
    pub(super) fn size(&self) -> usize {
        let of =
            |run: &Run<T>| size_of::<Run<T>>() + (run.head.capacity() + run.tail.capacity()) * size_of::<T>();
        size_of::<Self>()
            + self.total.sums.capacity() * size_of::<f64>()
            + self.current.iter().map(of).sum::<usize>()
            + self.runs.values().map(of).sum::<usize>()
            + self.loose.capacity() * size_of::<(i64, T)>()
    }
}
