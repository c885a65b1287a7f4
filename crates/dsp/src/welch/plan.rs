//! Averaged spectra of whole signals.

use std::sync::Arc;

use super::accumulator::WelchAccumulator;
use super::average::PowerAverage;
use super::framer::clean_runs;
use super::long::{LONG, MANY, WelchStream};
use super::params::PsdParams;
use super::psd::{Coverage, Psd};
use super::segment::SegmentSpec;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::{NanPolicy, fill_gaps, first_non_finite};
use crate::params::{Threads, Workers};
use crate::scratch::{Idle, Owner};

/// A plan for spectra of whole signals of samples `S`: `f32`, `f64`, or complex pairs of them. Immutable: threads may
/// share it, and clones share its tables. What changes is in [`WelchScratch`]: [`run`](Welch::run) uses scratch that the
/// plan keeps, [`run_into`](Welch::run_into) the caller's and does not allocate, but for the median and for
/// interpolation, whose buffers grow with the longest signal seen and are kept, and for signals of 2²⁰ samples and more,
/// which are cut into chunks that the threads share.
///
/// ```
/// use rlx_dsp::welch::{PsdParams, Welch};
///
/// let x: Vec<f32> = (0..4096).map(|i| (i as f32 * 0.25).sin()).collect();
/// let plan = Welch::<f32>::new(PsdParams::new(1000.0, 256))?;
/// let psd = plan.run(&x)?;
/// assert!((psd.peak_freq().unwrap() - 39.8).abs() < 0.1);
///
/// let (mut scratch, mut out) = (plan.scratch(), vec![0.0; plan.n_bins()]);
/// plan.run_into(&x, &mut scratch, &mut out)?;
/// assert_eq!(out, psd.values);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Welch<S: Sample> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) threads: Workers,
}

/// What clones of a plan share.
#[derive(Debug)]
pub(super) struct Shared<S: Sample> {
    pub(super) params: PsdParams,
    /// Has the tables; its clones are the workers.
    prototype: Worker<S>,
    pub(super) owner: Owner,
    idle: Idle<WelchScratch<S>>,
}

/// The mutable part of a [`Welch`] plan: buffers for as many threads as have shared a batch.
#[derive(Debug)]
pub struct WelchScratch<S: Sample> {
    pub(super) owner: Owner,
    /// One per thread; `workers[0]` also processes single signals.
    pub(super) workers: Vec<Worker<S>>,
}

/// The buffers of one thread.
#[derive(Debug, Clone)]
pub(super) struct Worker<S: Sample> {
    average: PowerAverage<S>,
    filled: Vec<S>,
    /// Result of this worker's last chunk.
    outcome: Result<Coverage>,
}

impl<S: Sample> Welch<S> {
    /// Creates a plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, see [`PsdParams::validate`]; [`Error::Length`] for a window
    /// of other than `segment_len` given weights.
    pub fn new(params: PsdParams) -> Result<Self> {
        let average = PowerAverage::with_spec(&params, &SegmentSpec::new::<S>(&params)?)?;
        let prototype = Worker { average, filled: Vec::new(), outcome: Ok(Coverage::default()) };
        let shared = Shared { params, prototype, owner: Owner::default(), idle: Idle::default() };
        Ok(Self { shared: Arc::new(shared), threads: Workers::start(Threads::default())? })
    }

    /// The parameters of this plan.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.shared.params
    }

    /// Bins of a spectrum: `n_fft/2 + 1` one-sided, `n_fft` two-sided.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.shared.prototype.average.n_bins()
    }

    /// Returns the frequencies of the bins, in the unit of the sample rate.
    #[must_use]
    pub fn frequencies(&self) -> Vec<f64> {
        self.params().frequencies::<S>()
    }

    /// Returns the number of complete segments in a signal of `len` samples.
    #[must_use]
    pub fn segment_count(&self, len: usize) -> usize {
        self.params().segment_count(len)
    }

    /// Buffers for [`run_into`](Self::run_into), made to measure.
    #[must_use]
    pub fn scratch(&self) -> WelchScratch<S> {
        WelchScratch { owner: self.shared.owner.clone(), workers: vec![self.shared.worker()] }
    }

    /// The spectrum of one signal.
    ///
    /// # Errors
    /// Those of [`run_into`](Self::run_into).
    pub fn run(&self, x: &[S]) -> Result<Psd<S::Real>> {
        let mut values = vec![S::Real::default(); self.n_bins()];
        let coverage = self.with_scratch(|scratch| self.run_into(x, scratch, &mut values))?;
        Ok(Psd::of::<S>(self.params(), values, coverage))
    }

    /// The spectrum of one signal into `out`.
    ///
    /// # Errors
    /// [`Error::TooShort`] when `x` has fewer samples than a segment; [`Error::NonFinite`] with the position if a
    /// sample is NaN or infinite and the policy is `Error`; [`Error::Argument`] when the policy leaves no segment,
    /// and for scratch of another plan; [`Error::Length`] when `out` does not have [`n_bins`](Self::n_bins) values.
    pub fn run_into(&self, x: &[S], scratch: &mut WelchScratch<S>, out: &mut [S::Real]) -> Result<Coverage> {
        self.shared.owner.check(&scratch.owner)?;
        scratch.workers[0].psd_into(self.params(), &self.threads, 0, x, out)
    }

    /// An average of one signal that arrives in blocks, computed by the threads of this plan. A median keeps the spectra of
    /// all segments.
    ///
    /// # Errors
    /// [`Error::Argument`] for a policy that [`WelchStream::supports`] excludes.
    pub fn stream(&self) -> Result<WelchStream<S>> {
        self.shared.prototype.stream(self.params(), &self.threads)
    }

    /// Lends scratch that no other thread uses.
    pub(super) fn with_scratch<R>(&self, work: impl FnOnce(&mut WelchScratch<S>) -> R) -> R {
        self.shared.idle.with(|| self.scratch(), work)
    }
}

impl<S: Sample> Shared<S> {
    /// A worker with every table and buffer that whole signals need.
    pub(super) fn worker(&self) -> Worker<S> {
        let mut worker = self.prototype.clone();
        worker.average.prepare();
        worker
    }

    /// Rows of `count` segments that are computed side by side.
    pub(super) fn rows_at_a_time(&self, count: usize) -> usize {
        self.prototype.average.rows_at_a_time(count)
    }
}

impl<S: Sample> Worker<S> {
    fn stream(&self, params: &PsdParams, threads: &Workers) -> Result<WelchStream<S>> {
        WelchStream::new(WelchAccumulator::of(params, &self.average), threads.clone())
    }

    /// The spectrum of a long signal, computed in parallel chunks. Only the length and the parameters decide on
    /// that, so the numbers do not depend on the threads.
    fn long_into(
        &self,
        params: &PsdParams,
        threads: &Workers,
        row: usize,
        x: &[S],
        out: &mut [S::Real],
    ) -> Result<Coverage> {
        let mut stream = self.stream(params, threads)?;
        let psd = stream.push(x).and_then(|()| stream.finish()).map_err(|error| match error {
            Error::NonFinite { index, value, .. } => Error::NonFinite { row, index, value },
            other => other,
        })?;
        out.copy_from_slice(&psd.values);
        Ok(psd.coverage)
    }

    pub(super) fn psd_into(
        &mut self,
        params: &PsdParams,
        threads: &Workers,
        row: usize,
        x: &[S],
        out: &mut [S::Real],
    ) -> Result<Coverage> {
        let n_bins = self.average.n_bins();
        if out.len() != n_bins {
            return Err(Error::Length { name: "out", expected: n_bins, got: out.len() });
        }
        let count = params.segment_count(x.len());
        if count == 0 {
            return Err(Error::TooShort { len: x.len(), segment: params.segments.segment_len });
        }
        if x.len() >= LONG && count >= MANY && WelchStream::<S>::supports(params) {
            return self.long_into(params, threads, row, x, out);
        }
        self.average.clear();
        let mut coverage = Coverage::default();
        match params.nan {
            NanPolicy::Error => self.add_finite(params, row, x, count)?,
            NanPolicy::Propagate => self.average.add(x, count),
            NanPolicy::SkipSegment => coverage.skipped = self.add_clean(params, x, count),
            NanPolicy::Interpolate { .. } if first_non_finite(x).is_none() => self.average.add(x, count),
            NanPolicy::Interpolate { max_gap } => {
                let mut filled = std::mem::take(&mut self.filled);
                filled.clear();
                filled.extend_from_slice(x);
                coverage.filled = fill_gaps(&mut filled, max_gap);
                coverage.skipped = self.add_clean(params, &filled, count);
                self.filled = filled;
            }
        }
        coverage.segments = self.average.segments();
        coverage.check(x.len() as u64, params.segments.segment_len)?;
        self.average.write(out);
        Ok(coverage)
    }

    /// Computes the spectra of rows of `len` samples, up to the first error; see
    /// [`take_outcome`](Self::take_outcome).
    pub(super) fn psd_rows(
        &mut self,
        params: &PsdParams,
        threads: &Workers,
        first_row: usize,
        x: &[S],
        len: usize,
        out: &mut [S::Real],
    ) {
        let segments = params.segment_count(len);
        let (block, bins) = (self.average.rows_at_a_time(segments), self.average.n_bins());
        let blocks = x.chunks(block * len).zip(out.chunks_mut(block * bins));
        self.outcome = blocks.enumerate().try_fold(Coverage::default(), |mut total, (b, (x, out))| {
            // Finite rows are computed together; the policy applies to the others.
            if block > 1
                && segments > 0
                && first_non_finite(x).is_none()
                && self.average.mean_of_rows(x, len, segments, out)
            {
                let segments = (x.len() / len * segments) as u64;
                total.add(Coverage { segments, ..Coverage::default() });
                return Ok(total);
            }
            for (row, (x, out)) in x.chunks_exact(len).zip(out.chunks_exact_mut(bins)).enumerate() {
                total.add(self.psd_into(params, threads, first_row + b * block + row, x, out)?);
            }
            Ok(total)
        });
    }

    /// Returns the outcome of [`psd_rows`](Self::psd_rows).
    pub(super) fn take_outcome(&mut self) -> Result<Coverage> {
        std::mem::replace(&mut self.outcome, Ok(Coverage::default()))
    }

    /// Checks and adds in chunks, so that a long signal is read from memory once.
    fn add_finite(&mut self, params: &PsdParams, row: usize, x: &[S], count: usize) -> Result<()> {
        // Whole groups of the lanes kernels.
        let piece = (PIECE / params.segments.hop).next_multiple_of(32).max(32);
        let mut checked = 0;
        for first in (0..count).step_by(piece) {
            let segments = piece.min(count - first);
            let end = (first + segments - 1) * params.segments.hop + params.segments.segment_len;
            // Samples between segments and after the last one are checked as well.
            let end_checked = if first + segments == count { x.len() } else { end };
            check_finite(row, checked, &x[checked.min(end_checked)..end_checked])?;
            checked = end_checked;
            self.average.add(&x[first * params.segments.hop..end], segments);
        }
        Ok(())
    }

    fn add_clean(&mut self, params: &PsdParams, x: &[S], count: usize) -> u64 {
        let average = &mut self.average;
        clean_runs([x], params.segments.segment_len, params.segments.hop, count, |[run], n| {
            average.add(run, n)
        })
    }
}

/// Number of samples that stay in the cache of a core while they are checked and transformed.
pub(super) const PIECE: usize = 1 << 17;

/// Rejects NaN and infinity with the row and the position; `x` starts at sample `start`.
pub(super) fn check_finite<S: Sample>(row: usize, start: usize, x: &[S]) -> Result<()> {
    match first_non_finite(x) {
        Some((index, value)) => Err(Error::NonFinite { row, index: (start + index) as u64, value }),
        None => Ok(()),
    }
}
