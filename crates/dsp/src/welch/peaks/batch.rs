//! Runs a batch: checks, threads, rows with NaN.

use super::engine::{PeaksEngine, WelchPeaksScratch, Worker};
use super::missing::repair_rows;
use crate::error::{Error, Result};
use crate::lanes::Rows;
use rayon::prelude::*;

impl WelchPeaksScratch {
    /// Computes packed peaks `[batch, k_out, 2]` of `batch` rows of exactly `frame_len` samples.
    ///
    /// # Errors
    /// [`Error::Length`] for `samples` or `out` of another length; [`Error::NonFinite`] with the position, under
    /// [`NanPolicy::Error`](crate::nan::NanPolicy::Error).
    pub fn peaks_into(&mut self, samples: &[f32], batch: usize, out: &mut [f32]) -> Result<()> {
        self.peaks_of_rows_into(samples, batch, self.params.welch.frame_len(), out)
    }

    /// Computes packed peaks of rows of `row_len ≥ frame_len` samples, of which the leading `frame_len` are used,
    /// without a copy. For segments that are spread over the rows see [`RowLayout::place`](super::RowLayout::place).
    ///
    /// # Errors
    /// Those of [`peaks_into`](Self::peaks_into); [`Error::TooShort`] for a shorter row.
    pub fn peaks_of_rows_into(
        &mut self,
        samples: &[f32],
        batch: usize,
        row_len: usize,
        out: &mut [f32],
    ) -> Result<()> {
        self.peaks_of_rows_from(samples, batch, row_len, 0, out)
    }

    /// Computes packed peaks of rows of `row_len ≥ first + frame_len` samples, of which the `frame_len` from `first` on are
    /// used.
    ///
    /// # Errors
    /// Those of [`peaks_of_rows_into`](Self::peaks_of_rows_into); positions are those in the rows.
    pub fn peaks_of_rows_from(
        &mut self,
        samples: &[f32],
        batch: usize,
        row_len: usize,
        first: usize,
        out: &mut [f32],
    ) -> Result<()> {
        let k = self.params.k_out();
        self.check(samples, batch, row_len, 2 * k, out)?;
        let needed = first.saturating_add(self.params.welch.frame_len());
        if batch > 0 && row_len < needed {
            return Err(Error::TooShort { len: row_len, segment: needed });
        }
        let lead = first + self.params.welch.lead;
        let rows = Rows { samples: from(samples, lead), stride: row_len, count: batch };
        let bad = if self.engine == PeaksEngine::StoredPsd {
            let n_bins = self.params.welch.n_bins();
            let mut stored = std::mem::take(&mut self.stored);
            stored.resize(batch * n_bins, 0.0);
            self.split(rows, n_bins, &mut stored, |worker, rows, out| {
                worker.psd(rows, 1.0, out);
                None
            });
            let powers = Rows { samples: &stored, stride: n_bins, count: batch };
            let bad = self.split(powers, 2 * k, out, |worker, rows, out| {
                worker.top_k(&rows.samples[..rows.count * n_bins], k, out)
            });
            self.stored = stored;
            bad
        } else {
            self.split(rows, 2 * k, out, |worker, rows, out| worker.peaks(rows, k, out))
        };
        match bad {
            Some(bad) => repair_rows(&self.params, rows, lead, bad, out),
            None => Ok(()),
        }
    }

    /// Computes the one-sided mean raw power `[batch, n_bins]` of `batch` rows of exactly `frame_len` samples. NaN
    /// propagates.
    ///
    /// # Errors
    /// [`Error::Length`] for `samples` or `out` of another length.
    pub fn psd_into(&mut self, samples: &[f32], batch: usize, out: &mut [f32]) -> Result<()> {
        let (row_len, n_bins) = (self.params.welch.frame_len(), self.params.welch.n_bins());
        self.check(samples, batch, row_len, n_bins, out)?;
        let samples = from(samples, self.params.welch.lead);
        let rows = Rows { samples, stride: row_len, count: batch };
        self.split(rows, n_bins, out, |worker, rows, out| {
            worker.psd(rows, 1.0, out);
            None
        });
        Ok(())
    }

    /// Selects packed peaks `[batch, k_out, 2]` from powers `[batch, n_bins]`, as those of another transform.
    ///
    /// # Errors
    /// [`Error::Length`] for `powers` or `out` of another length; [`Error::NonFinite`] for a row with a power that is
    /// not finite.
    pub fn top_k_into(&mut self, powers: &[f32], batch: usize, out: &mut [f32]) -> Result<()> {
        let (n_bins, k) = (self.params.welch.n_bins(), self.params.k_out());
        for (name, expected, got) in [
            ("powers", batch.saturating_mul(n_bins), powers.len()),
            ("out", batch.saturating_mul(2 * k), out.len()),
        ] {
            if expected != got {
                return Err(Error::Length { name, expected, got });
            }
        }
        let rows = Rows { samples: powers, stride: n_bins, count: batch };
        let bad = self.split(rows, 2 * k, out, |worker, rows, out| {
            worker.top_k(&rows.samples[..rows.count * n_bins], k, out)
        });
        match bad {
            None => Ok(()),
            Some(row) => {
                let powers = &powers[row * n_bins..(row + 1) * n_bins];
                let at = powers.iter().position(|p| !p.is_finite()).unwrap_or(0);
                Err(Error::NonFinite { row, index: at as u64, value: powers[at].into() })
            }
        }
    }

    fn check(&self, samples: &[f32], batch: usize, row_len: usize, width: usize, out: &[f32]) -> Result<()> {
        self.params.welch.check_rows(samples, batch, row_len)?;
        let expected = batch
            .checked_mul(width)
            .ok_or_else(|| Error::argument("batch", format!("{batch} rows of {width} values overflow")))?;
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        Ok(())
    }

    /// Divides the rows among the workers in whole groups; returns the first row that a worker reports.
    ///
    /// ```text
    /// caller:  hand the other shares to the pool as one job | share 0            | wait
    /// pool:                                                  wake | halve and halve again: share 1 … n−1
    /// ```
    /// The calling thread works instead of waiting: one thread fewer is woken, and it finds a free core. If the
    /// caller moved into the pool, its core would become free too late, and on two cores both workers could run on
    /// the same one.
    fn split<F>(&mut self, rows: Rows<'_>, width: usize, out: &mut [f32], work: F) -> Option<usize>
    where
        F: Fn(&mut Worker, Rows<'_>, &mut [f32]) -> Option<usize> + Sync,
    {
        let group = self.isa().lanes();
        // A thread is worth waking for at least two groups.
        let threads = self.workers.len().min(rows.count / (2 * group)).max(1);
        if threads == 1 {
            return work(&mut self.workers[0], rows, out);
        }
        let share = rows.count.div_ceil(threads).next_multiple_of(group);
        let (own, others) = self.workers[..threads].split_at_mut(1);
        let (own_out, others_out) = out.split_at_mut(share * width);
        let part = |index: usize, worker: &mut Worker, out: &mut [f32]| {
            let (first, count) = (index * share, out.len() / width);
            let rows = Rows { samples: &rows.samples[first * rows.stride..], stride: rows.stride, count };
            work(worker, rows, out).map(|row| first + row)
        };
        let (mut bad, mut bad_of_others) = (None, None);
        in_scope(self.pool.as_deref(), |scope| {
            scope.spawn(|_| {
                let parts = others.par_iter_mut().zip(others_out.par_chunks_mut(share * width)).enumerate();
                let named = parts.map(|(index, (worker, out))| part(index + 1, worker, out));
                bad_of_others = named.min_by_key(|row| row.unwrap_or(usize::MAX)).flatten();
            });
            bad = part(0, &mut own[0], own_out);
        });
        bad.or(bad_of_others)
    }
}

/// Returns the samples from the first segment of the first row on; an empty batch has none.
fn from(samples: &[f32], lead: usize) -> &[f32] {
    samples.get(lead..).unwrap_or_default()
}

/// Runs `work` on the calling thread with a scope of this pool, or of rayon's current one.
fn in_scope<'scope, R>(pool: Option<&rayon::ThreadPool>, work: impl FnOnce(&rayon::Scope<'scope>) -> R) -> R {
    match pool {
        Some(pool) => pool.in_place_scope(work),
        None => rayon::in_place_scope(work),
    }
}
