//! Cross spectra and coherence of two signals.

use num_complex::Complex;

use super::framer::clean_runs;
use super::layout::Layout;
use super::median::SpectraStore;
use super::pair::{self, PairKernel};
use super::params::PsdParams;
use super::plan::{Coverage, check_finite};
use super::segment::SegmentSpec;
use crate::error::{Error, Result};
use crate::fft::{Real, Sample, rfft_bins};
use crate::nan::{NanPolicy, fill_gaps};
use crate::params::SegmentParams;
use crate::scaling::Average;

/// Averaged spectra of two signals, bin by bin, with their frequencies.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CrossSpectrum<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub freqs: Vec<f64>,
    /// Real part of the averaged `conj(X) · Y`.
    pub re: Vec<T>,
    /// Imaginary part of the averaged `conj(X) · Y`: positive where `y` leads `x`.
    pub im: Vec<T>,
    /// Power of `x`.
    pub pxx: Vec<T>,
    /// Power of `y`.
    pub pyy: Vec<T>,
    /// `|Pxy|² / (Pxx · Pyy)`, from 0 to 1 under the mean. NaN where a power is zero, as in SciPy.
    pub coherence: Vec<T>,
    /// What was averaged.
    pub coverage: Coverage,
}

impl<T: Real> CrossSpectrum<T> {
    /// The cross spectrum as complex numbers.
    #[must_use]
    pub fn pxy(&self) -> Vec<Complex<T>> {
        self.re.iter().zip(&self.im).map(|(re, im)| Complex::new(*re, *im)).collect()
    }
}

/// A plan for cross spectra of two signals of samples `S` (`scipy.signal.csd` and `coherence`). The median is
/// taken of real and imaginary parts apart, as SciPy does; max- and min-hold have no meaning here.
#[derive(Debug)]
pub struct Csd<S: Sample> {
    params: PsdParams,
    average: CrossAverage<S>,
}

impl<S: Sample> Csd<S> {
    /// A plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, and for [`Average::Max`] and [`Average::Min`].
    pub fn new(params: PsdParams) -> Result<Self> {
        Ok(Self { average: CrossAverage::new(&params)?, params })
    }

    /// The parameters of this plan.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.params
    }

    /// Cross spectrum, powers and coherence of two signals of equal length.
    ///
    /// # Errors
    /// [`Error::Length`] when the lengths differ (SciPy pads the shorter one with zeros), and those of
    /// [`Welch::psd_into`](super::Welch::psd_into), where row 0 is `x` and row 1 is `y`.
    pub fn compute(&mut self, x: &[S], y: &[S]) -> Result<CrossSpectrum<S::Real>> {
        let SegmentParams { segment_len, hop, .. } = self.params.segments;
        if x.len() != y.len() {
            return Err(Error::Length { name: "y", expected: x.len(), got: y.len() });
        }
        let count = self.params.segment_count(x.len());
        let average = &mut self.average;
        average.clear();
        let mut coverage = Coverage::default();
        match self.params.nan {
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
                let (mut x, mut y) = (x.to_vec(), y.to_vec());
                coverage.filled = fill_gaps(&mut x, max_gap);
                coverage.filled.add(fill_gaps(&mut y, max_gap));
                coverage.skipped =
                    clean_runs([&x, &y], segment_len, hop, count, |run, n| average.add(run, n));
            }
        }
        coverage.segments = average.segments;
        coverage.check(x.len() as u64, segment_len)?;
        Ok(average.result(self.params.frequencies::<S>(), coverage))
    }
}

/// The averaged `conj(X) · Y` of two signals, one value per bin; for the powers, the coherence, or more than one
/// pair keep a [`Csd`].
///
/// # Errors
/// Those of [`Csd::new`] and [`Csd::compute`].
pub fn csd<S: Sample>(x: &[S], y: &[S], params: &PsdParams) -> Result<Vec<Complex<S::Real>>> {
    Ok(Csd::new(params.clone())?.compute(x, y)?.pxy())
}

/// The magnitude-squared coherence of two signals, one value per bin. The scaling does not matter.
///
/// # Errors
/// Those of [`Csd::new`] and [`Csd::compute`].
pub fn coherence<S: Sample>(x: &[S], y: &[S], params: &PsdParams) -> Result<Vec<S::Real>> {
    Ok(Csd::new(params.clone())?.compute(x, y)?.coherence)
}

/// The running averages of `|X|²`, `|Y|²` and `conj(X) · Y`, in f64.
#[derive(Debug, Clone)]
pub(crate) struct CrossAverage<S: Sample> {
    kernel: Box<dyn PairKernel<S>>,
    hop: usize,
    median: bool,
    layout: Layout,
    pub(crate) segments: u64,
    /// Sums of `|X|²`, `|Y|²`, re and im of `conj(X) · Y`, one after the other; scratch of the median.
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

    /// The scaled averages.
    pub(crate) fn result(&mut self, freqs: Vec<f64>, coverage: Coverage) -> CrossSpectrum<S::Real> {
        if self.median {
            self.spectra.medians(&mut self.held);
        }
        let count = if self.median { 1.0 } else { self.segments as f64 };
        let mut parts = self.held.chunks_exact(self.held.len() / 4);
        let [pxx, pyy, re, im] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let each = |value: &dyn Fn(usize, f64, f64) -> f64| -> Vec<S::Real> {
            let bin = |k| {
                let source = self.layout.source(k);
                let sign = if source.conjugate { -1.0 } else { 1.0 };
                S::Real::narrow(value(source.bin, source.factor / count, sign))
            };
            (0..self.layout.n_bins()).map(bin).collect()
        };
        CrossSpectrum {
            freqs,
            re: each(&|k, factor, _| re[k] * factor),
            im: each(&|k, factor, sign| sign * im[k] * factor),
            pxx: each(&|k, factor, _| pxx[k] * factor),
            pyy: each(&|k, factor, _| pyy[k] * factor),
            coherence: each(&|k, _, _| (re[k] * re[k] + im[k] * im[k]) / pxx[k] / pyy[k]),
            coverage,
        }
    }
}
