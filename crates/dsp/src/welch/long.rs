//! Welch's average of a long signal on many threads.
//!
//! ```text
//! a round is so many segments;  cut it at segments into stretches;  stretch p → accumulator p   (in parallel)
//! at the end:                   merge the accumulators in order
//! ```
//! Where the cuts lie depends on the parameters and the position alone, so neither the number of threads nor the lengths of
//! the blocks change a bit of the answer.

use std::ops::Range;

use rayon::prelude::*;

use super::accumulator::WelchAccumulator;
use super::params::PsdParams;
use super::psd::Psd;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::NanPolicy;
use crate::params::{SegmentParams, Workers};

/// Samples of a round, if its segments are not longer.
const ROUND: usize = 1 << 21;
/// Segments of a round at least: long ones are shared, too.
const FEWEST: usize = 16;
/// Stretches of a round at most.
const PARTS: usize = 32;

/// Signals of this many samples are processed in parallel chunks by every [`Welch`](super::Welch) plan.
pub(super) const LONG: usize = 1 << 20;
/// Fewest segments of such a signal: each chunk has buffers for a whole transform.
pub(super) const MANY: usize = 256;

/// One signal that arrives in blocks and is averaged by all threads of a [`Welch`](super::Welch) plan. Blocks continue a
/// stretch as in [`WelchAccumulator`]; the result is that of one accumulator, except for the order of its f64 sums.
///
/// ```
/// use rlx_dsp::welch::{PsdParams, Welch};
///
/// let plan = Welch::<f32>::new(PsdParams::new(1000.0, 256))?;
/// let mut stream = plan.stream()?;
/// for block in 0..100 {
///     let samples: Vec<f32> = (0..5000).map(|i| ((block * 5000 + i) as f32 * 0.25).sin()).collect();
///     stream.push(&samples)?;
/// }
/// assert!((stream.finish()?.peak_freq().unwrap() - 39.8).abs() < 0.1);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug)]
pub struct WelchStream<S: Sample> {
    params: PsdParams,
    /// Number of segments per round.
    segments: usize,
    parts: Vec<WelchAccumulator<S>>,
    threads: Workers,
    /// Samples of an incomplete round.
    pending: Vec<S>,
    /// Position of the first sample that is not processed yet.
    start: u64,
}

impl<S: Sample> WelchStream<S> {
    /// Returns whether these parameters allow chunked processing; interpolation does not, because a gap may span a
    /// chunk boundary.
    #[must_use]
    pub fn supports(params: &PsdParams) -> bool {
        !matches!(params.nan, NanPolicy::Interpolate { .. })
    }

    /// Empty chunks like `one`, which has taken nothing.
    pub(super) fn new(one: WelchAccumulator<S>, threads: Workers) -> Result<Self> {
        let params = one.params().clone();
        if !Self::supports(&params) {
            return Err(Error::argument("nan", "a gap to be interpolated may lie across a cut"));
        }
        let segments =
            (ROUND.saturating_sub(params.segments.segment_len) / params.segments.hop + 1).max(FEWEST);
        let parts = vec![one; parts(segments, segments.saturating_mul(params.segments.hop))];
        Ok(Self { params, segments, parts, threads, pending: Vec::new(), start: 0 })
    }

    /// Continues the stretch.
    ///
    /// # Errors
    /// [`Error::NonFinite`] under [`NanPolicy::Error`] with the position counted from the first sample ever pushed. The
    /// average is of no use after that.
    pub fn push(&mut self, block: &[S]) -> Result<()> {
        self.push_while(block, || true).map(drop)
    }

    /// [`push`](Self::push) that asks `go_on`, on the calling thread, before each round of some two million samples; false
    /// ends it.
    ///
    /// # Errors
    /// Those of [`push`](Self::push).
    pub fn push_while(&mut self, mut block: &[S], mut go_on: impl FnMut() -> bool) -> Result<bool> {
        let SegmentParams { hop, segment_len, .. } = self.params.segments;
        let advance = self.segments * hop;
        let round = advance.max(advance - hop + segment_len);
        while self.pending.len() + block.len() >= round {
            if !go_on() {
                return Ok(false);
            }
            if self.pending.is_empty() {
                self.round(&block[..round], advance)?;
                block = &block[advance..];
            } else {
                let (head, tail) = block.split_at(round.saturating_sub(self.pending.len()));
                let mut full = std::mem::take(&mut self.pending);
                full.extend_from_slice(head);
                self.round(&full, advance)?;
                full.drain(..advance);
                self.pending = full;
                block = tail;
            }
        }
        self.pending.extend_from_slice(block);
        Ok(true)
    }

    /// Ends the stretch; samples that do not fill a segment are dropped.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_gap(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.pending);
        self.round(&rest, rest.len())
    }

    /// The average over everything.
    ///
    /// # Errors
    /// As [`push`](Self::push) and [`WelchAccumulator::finish`].
    pub fn finish(mut self) -> Result<Psd<S::Real>> {
        self.push_gap()?;
        let (len, segment) =
            (usize::try_from(self.start).unwrap_or(usize::MAX), self.params.segments.segment_len);
        let mut parts = self.parts.into_iter();
        let first = parts.next().ok_or(Error::TooShort { len, segment })?;
        let merged = parts.try_fold(first, |mut all, part| all.merge(part).map(|()| all));
        merged.and_then(WelchAccumulator::finish).map_err(|error| match error {
            // Neighbours have counted the samples of their overlap twice.
            Error::TooShort { segment, .. } => Error::TooShort { len, segment },
            other => other,
        })
    }

    /// Takes the segments of `x`, which is a stretch of its own, and goes `advance` samples ahead.
    fn round(&mut self, x: &[S], advance: usize) -> Result<()> {
        let parts = parts(self.params.segment_count(x.len()), x.len()).min(self.parts.len());
        let mut ranges = self.params.segments.stretches(x.len(), parts);
        // Samples between segments and behind the last one are looked at, too.
        for next in 1..ranges.len() {
            ranges[next - 1].end = ranges[next - 1].end.max(ranges[next].start);
        }
        match ranges.last_mut() {
            Some(last) => last.end = last.end.max(advance.min(x.len())),
            None => ranges.push(0..x.len()),
        }
        let start = self.start;
        let take = |(part, range): (&mut WelchAccumulator<S>, Range<usize>)| {
            let first = (start + range.start as u64).wrapping_sub(part.samples());
            part.push(&x[range]).and_then(|()| part.push_gap()).map_err(|error| match error {
                // A part counts its own samples only.
                Error::NonFinite { row, index, value } => {
                    Error::NonFinite { row, index: index.wrapping_add(first), value }
                }
                other => other,
            })
        };
        let accumulators = &mut self.parts;
        let done: Vec<Result<()>> = match &self.threads {
            Workers::Caller => accumulators.iter_mut().zip(ranges).map(take).collect(),
            threads => threads.install(|| accumulators.par_iter_mut().zip(ranges).map(take).collect()),
        };
        // The first one's error, whichever thread was first.
        done.into_iter().collect::<Result<()>>()?;
        self.start += advance as u64;
        Ok(())
    }
}

/// Stretches that so many segments of so many samples are worth: 64 segments fill the lanes of every kernel, and so many
/// samples keep a thread busy however few segments they are.
fn parts(segments: usize, samples: usize) -> usize {
    (segments / 64).max(samples >> 16).min(segments).clamp(1, PARTS)
}

#[cfg(test)]
mod tests {
    use rlx_testkit::noise;

    use super::*;
    use crate::scaling::Average;
    use crate::welch::{Welch, welch_with};
    use crate::window::Window;

    fn stream(params: &PsdParams, threads: usize) -> WelchStream<f32> {
        let plan = Welch::new(params.clone()).and_then(|plan| plan.with_threads(threads));
        plan.and_then(|plan| plan.stream()).expect("valid")
    }

    fn run(params: &PsdParams, x: &[f32], threads: usize, block: usize) -> Psd<f32> {
        let mut long = stream(params, threads);
        x.chunks(block).try_for_each(|block| long.push(block)).expect("finite");
        long.finish().expect("enough samples")
    }

    /// One accumulator, block by block.
    fn accumulated(params: &PsdParams, x: &[f32]) -> Psd<f32> {
        let mut one = WelchAccumulator::with_stored_segments(params.clone(), 1 << 20).expect("valid");
        x.chunks(1 << 16).try_for_each(|block| one.push(block)).expect("finite");
        one.finish().expect("enough samples")
    }

    #[test]
    fn the_answer_is_that_of_one_pass_on_any_number_of_threads_and_in_any_blocks() {
        let mut x = noise(7, 2 * ROUND + 12_345);
        x[ROUND + 7] = f32::NAN;
        for (n_fft, hop, average) in [
            (256, 128, Average::Mean),
            (300, 299, Average::Max),
            (64, 40, Average::Mean),
            (64, 100, Average::Min),
        ] {
            let params = PsdParams::new(1.0, n_fft).hop(hop).average(average).nan(NanPolicy::SkipSegment);
            let one = run(&params, &x, 1, x.len());
            assert_eq!(one, run(&params, &x, 3, 1 << 18));
            assert_eq!(one, run(&params, &x, 2, x.len()));
            // What a plan does with a long signal by itself.
            assert_eq!(one, welch_with(&x, &params).expect("enough samples"));
            let whole = accumulated(&params, &x);
            assert_eq!(one.coverage, whole.coverage);
            let mean = accumulated(&params.clone().average(Average::Mean), &x);
            let total = mean.values.iter().map(|&p| f64::from(p)).sum();
            assert!(is_close(&one.values, &whole.values, total), "{n_fft} {average}");
        }
    }

    /// Segments that are transformed together are rounded in another order: bins differ by what the project's rule for
    /// powers allows, `2δ√(P·S) + δ²S` with `S` the total power of a segment.
    fn is_close(a: &[f32], b: &[f32], total: f64) -> bool {
        let delta = 4.0 * f64::from(f32::EPSILON);
        let close = |(&a, &b): (&f32, &f32)| {
            let (a, b) = (f64::from(a), f64::from(b));
            (a - b).abs() <= 2.0 * delta * (b * total).sqrt() + delta * delta * total
        };
        a.len() == b.len() && a.iter().zip(b).all(close)
    }

    #[test]
    fn given_weights_and_medians() {
        let x = noise(7, 30_000);
        let params = PsdParams::new(1.0, 64)
            .average(Average::Median)
            .window(Window::Custom((0..64).map(|i| 1.0 + f64::from(i)).collect()));
        let mut long = stream(&params, 2);
        long.push(&x).expect("finite");
        let whole = Welch::<f32>::new(params.clone()).and_then(|w| w.run(&x)).expect("enough").values;
        let total = whole.iter().map(|&p| f64::from(p)).sum();
        assert!(is_close(&long.finish().expect("enough").values, &whole, total));
        let interpolate = params.clone().nan(NanPolicy::Interpolate { max_gap: 3 });
        assert!(Welch::<f32>::new(interpolate).and_then(|plan| plan.stream()).is_err());
    }

    #[test]
    fn stretches_faults_and_stops_keep_their_places() {
        let mut x = noise(7, ROUND + 5000);
        let params = PsdParams::new(1.0, 64);
        let mut long = stream(&params, 0);
        long.push(&x[..1000]).and_then(|()| long.push_gap()).expect("finite");
        long.push(&x[1000..3000]).expect("finite");
        assert_eq!(long.finish().expect("enough").coverage.segments, (1000 / 32 - 1) + (2000 / 32 - 1));
        for hop in [32, 100] {
            let params = params.clone().hop(hop);
            for at in [0, 63, 90, ROUND / 3, ROUND + 4999] {
                let kept = std::mem::replace(&mut x[at], f32::NAN);
                let mut long = stream(&params, 0);
                let pushed = x.chunks(1 << 16).try_for_each(|block| long.push(block));
                let error = pushed.and_then(|()| long.finish().map(|_| ())).expect_err("a NaN");
                assert!(
                    matches!(error, Error::NonFinite { index, .. } if index == at as u64),
                    "{at}: {error}"
                );
                x[at] = kept;
            }
        }
        let mut stopped = stream(&params, 0);
        assert_eq!(stopped.push_while(&x, || false), Ok(false));
        let mut short = stream(&params, 1);
        let short = short.push(&x[..9]).and_then(|()| short.finish());
        assert_eq!(short.err(), Some(Error::TooShort { len: 9, segment: 64 }));
    }
}
