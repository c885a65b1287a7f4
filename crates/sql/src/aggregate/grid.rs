//! The absolute grid of segments: segment `s` has the samples `s·hop … s·hop + segment_len − 1`, counted from time
//! zero. The segments do not depend on the boundaries of partitions.

use crate::error;
use crate::rows::Number;
use datafusion::common::{DataFusionError, Result};
use rlx_dsp::welch::WelchSums;

/// Name in messages.
pub(super) const NAME: &str = "psd_agg";

/// Number of segments that are collected before a run of samples is transformed: enough to fill the kernels.
const WAITED_SEGMENTS: i64 = 32;

/// The grid of segments and the plan that transforms them.
#[derive(Debug, Clone)]
pub(super) struct Grid<T: Number> {
    /// Distance between the starts of consecutive segments, in samples.
    pub(super) hop: i64,
    /// Segment length in samples, at least `hop`.
    pub(super) segment: i64,
    /// The transform.
    pub(super) plan: WelchSums<T>,
}

/// Sum of the powers of complete segments.
#[derive(Debug, Clone, Default)]
pub(super) struct Total {
    /// One sum per bin of the transform; empty if there is no segment.
    pub(super) sums: Vec<f64>,
    /// Their number.
    pub(super) segments: u64,
}

impl Total {
    /// Adds another total.
    pub(super) fn merge(&mut self, sums: &[f64], segments: u64) {
        if self.sums.is_empty() {
            self.sums = sums.to_vec();
        } else {
            self.sums.iter_mut().zip(sums).for_each(|(own, sum)| *own += sum);
        }
        self.segments += segments;
    }
}

impl<T: Number> Grid<T> {
    /// Returns the first segment that starts at or after a sample.
    pub(super) fn first_segment(&self, sample: i64) -> i64 {
        sample.div_euclid(self.hop) + i64::from(sample.rem_euclid(self.hop) != 0)
    }

    /// Returns the first segment that ends after a sample index (exclusive): the next incomplete one.
    pub(super) fn next_segment(&self, end: i64) -> i64 {
        (end - self.segment).div_euclid(self.hop) + 1
    }

    /// Returns the number of buffered samples from which a transform is worthwhile.
    pub(super) fn enough(&self) -> usize {
        (self.segment + WAITED_SEGMENTS * self.hop) as usize
    }

    /// Returns the end of the samples that segments before `segment` need.
    pub(super) fn end_before(&self, segment: i64) -> i64 {
        (segment - 1) * self.hop + self.segment
    }

    /// Adds `count` segments of `samples` at distance `hop`.
    pub(super) fn add(&mut self, samples: &[T], count: i64, total: &mut Total) -> Result<()> {
        if count <= 0 {
            return Ok(());
        }
        total.sums.resize(self.plan.n_sums(), 0.0);
        let len = ((count - 1) * self.hop + self.segment) as usize;
        let coverage = self.plan.add(&samples[..len], &mut total.sums).map_err(numeric)?;
        total.segments += coverage.segments;
        Ok(())
    }
}

fn numeric(error: rlx_dsp::Error) -> DataFusionError {
    error::numeric(NAME, "value", error, |row| row)
}
