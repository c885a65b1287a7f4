//! Sums of segment powers that the caller stores: many averages in one table.

use std::sync::Arc;

use super::framer::clean_runs;
use super::kernel::{self, SegmentKernel};
use super::layout::Layout;
use super::params::PsdParams;
use super::plan::check_finite;
use super::psd::Coverage;
use super::segment::SegmentSpec;
use crate::error::{Error, Result};
use crate::fft::{Sample, rfft_bins};
use crate::nan::{NanPolicy, fill_gaps, first_non_finite};
use crate::scaling::Average;
use crate::scratch::Idle;

/// A plan that adds the powers of segments to external sums, `[n_sums]` unscaled `f64` per average.
///
/// A table of averages (a group of a `GROUP BY`, a partial result of another machine) is `sums` and a number of segments.
/// Tables add up element by element, in any order; [`write`](Self::write) scales one to a spectrum. The plan is immutable:
/// threads may share it, and clones share its idle buffers.
///
/// ```
/// use rlx_dsp::welch::{PsdParams, WelchSums, welch_with};
///
/// let x: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 97)).collect();
/// let params = PsdParams::new(1.0, 64);
/// let plan = WelchSums::<f64>::new(params.clone())?;
/// let (mut sums, mut psd) = (vec![0.0; plan.n_sums()], vec![0.0; plan.n_bins()]);
/// let segments = plan.add(&x, &mut sums)?.segments;
/// plan.write(&sums, segments, &mut psd);
/// assert_eq!(psd, welch_with(&x, &params)?.values);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WelchSums<S: Sample> {
    params: PsdParams,
    kernel: Box<dyn SegmentKernel<S>>,
    layout: Layout,
    idle: Arc<Idle<Box<dyn SegmentKernel<S>>>>,
}

impl<S: Sample> WelchSums<S> {
    /// Creates a plan.
    ///
    /// # Errors
    /// [`Error::Argument`] for a parameter outside its domain, and for an average other than the mean: only means are sums.
    pub fn new(params: PsdParams) -> Result<Self> {
        if params.average != Average::Mean {
            return Err(Error::argument("average", format!("sums give a mean, not a {}", params.average)));
        }
        let spec = SegmentSpec::new::<S>(&params)?;
        let layout = Layout::new::<S>(&params, &spec);
        Ok(Self { params, kernel: kernel::plan(&spec)?, layout, idle: Arc::default() })
    }

    /// Returns the parameters.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.params
    }

    /// Returns the number of values of one table of sums, the bins of the transform.
    #[must_use]
    pub fn n_sums(&self) -> usize {
        if S::COMPLEX { self.params.segments.n_fft } else { rfft_bins(self.params.segments.n_fft) }
    }

    /// Returns the bins of a spectrum.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.layout.n_bins()
    }

    /// Adds the powers of all whole segments of `x` to `sums`; no segment is not an error. After an error nothing is
    /// added.
    ///
    /// # Errors
    /// [`Error::Length`] for `sums` of another length than [`n_sums`](Self::n_sums); [`Error::NonFinite`] under
    /// [`NanPolicy::Error`].
    pub fn add(&self, x: &[S], sums: &mut [f64]) -> Result<Coverage> {
        if sums.len() != self.n_sums() {
            return Err(Error::Length { name: "sums", expected: self.n_sums(), got: sums.len() });
        }
        let count = self.params.segment_count(x.len());
        if self.params.nan == NanPolicy::Error {
            check_finite(0, 0, x)?;
        }
        Ok(self.idle.with(|| self.kernel.clone(), |kernel| self.add_with(&mut **kernel, x, count, sums)))
    }

    fn add_with(
        &self,
        kernel: &mut dyn SegmentKernel<S>,
        x: &[S],
        count: usize,
        sums: &mut [f64],
    ) -> Coverage {
        let mut coverage = Coverage::default();
        match self.params.nan {
            NanPolicy::SkipSegment => coverage.skipped = self.add_clean(kernel, x, count, sums),
            NanPolicy::Interpolate { max_gap } if first_non_finite(x).is_some() => {
                let mut filled = x.to_vec();
                coverage.filled = fill_gaps(&mut filled, max_gap);
                coverage.skipped = self.add_clean(kernel, &filled, count, sums);
            }
            NanPolicy::Error | NanPolicy::Propagate | NanPolicy::Interpolate { .. } => {
                kernel.add_powers(x, self.params.segments.hop, count, sums);
            }
        }
        coverage.segments = count as u64 - coverage.skipped;
        coverage
    }

    fn add_clean(&self, kernel: &mut dyn SegmentKernel<S>, x: &[S], count: usize, sums: &mut [f64]) -> u64 {
        let (len, hop) = (self.params.segments.segment_len, self.params.segments.hop);
        clean_runs([x], len, hop, count, |[run], n| kernel.add_powers(run, hop, n, sums))
    }

    /// Writes the spectrum of `segments` segments whose powers are in `sums`, scaled, in `f64`. NaN for no segments.
    ///
    /// # Panics
    /// If `sums` has other than [`n_sums`](Self::n_sums) values or `out` other than [`n_bins`](Self::n_bins).
    pub fn write(&self, sums: &[f64], segments: u64, out: &mut [f64]) {
        assert_eq!((sums.len(), out.len()), (self.n_sums(), self.n_bins()), "sums and bins of this plan");
        for (bin, out) in out.iter_mut().enumerate() {
            let source = self.layout.source(bin);
            *out = sums[source.bin] / segments as f64 * source.factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::welch::welch_with;

    #[test]
    fn policies_agree_with_the_plan_of_whole_signals() {
        let mut x: Vec<f32> = (0..3000).map(|i| (i * i % 101) as f32).collect();
        x[700] = f32::NAN;
        for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 3 }, NanPolicy::Propagate] {
            let params = PsdParams::new(100.0, 128).nan(nan);
            let plan = WelchSums::<f32>::new(params.clone()).unwrap();
            let (mut sums, mut psd) = (vec![0.0; plan.n_sums()], vec![0.0; plan.n_bins()]);
            let coverage = plan.add(&x, &mut sums).unwrap();
            plan.write(&sums, coverage.segments, &mut psd);
            let whole = welch_with(&x, &params).unwrap();
            assert_eq!(coverage, whole.coverage, "{nan}");
            for (a, b) in psd.iter().zip(&whole.values) {
                assert!((*a as f32).to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{nan}: {a} {b}");
            }
        }
    }

    #[test]
    fn refusals_add_nothing() {
        let plan = WelchSums::<f64>::new(PsdParams::new(1.0, 8)).unwrap();
        let mut sums = vec![0.0; 5];
        let mut x = vec![1.0; 20];
        assert_eq!(plan.add(&x[..7], &mut sums).unwrap().segments, 0);
        x[19] = f64::INFINITY;
        assert!(plan.add(&x, &mut sums).is_err());
        assert!(plan.add(&x, &mut sums[1..]).is_err());
        assert_eq!(sums, [0.0; 5]);
        assert!(WelchSums::<f64>::new(PsdParams::new(1.0, 8).average(Average::Max)).is_err());
    }
}
