//! Cross spectra and coherence of two signals.

use std::sync::Arc;

use num_complex::Complex;

use super::framer::clean_runs;
use super::functions::default_params;
use super::layout::Layout;
use super::median::SpectraStore;
use super::pair::{self, PairKernel};
use super::params::PsdParams;
use super::plan::check_finite;
use super::psd::Coverage;
use super::segment::SegmentSpec;
use crate::error::{Error, Result};
use crate::fft::{Real, Sample, rfft_bins};
use crate::nan::{NanPolicy, fill_gaps};
use crate::params::SegmentParams;
use crate::scaling::Average;
use crate::scratch::{Idle, Owner};

/// Averaged spectra of two signals, bin by bin, with their frequencies.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CrossSpectrum<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub freqs: Vec<f64>,
    /// Real part of the averaged `conj(X) · Y`.
    pub re: Vec<T>,
    /// Imaginary part of the averaged `conj(X) · Y`: positive if `y` leads `x`.
    pub im: Vec<T>,
    /// Power of `x`.
    pub pxx: Vec<T>,
    /// Power of `y`.
    pub pyy: Vec<T>,
    /// `|Pxy|² / (Pxx · Pyy)`, from 0 to 1 under the mean. NaN if a power is zero, as in SciPy.
    pub coherence: Vec<T>,
    /// Coverage of the average.
    pub coverage: Coverage,
}

impl<T: Real> CrossSpectrum<T> {
    /// Returns the cross spectrum as complex numbers.
    #[must_use]
    pub fn pxy(&self) -> Vec<Complex<T>> {
        self.re.iter().zip(&self.im).map(|(re, im)| Complex::new(*re, *im)).collect()
    }
}

/// The magnitude-squared coherence of two signals, with its frequencies.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Coherence<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub freqs: Vec<f64>,
    /// `|Pxy|² / (Pxx · Pyy)` of each bin.
    pub values: Vec<T>,
    /// Coverage of the average.
    pub coverage: Coverage,
}

/// A plan for cross spectra of two signals of samples `S` (`scipy.signal.csd` and `coherence`). The median is applied
/// to real and imaginary parts separately, as in SciPy; max- and min-hold are not supported.
///
/// Immutable, as [`Welch`](super::Welch) is: threads may share it, and clones share its tables.
#[derive(Debug, Clone)]
pub struct Csd<S: Sample> {
    shared: Arc<Shared<S>>,
}

#[derive(Debug)]
struct Shared<S: Sample> {
    params: PsdParams,
    /// Contains the tables; its clones are the scratch.
    prototype: CrossAverage<S>,
    owner: Owner,
    idle: Idle<CsdScratch<S>>,
}

/// The mutable part of a [`Csd`] plan.
#[derive(Debug)]
pub struct CsdScratch<S: Sample> {
    owner: Owner,
    average: CrossAverage<S>,
    filled: [Vec<S>; 2],
}

impl<S: Sample> Csd<S> {
    /// Creates a plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, and for [`Average::Max`] and [`Average::Min`].
    pub fn new(params: PsdParams) -> Result<Self> {
        let prototype = CrossAverage::new(&params)?;
        let shared = Shared { params, prototype, owner: Owner::default(), idle: Idle::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns the parameters of this plan.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.shared.params
    }

    /// Makes buffers for [`run_into`](Self::run_into).
    #[must_use]
    pub fn scratch(&self) -> CsdScratch<S> {
        let average = self.shared.prototype.clone();
        CsdScratch { owner: self.shared.owner.clone(), average, filled: [Vec::new(), Vec::new()] }
    }

    /// Computes cross spectrum, powers and coherence of two signals of equal length.
    ///
    /// # Errors
    /// Those of [`run_into`](Self::run_into).
    pub fn run(&self, x: &[S], y: &[S]) -> Result<CrossSpectrum<S::Real>> {
        let mut out = CrossSpectrum::default();
        self.shared.idle.with(|| self.scratch(), |scratch| self.run_into(x, y, scratch, &mut out))?;
        Ok(out)
    }

    /// Computes the results of `rows` pairs of signals; `x` and `y` are `[rows, len]`, row-major.
    ///
    /// # Errors
    /// [`Error::Argument`] if the length of `x` is not a multiple of `rows`, and those of
    /// [`run_into`](Self::run_into).
    pub fn run_batch(&self, x: &[S], y: &[S], rows: usize) -> Result<Vec<CrossSpectrum<S::Real>>> {
        if x.len() != y.len() {
            return Err(Error::Length { name: "y", expected: x.len(), got: y.len() });
        }
        if rows == 0 && x.is_empty() {
            return Ok(Vec::new());
        }
        if rows == 0 || !x.len().is_multiple_of(rows) {
            return Err(Error::argument(
                "rows",
                format!("{} samples do not divide into {rows} rows", x.len()),
            ));
        }
        let len = x.len() / rows;
        (0..rows).map(|row| self.run(&x[row * len..][..len], &y[row * len..][..len])).collect()
    }

    /// Computes cross spectrum, powers and coherence of two signals of equal length into `out`, whose memory is
    /// reused.
    ///
    /// # Errors
    /// [`Error::Length`] if the lengths differ (SciPy pads the shorter one with zeros), [`Error::Argument`] for
    /// scratch of another plan, and those of [`Welch::run_into`](super::Welch::run_into), where row 0 is `x` and row
    /// 1 is `y`.
    pub fn run_into(
        &self,
        x: &[S],
        y: &[S],
        scratch: &mut CsdScratch<S>,
        out: &mut CrossSpectrum<S::Real>,
    ) -> Result<()> {
        self.shared.owner.check(&scratch.owner)?;
        let SegmentParams { segment_len, hop, .. } = self.params().segments;
        if x.len() != y.len() {
            return Err(Error::Length { name: "y", expected: x.len(), got: y.len() });
        }
        let count = self.params().segment_count(x.len());
        let CsdScratch { average, filled, .. } = scratch;
        average.clear();
        let mut coverage = Coverage::default();
        match self.params().nan {
            NanPolicy::Error => {
                check_finite(0, 0, x)?;
                check_finite(1, 0, y)?;
                average.add([x, y], count);
            }
            NanPolicy::Propagate => average.add([x, y], count),
            NanPolicy::SkipSegment => {
                coverage.skipped = clean_runs([x, y], segment_len, hop, count, |run, n| average.add(run, n));
            }
            NanPolicy::Interpolate { max_gap } => {
                for (filled, signal) in filled.iter_mut().zip([x, y]) {
                    filled.clear();
                    filled.extend_from_slice(signal);
                    coverage.filled.add(fill_gaps(filled, max_gap));
                }
                let [x, y] = &*filled;
                coverage.skipped = clean_runs([x, y], segment_len, hop, count, |run, n| average.add(run, n));
            }
        }
        coverage.segments = average.segments;
        coverage.check(x.len() as u64, segment_len)?;
        average.write(coverage, out);
        out.freqs = self.params().frequencies::<S>();
        Ok(())
    }
}

/// Computes the cross spectrum, powers and coherence of two signals with SciPy's defaults (`scipy.signal.csd(x, y,
/// sample_rate)`), which are those of [`welch`](super::welch()).
///
/// # Errors
/// Those of [`csd_with`].
pub fn csd<S: Sample>(x: &[S], y: &[S], sample_rate: f64) -> Result<CrossSpectrum<S::Real>> {
    csd_with(x, y, &default_params(sample_rate, x.len()))
}

/// Computes the cross spectrum, powers and coherence of two signals; for more than one pair, create a [`Csd`].
///
/// # Errors
/// Those of [`Csd::new`] and [`Csd::run_into`].
pub fn csd_with<S: Sample>(x: &[S], y: &[S], params: &PsdParams) -> Result<CrossSpectrum<S::Real>> {
    Csd::new(params.clone())?.run(x, y)
}

/// Computes the magnitude-squared coherence of two signals with SciPy's defaults (`scipy.signal.coherence(x, y,
/// sample_rate)`).
///
/// # Errors
/// Those of [`csd_with`].
pub fn coherence<S: Sample>(x: &[S], y: &[S], sample_rate: f64) -> Result<Coherence<S::Real>> {
    coherence_with(x, y, &default_params(sample_rate, x.len()))
}

/// Computes the magnitude-squared coherence of two signals. The scaling has no effect.
///
/// # Errors
/// Those of [`csd_with`].
pub fn coherence_with<S: Sample>(x: &[S], y: &[S], params: &PsdParams) -> Result<Coherence<S::Real>> {
    let CrossSpectrum { freqs, coherence: values, coverage, .. } = csd_with(x, y, params)?;
    Ok(Coherence { freqs, values, coverage })
}

/// The running averages of `|X|²`, `|Y|²` and `conj(X) · Y`, in f64.
#[derive(Debug, Clone)]
pub(crate) struct CrossAverage<S: Sample> {
    kernel: Box<dyn PairKernel<S>>,
    hop: usize,
    median: bool,
    layout: Layout,
    pub(crate) segments: u64,
    /// Sums of `|X|²`, `|Y|²`, re and im of `conj(X) · Y`, in this order; scratch of the median.
    held: Vec<f64>,
    spectra: SpectraStore,
}

impl<S: Sample> CrossAverage<S> {
    pub(crate) fn new(params: &PsdParams) -> Result<Self> {
        if matches!(params.average, Average::Max | Average::Min) {
            let reason = format!("a cross spectrum has a mean or a median, got {}", params.average);
            return Err(Error::argument("average", reason));
        }
        let spec = SegmentSpec::new::<S>(params)?;
        let values = 4 * if S::COMPLEX { spec.n_fft } else { rfft_bins(spec.n_fft) };
        Ok(Self {
            kernel: pair::plan(&spec)?,
            hop: spec.hop,
            median: params.average == Average::Median,
            layout: Layout::new::<S>(params, &spec),
            segments: 0,
            held: vec![0.0; values],
            spectra: SpectraStore::new(values),
        })
    }

    fn clear(&mut self) {
        self.segments = 0;
        self.held.fill(0.0);
        self.spectra.clear();
    }

    /// Adds the first `count` segments of both signals.
    pub(crate) fn add(&mut self, [x, y]: [&[S]; 2], count: usize) {
        self.segments += count as u64;
        if !self.median {
            return self.kernel.add([x, y], count, &mut self.held);
        }
        for s in 0..count {
            let at = s * self.hop;
            self.kernel.add([&x[at..], &y[at..]], 1, self.spectra.next_segments(1));
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.held.iter_mut().zip(&other.held).for_each(|(a, b)| *a += b);
        self.spectra.append(&other.spectra);
        self.segments += other.segments;
    }

    /// Returns the scaled averages with their frequencies.
    pub(crate) fn result(&mut self, freqs: Vec<f64>, coverage: Coverage) -> CrossSpectrum<S::Real> {
        let mut out = CrossSpectrum { freqs, ..CrossSpectrum::default() };
        self.write(coverage, &mut out);
        out
    }

    /// Writes the scaled averages to `out`, except for the frequencies.
    fn write(&mut self, coverage: Coverage, out: &mut CrossSpectrum<S::Real>) {
        if self.median {
            self.spectra.medians(&mut self.held);
        }
        let count = if self.median { 1.0 } else { self.segments as f64 };
        let mut parts = self.held.chunks_exact(self.held.len() / 4);
        let [pxx, pyy, re, im] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let each = |out: &mut Vec<S::Real>, value: &dyn Fn(usize, f64, f64) -> f64| {
            out.clear();
            out.extend((0..self.layout.n_bins()).map(|k| {
                let source = self.layout.source(k);
                let sign = if source.conjugate { -1.0 } else { 1.0 };
                S::Real::narrow(value(source.bin, source.factor / count, sign))
            }));
        };
        each(&mut out.re, &|k, factor, _| re[k] * factor);
        each(&mut out.im, &|k, factor, sign| sign * im[k] * factor);
        each(&mut out.pxx, &|k, factor, _| pxx[k] * factor);
        each(&mut out.pyy, &|k, factor, _| pyy[k] * factor);
        each(&mut out.coherence, &|k, _, _| (re[k] * re[k] + im[k] * im[k]) / pxx[k] / pyy[k]);
        out.coverage = coverage;
    }
}
