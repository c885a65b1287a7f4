//! State of an accumulator as plain numbers, to move it between processes.

use super::framer::Framer;
use super::params::PsdParams;
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::{Filled, InterpolatorState};

/// Sums, counts and the unfinished segment of a [`WelchAccumulator`](super::WelchAccumulator). It does not include
/// the parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccumulatorState {
    /// Number of samples.
    pub samples: u64,
    /// Segments averaged.
    pub segments: u64,
    /// Segments skipped.
    pub skipped: u64,
    /// Interpolated samples counted so far.
    pub filled: Filled,
    /// The sum (or the extreme) of each bin of the transform, unscaled.
    pub held: Vec<f64>,
    /// For a median: each segment's bins, one segment after the other.
    pub spectra: Vec<f64>,
    /// Samples from the start of the next segment on, as (re, im).
    pub tail: Vec<(f64, f64)>,
    /// Samples still to be dropped before the next segment starts.
    pub skip: usize,
    /// An open gap of the policy `Interpolate`.
    pub gap: InterpolatorState,
}

impl<S: Sample> Stream<S, 1> {
    pub(super) fn save(&self, state: &mut AccumulatorState) {
        state.samples = self.samples;
        state.skipped = self.skipped;
        state.filled = self.filled_counts();
        let (tail, skip) = self.framer.unfinished();
        state.tail = tail.iter().map(|s| s.parts()).collect();
        state.skip = skip;
        state.gap = self.interpolators.as_ref().map(|[i]| i.state()).unwrap_or_default();
    }

    pub(super) fn restored(params: PsdParams, state: &AccumulatorState) -> Result<Self> {
        let mut stream = Self::new(params.clone());
        if state.tail.len() >= params.segments.segment_len || state.skip > params.segments.hop {
            let reason = format!(
                "an unfinished segment of {} samples, {} to be dropped",
                state.tail.len(),
                state.skip
            );
            return Err(Error::argument("state", reason));
        }
        let tail = state.tail.iter().map(|&(re, im)| S::from_parts(re, im)).collect();
        stream.framer = Framer::resumed(params.segments.segment_len, params.segments.hop, [tail], state.skip);
        if let Some([interpolator]) = &mut stream.interpolators {
            interpolator.resume(&state.gap)?;
        }
        stream.samples = state.samples;
        stream.skipped = state.skipped;
        stream.filled_before = state.filled;
        Ok(stream)
    }
}
