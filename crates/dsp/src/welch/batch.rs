//! Many signals at once: rows, or the lines of an N-d array along one of its axes.

use rayon::prelude::*;

use super::plan::{Welch, WelchScratch};
use super::psd::{Coverage, PsdBatch};
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::params::{Threads, Workers};

/// Number of lines gathered at a time if they are not contiguous in memory.
const GATHERED_LINES: usize = 256;

impl<S: Sample> Welch<S> {
    /// Sets which threads share the rows of a batch; rayon's current pool by default.
    ///
    /// # Errors
    /// [`Error::Argument`] if the threads cannot be started.
    pub fn with_threads(mut self, threads: impl Into<Threads>) -> Result<Self> {
        self.threads = Workers::start(threads.into())?;
        Ok(self)
    }

    /// Spectra of `rows` signals of equal length: `x` is `[rows, len]`, row-major.
    ///
    /// # Errors
    /// Those of [`run_batch_into`](Self::run_batch_into).
    pub fn run_batch(&self, x: &[S], rows: usize) -> Result<PsdBatch<S::Real>> {
        let mut values = vec![S::Real::default(); rows * self.n_bins()];
        let coverage = self.with_scratch(|scratch| self.run_batch_into(x, rows, scratch, &mut values))?;
        Ok(PsdBatch { freqs: self.frequencies(), values, coverage })
    }

    /// Computes the spectra of `rows` signals of equal length into `out`, `[rows, n_bins]`; the coverage is the sum
    /// over the rows. Results do not depend on the number of threads.
    ///
    /// # Errors
    /// [`Error::Argument`] when `x` does not divide into `rows`, [`Error::Length`] for a wrong `out`, and those of
    /// [`run_into`](Self::run_into) for the first row with an error.
    pub fn run_batch_into(
        &self,
        x: &[S],
        rows: usize,
        scratch: &mut WelchScratch<S>,
        out: &mut [S::Real],
    ) -> Result<Coverage> {
        self.shared.owner.check(&scratch.owner)?;
        self.batch(x, rows, 0, scratch, out)
    }

    /// Computes spectra along `axis` of an N-d row-major array of the given shape; negative axes count from the last
    /// (−1). The result has that shape with the length of the axis replaced by [`n_bins`](Self::n_bins). In errors a
    /// row is a line along the axis, counted in row-major order of the other axes.
    ///
    /// # Errors
    /// [`Error::Argument`] for an axis that the shape does not have, [`Error::Length`] when `x` does not have the
    /// shape's size, and those of [`run_into`](Self::run_into) for the first line with an error.
    pub fn run_axis(&self, x: &[S], shape: &[usize], axis: isize) -> Result<Vec<S::Real>> {
        self.with_scratch(|scratch| self.along(x, shape, resolve_axis(shape, axis)?, scratch))
    }

    fn along(
        &self,
        x: &[S],
        shape: &[usize],
        axis: usize,
        scratch: &mut WelchScratch<S>,
    ) -> Result<Vec<S::Real>> {
        let size = shape.iter().product();
        if x.len() != size {
            return Err(Error::Length { name: "x", expected: size, got: x.len() });
        }
        let len = shape[axis];
        let inner: usize = shape[axis + 1..].iter().product();
        let lines = shape[..axis].iter().product::<usize>() * inner;
        let bins = self.n_bins();
        let mut out = vec![S::Real::default(); lines * bins];
        if inner == 1 {
            self.batch(x, lines, 0, scratch, &mut out)?;
            return Ok(out);
        }
        // Element i of a line is at (outer · length + i) · inner + (line within inner).
        let at = |line: usize, i: usize, length: usize| (line / inner * length + i) * inner + line % inner;
        let mut gathered = Vec::new();
        let mut spectra = Vec::new();
        for first in (0..lines).step_by(GATHERED_LINES) {
            let block = first..lines.min(first + GATHERED_LINES);
            gathered.clear();
            gathered.extend(block.clone().flat_map(|line| (0..len).map(move |i| x[at(line, i, len)])));
            spectra.resize(block.len() * bins, S::Real::default());
            self.batch(&gathered, block.len(), first, scratch, &mut spectra)?;
            for (spectrum, line) in spectra.chunks_exact(bins).zip(block) {
                for (k, power) in spectrum.iter().enumerate() {
                    out[at(line, k, bins)] = *power;
                }
            }
        }
        Ok(out)
    }

    fn batch(
        &self,
        x: &[S],
        rows: usize,
        first_row: usize,
        scratch: &mut WelchScratch<S>,
        out: &mut [S::Real],
    ) -> Result<Coverage> {
        let params = self.params();
        let bins = self.n_bins();
        if rows * bins != out.len() {
            return Err(Error::Length { name: "out", expected: rows * bins, got: out.len() });
        }
        if rows == 0 {
            return if x.is_empty() { Ok(Coverage::default()) } else { Err(uneven(x.len(), rows)) };
        }
        if !x.len().is_multiple_of(rows) {
            return Err(uneven(x.len(), rows));
        }
        let len = x.len() / rows;
        if len < params.segments.segment_len {
            return Err(Error::TooShort { len, segment: params.segments.segment_len });
        }
        // Whole blocks of rows that are computed together, so that results do not depend on the threads.
        let together = self.shared.rows_at_a_time(params.segment_count(len));
        let share = rows.div_ceil(self.threads.count().min(rows)).next_multiple_of(together);
        let shares = rows.div_ceil(share);
        while scratch.workers.len() < shares {
            scratch.workers.push(self.shared.worker());
        }
        let workers = &mut scratch.workers[..shares];
        if let [worker] = workers {
            worker.psd_rows(params, &self.threads, first_row, x, len, out);
        } else {
            self.threads.install(|| {
                workers
                    .par_iter_mut()
                    .zip(x.par_chunks(share * len))
                    .zip(out.par_chunks_mut(share * bins))
                    .enumerate()
                    .for_each(|(s, ((worker, x), out))| {
                        worker.psd_rows(params, &self.threads, first_row + s * share, x, len, out);
                    });
            });
        }
        let mut total = Coverage::default();
        for worker in workers {
            total.add(worker.take_outcome()?);
        }
        Ok(total)
    }
}

fn uneven(len: usize, rows: usize) -> Error {
    Error::argument("rows", format!("{len} samples do not divide into {rows} rows"))
}

fn resolve_axis(shape: &[usize], axis: isize) -> Result<usize> {
    let n = shape.len();
    let resolved = if axis < 0 { axis.checked_add_unsigned(n) } else { Some(axis) };
    resolved
        .and_then(|axis| usize::try_from(axis).ok())
        .filter(|axis| *axis < n)
        .ok_or_else(|| Error::argument("axis", format!("{axis} is not an axis of a shape of {n} dimensions")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_either_end() {
        let shape = [2, 3, 4];
        for (axis, resolved) in [(0, 0), (2, 2), (-1, 2), (-3, 0)] {
            assert_eq!(resolve_axis(&shape, axis), Ok(resolved));
        }
        for axis in [3, -4, isize::MIN] {
            assert!(resolve_axis(&shape, axis).unwrap_err().to_string().starts_with("axis: "));
        }
        assert!(resolve_axis(&[], 0).is_err());
    }
}
