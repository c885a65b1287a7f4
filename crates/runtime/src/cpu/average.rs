//! `Average` of powers in memory.

use rlx_compile::ValueType;
use rlx_compile::params::Average;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::StoredAverage;

use super::program::Step;
use crate::error::Result;

struct Averaging {
    average: StoredAverage,
    segments: usize,
    bins: usize,
    /// Whether segments that contain a missing sample are skipped; all their powers are NaN.
    skip: bool,
}

pub(super) fn step(average: Average, taken: &ValueType, nan: NanPolicy) -> Box<dyn Step> {
    let (segments, bins) = (taken.dims.get(1).copied().unwrap_or(1), taken.last());
    let skip = matches!(nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. });
    Box::new(Averaging { average: StoredAverage::new(average, bins), segments, bins, skip })
}

impl Step for Averaging {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let item = (self.segments * self.bins).max(1);
        for (powers, out) in input.chunks_exact(item).zip(out.chunks_exact_mut(self.bins.max(1))) {
            self.average.average_into(powers, self.skip, out);
        }
        Ok(())
    }
}
