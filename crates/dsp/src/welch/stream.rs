//! A signal that arrives in blocks: the NaN policy and the framing, for one channel or two in step.

use super::framer::{Framer, clean_runs};
use super::params::PsdParams;
use super::psd::Coverage;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::{Filled, Interpolator, NanPolicy, first_non_finite};
use crate::params::SegmentParams;

/// Blocks in, runs of segments that may be averaged out.
#[derive(Debug, Clone)]
pub(crate) struct Stream<S, const C: usize> {
    params: PsdParams,
    pub(super) framer: Framer<S, C>,
    /// Of the policy [`NanPolicy::Interpolate`] only.
    pub(super) interpolators: Option<[Interpolator<S>; C]>,
    /// Interpolated samples that wait for the other channel's.
    filled: [Vec<S>; C],
    pub(super) samples: u64,
    pub(super) skipped: u64,
    /// Counts of interpolators that were replaced by a merge.
    pub(super) filled_before: Filled,
}

impl<S: Sample, const C: usize> Stream<S, C> {
    pub(crate) fn new(params: PsdParams) -> Self {
        let interpolators = match params.nan {
            NanPolicy::Interpolate { max_gap } => Some(std::array::from_fn(|_| Interpolator::new(max_gap))),
            _ => None,
        };
        Self {
            params: params.clone(),
            framer: Framer::new(params.segments.segment_len, params.segments.hop),
            interpolators,
            filled: std::array::from_fn(|_| Vec::new()),
            samples: 0,
            skipped: 0,
            filled_before: Filled::default(),
        }
    }

    /// Hands over `least` segments at a time, except under policies that skip segments, which are counted at once.
    pub(crate) fn with_least(mut self, least: usize) -> Self {
        if matches!(self.params.nan, NanPolicy::Error | NanPolicy::Propagate) {
            self.framer = self.framer.with_least(least);
        }
        self
    }

    /// Returns whether complete segments wait for more.
    pub(crate) fn is_waiting(&self) -> bool {
        self.framer.waiting() > 0
    }

    /// Hands over the waiting segments; there are some only under policies that skip none.
    pub(crate) fn flush(&mut self, ready: impl FnMut([&[S]; C], usize)) {
        if self.is_waiting() {
            self.framer.flush(ready);
        }
    }

    pub(crate) fn params(&self) -> &PsdParams {
        &self.params
    }

    /// Samples taken so far, per channel.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    /// Takes blocks of equal length. After an error nothing of them was taken.
    pub(crate) fn push(&mut self, blocks: [&[S]; C], ready: impl FnMut([&[S]; C], usize)) -> Result<()> {
        if self.params.nan == NanPolicy::Error {
            for (row, block) in blocks.iter().enumerate() {
                if let Some((index, value)) = first_non_finite(block) {
                    return Err(Error::NonFinite { row, index: self.samples + index as u64, value });
                }
            }
        }
        self.samples += blocks[0].len() as u64;
        let Some(interpolators) = &mut self.interpolators else {
            self.frame(blocks, ready);
            return Ok(());
        };
        for ((interpolator, block), out) in interpolators.iter_mut().zip(blocks).zip(&mut self.filled) {
            interpolator.push(block, out);
        }
        self.frame_filled(ready);
        Ok(())
    }

    /// Ends the stretch: no segment spans what came before and what comes after.
    pub(crate) fn end_stretch(&mut self, mut ready: impl FnMut([&[S]; C], usize)) {
        self.flush(&mut ready);
        if let Some(interpolators) = &mut self.interpolators {
            for (interpolator, out) in interpolators.iter_mut().zip(&mut self.filled) {
                interpolator.end_stretch(out);
            }
            self.frame_filled(ready);
        }
        self.framer.end_stretch();
    }

    /// Goes on where `other` is, after this stream's stretch has ended.
    pub(crate) fn continue_with(&mut self, other: Self) {
        let before = self.filled_counts();
        self.framer = other.framer;
        self.interpolators = other.interpolators;
        self.filled = other.filled;
        self.samples += other.samples;
        self.skipped += other.skipped;
        self.filled_before = before;
        self.filled_before.add(other.filled_before);
    }

    pub(crate) fn coverage(&self, segments: u64) -> Coverage {
        let segments = segments + self.framer.waiting() as u64;
        Coverage { segments, skipped: self.skipped, filled: self.filled_counts() }
    }

    pub(super) fn filled_counts(&self) -> Filled {
        let mut counts = self.filled_before;
        self.interpolators.iter().flatten().for_each(|i| counts.add(i.counts()));
        counts
    }

    /// Frames as many samples as every channel has.
    fn frame_filled(&mut self, ready: impl FnMut([&[S]; C], usize)) {
        let filled = std::mem::replace(&mut self.filled, std::array::from_fn(|_| Vec::new()));
        let both = filled.iter().map(Vec::len).min().unwrap_or(0);
        self.frame(std::array::from_fn(|c| &filled[c][..both]), ready);
        self.filled = filled;
        self.filled.iter_mut().for_each(|f| drop(f.drain(..both)));
    }

    fn frame(&mut self, blocks: [&[S]; C], mut ready: impl FnMut([&[S]; C], usize)) {
        let SegmentParams { segment_len, hop, .. } = self.params.segments;
        match self.params.nan {
            NanPolicy::Error | NanPolicy::Propagate => self.framer.push(blocks, ready),
            NanPolicy::SkipSegment | NanPolicy::Interpolate { .. } => {
                let skipped = &mut self.skipped;
                self.framer.push(blocks, |run, count| {
                    *skipped += clean_runs(run, segment_len, hop, count, &mut ready);
                });
            }
        }
    }
}
