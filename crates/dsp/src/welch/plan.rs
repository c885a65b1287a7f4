//! Averaged spectra of whole signals.

use super::average::PowerAverage;
use super::framer::clean_runs;
use super::params::PsdParams;
use super::segment::SegmentSpec;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::{Filled, NanPolicy, fill_gaps, first_non_finite};
use crate::params::{Threads, Workers};

/// What a spectrum was averaged from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coverage {
    /// Segments that were averaged.
    pub segments: u64,
    /// Segments that were left out because of NaN or infinity.
    pub skipped: u64,
    /// Missing samples that were interpolated, and those that were not.
    pub filled: Filled,
}

impl Coverage {
    pub(crate) fn add(&mut self, other: Self) {
        self.segments += other.segments;
        self.skipped += other.skipped;
        self.filled.add(other.filled);
    }

    /// An error when nothing was averaged out of `len` samples.
    pub(crate) fn check(&self, len: u64, segment: usize) -> Result<()> {
        match self {
            Self { segments: 0, skipped: 0, .. } => {
                Err(Error::TooShort { len: usize::try_from(len).unwrap_or(usize::MAX), segment })
            }
            Self { segments: 0, skipped, .. } => {
                let reason = format!("each of its {skipped} segments holds a NaN or an infinity");
                Err(Error::argument("signal", reason))
            }
            _ => Ok(()),
        }
    }
}

/// An averaged spectrum with its frequencies.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Psd<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub freqs: Vec<f64>,
    /// Power of each bin, in the unit of the scaling.
    pub values: Vec<T>,
    /// What was averaged.
    pub coverage: Coverage,
}

impl<T> Psd<T> {
    /// A spectrum that something else has computed, such as a device.
    #[must_use]
    pub fn new(freqs: Vec<f64>, values: Vec<T>, coverage: Coverage) -> Self {
        Self { freqs, values, coverage }
    }
}

/// A plan for spectra of whole signals of samples `S`: `f32`, `f64`, or complex pairs of them. Tables, buffers
/// and threads are made once: [`psd_into`](Welch::psd_into) does not allocate, but for the median and for
/// interpolation, whose buffers grow with the longest signal seen and are kept.
///
/// ```
/// use rlx_dsp::welch::{PsdParams, Welch};
///
/// let x: Vec<f32> = (0..4096).map(|i| (i as f32 * 0.25).sin()).collect();
/// let mut welch = Welch::<f32>::new(PsdParams::new(1000.0, 256))?;
/// let psd = welch.psd(&x)?;
/// let strongest = (0..psd.len()).max_by(|a, b| psd[*a].total_cmp(&psd[*b])).unwrap();
/// assert_eq!(welch.frequencies()[strongest], 10.0 * 1000.0 / 256.0);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug)]
pub struct Welch<S: Sample> {
    pub(super) params: PsdParams,
    /// One per thread; the first one does single signals.
    pub(super) workers: Vec<Worker<S>>,
    pub(super) threads: Workers,
}

/// What one thread needs.
#[derive(Debug, Clone)]
pub(super) struct Worker<S: Sample> {
    average: PowerAverage<S>,
    filled: Vec<S>,
    /// Of the last share of a batch.
    outcome: Result<Coverage>,
}

impl<S: Sample> Welch<S> {
    /// A plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, see [`PsdParams::validate`].
    pub fn new(params: PsdParams) -> Result<Self> {
        let mut average = PowerAverage::with_spec(&params, &SegmentSpec::new::<S>(&params)?)?;
        average.prepare();
        let worker = Worker { average, filled: Vec::new(), outcome: Ok(Coverage::default()) };
        Ok(Self { params, workers: vec![worker], threads: Workers::start(Threads::default())? })
    }

    /// The parameters of this plan.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.params
    }

    /// Bins of a spectrum: `n_fft/2 + 1` one-sided, `n_fft` two-sided.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.workers[0].average.n_bins()
    }

    /// Frequencies of the bins, in the unit of the sample rate.
    #[must_use]
    pub fn frequencies(&self) -> Vec<f64> {
        self.params.frequencies::<S>()
    }

    /// Whole segments in a signal of `len` samples.
    #[must_use]
    pub fn segment_count(&self, len: usize) -> usize {
        self.params.segment_count(len)
    }

    /// The spectrum of one signal, [`n_bins`](Self::n_bins) values.
    ///
    /// # Errors
    /// Those of [`psd_into`](Self::psd_into).
    pub fn psd(&mut self, x: &[S]) -> Result<Vec<S::Real>> {
        let mut out = vec![S::Real::default(); self.n_bins()];
        self.psd_into(x, &mut out)?;
        Ok(out)
    }

    /// The spectrum of one signal into `out`.
    ///
    /// # Errors
    /// [`Error::TooShort`] when `x` has fewer samples than a segment; [`Error::NonFinite`] with the position
    /// when a sample is NaN or infinite and the policy is to refuse; [`Error::Argument`] when the policy leaves
    /// no segment; [`Error::Length`] when `out` does not have [`n_bins`](Self::n_bins) values.
    pub fn psd_into(&mut self, x: &[S], out: &mut [S::Real]) -> Result<Coverage> {
        self.workers[0].psd_into(&self.params, 0, x, out)
    }
}

impl<S: Sample> Worker<S> {
    pub(super) fn psd_into(
        &mut self,
        params: &PsdParams,
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

    /// The spectra of rows of `len` samples, up to the first error; see [`take_outcome`](Self::take_outcome).
    pub(super) fn psd_rows(
        &mut self,
        params: &PsdParams,
        first_row: usize,
        x: &[S],
        len: usize,
        out: &mut [S::Real],
    ) {
        let segments = params.segment_count(len);
        let (block, bins) = (self.average.rows_at_a_time(segments), self.average.n_bins());
        let blocks = x.chunks(block * len).zip(out.chunks_mut(block * bins));
        self.outcome = blocks.enumerate().try_fold(Coverage::default(), |mut total, (b, (x, out))| {
            // Rows that are all finite side by side; the policy is asked about the others.
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
                total.add(self.psd_into(params, first_row + b * block + row, x, out)?);
            }
            Ok(total)
        });
    }

    /// Rows of `count` segments that are computed side by side.
    pub(super) fn rows_at_a_time(&self, count: usize) -> usize {
        self.average.rows_at_a_time(count)
    }

    /// What [`psd_rows`](Self::psd_rows) ended with.
    pub(super) fn take_outcome(&mut self) -> Result<Coverage> {
        std::mem::replace(&mut self.outcome, Ok(Coverage::default()))
    }

    /// Checks and adds piece by piece, so that a long signal comes from memory once.
    fn add_finite(&mut self, params: &PsdParams, row: usize, x: &[S], count: usize) -> Result<()> {
        // Whole groups of the lanes kernels.
        let piece = (PIECE / params.segments.hop).next_multiple_of(32).max(32);
        let mut checked = 0;
        for first in (0..count).step_by(piece) {
            let segments = piece.min(count - first);
            let end = (first + segments - 1) * params.segments.hop + params.segments.segment_len;
            // Samples between segments and behind the last one are looked at too.
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

/// Samples that stay in a core's cache while they are checked and transformed.
pub(super) const PIECE: usize = 1 << 17;

/// Refuses NaN and infinity with the row and the position; `x` starts at sample `start`.
pub(super) fn check_finite<S: Sample>(row: usize, start: usize, x: &[S]) -> Result<()> {
    match first_non_finite(x) {
        Some((index, value)) => Err(Error::NonFinite { row, index: (start + index) as u64, value }),
        None => Ok(()),
    }
}

/// The averaged spectrum of one signal with its frequencies; for more than one signal keep a [`Welch`].
///
/// # Errors
/// Those of [`Welch::new`] and [`Welch::psd_into`].
pub fn welch<S: Sample>(x: &[S], params: &PsdParams) -> Result<Psd<S::Real>> {
    let mut plan = Welch::<S>::new(params.clone())?;
    let mut values = vec![S::Real::default(); plan.n_bins()];
    let coverage = plan.psd_into(x, &mut values)?;
    Ok(Psd { freqs: plan.frequencies(), values, coverage })
}

/// The spectrum of the whole signal as one segment, its mean removed, under a rectangular window, as a density
/// (`scipy.signal.periodogram`'s defaults). For other windows, scalings or zero-padding change
/// [`PsdParams::periodogram`] and give it to [`welch`].
///
/// # Errors
/// Those of [`welch`].
pub fn periodogram<S: Sample>(x: &[S], sample_rate: f64) -> Result<Psd<S::Real>> {
    welch(x, &PsdParams::periodogram(sample_rate, x.len()))
}
