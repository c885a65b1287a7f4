//! The samples of one signal, block by block.

use super::clock::Clock;
use super::{InputSample, Signal};
use crate::console::Console;
use crate::progress::Progress;
use rlx_io::read::{Chunk, SignalReader};
use std::collections::VecDeque;

/// Values read at a time, over all channels: few enough to stay in the cache until they are used.
const BUDGET: usize = 1 << 18;

/// Result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Samples, the same number in every channel.
    Data,
    /// The recording is interrupted here.
    Gap,
    /// The end.
    End,
}

/// Reads the selected range of the selected channels.
///
/// A truncated file yields its samples and then [`Step::End`]; [`truncated`](Self::truncated) returns the error.
pub(crate) struct Blocks<S: InputSample> {
    reader: Box<dyn SignalReader>,
    planes: Vec<Vec<S::Plane>>,
    wanted: Vec<usize>,
    current: Vec<Vec<S>>,
    /// Blocks that were read ahead.
    ahead: VecDeque<(Step, Vec<Vec<S>>)>,
    /// Largest number of samples per channel and read.
    most: usize,
    /// The selected range and the next sample of the reader, on the time axis of the recording.
    from: f64,
    until: f64,
    position: f64,
    clock: Clock,
    /// Samples of the file that were skipped before the first selected one.
    skipped: u64,
    delivered: u64,
    truncated: Option<rlx_io::Error>,
    progress: Progress,
}

impl<S: InputSample> Blocks<S> {
    pub(crate) fn new(reader: Box<dyn SignalReader>, signal: &Signal, console: &Console) -> Self {
        let planes: Vec<_> = (0..reader.info().planes()).map(|_| Vec::new()).collect();
        let progress = Progress::new(console, &signal.source, signal.frames);
        Self {
            most: (BUDGET / planes.len().max(1)).clamp(64, 1 << 16),
            planes,
            wanted: signal.channels.iter().map(|(index, _)| *index).collect(),
            current: vec![Vec::new(); signal.channels.len()],
            ahead: VecDeque::new(),
            from: signal.from,
            until: signal.until,
            position: signal.first,
            clock: signal.clock.clone(),
            skipped: 0,
            delivered: 0,
            truncated: None,
            progress,
            reader,
        }
    }

    /// Reads the next block; afterwards [`channel`](Self::channel) returns the new samples.
    pub(crate) fn next(&mut self) -> rlx_io::Result<Step> {
        let step = match self.ahead.pop_front() {
            Some((step, block)) => {
                self.current = block;
                step
            }
            None => self.read()?,
        };
        if step == Step::End {
            self.progress.finish();
        }
        Ok(step)
    }

    /// Returns the samples of the `index`-th selected channel in this block.
    pub(crate) fn channel(&self, index: usize) -> &[S] {
        &self.current[index]
    }

    /// Returns all selected channels of this block.
    pub(crate) fn channels(&self) -> &[Vec<S>] {
        &self.current
    }

    /// Reads ahead until `frames` samples are stored, or to the end. Returns the number of all samples if the end was
    /// reached.
    pub(crate) fn look_ahead(&mut self, frames: u64) -> rlx_io::Result<Option<u64>> {
        let mut seen = 0;
        for (step, block) in &self.ahead {
            match step {
                Step::Data => seen += block[0].len() as u64,
                Step::Gap => {}
                Step::End => return Ok(Some(seen)),
            }
        }
        while seen < frames {
            let step = self.read()?;
            seen += if step == Step::Data { self.current[0].len() as u64 } else { 0 };
            self.ahead.push_back((step, self.current.clone()));
            if step == Step::End {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }

    /// Limits the samples per read; a pipe is read until this many samples arrived.
    pub(crate) fn limit(&mut self, frames: usize) {
        self.most = self.most.min(frames.max(1));
    }

    /// Returns the samples per channel read so far.
    pub(crate) fn frames(&self) -> u64 {
        self.delivered
    }

    /// Returns the error of a truncated file.
    pub(crate) fn truncated(self) -> Option<rlx_io::Error> {
        self.truncated
    }

    /// Returns the present notes of the reader.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.reader.info().notes.clone()
    }

    fn read(&mut self) -> rlx_io::Result<Step> {
        loop {
            self.current.iter_mut().for_each(Vec::clear);
            if (self.until - self.position).round() < 1.0 {
                return Ok(Step::End);
            }
            let chunk = match S::read(self.reader.as_mut(), &mut self.planes, self.most) {
                Ok(chunk) => chunk,
                Err(error @ rlx_io::Error::Truncated { .. }) => {
                    self.truncated = Some(error);
                    return Ok(Step::End);
                }
                Err(error) => return Err(error),
            };
            match chunk {
                Chunk::End => return Ok(Step::End),
                Chunk::Gap { frames } => {
                    self.position += frames;
                    if self.delivered > 0 {
                        return Ok(Step::Gap);
                    }
                }
                Chunk::Data(frames) => {
                    self.progress.advance(frames);
                    let at = self.position;
                    self.position += frames as f64;
                    // Casts of floats saturate.
                    let dropped = ((self.from - at).round().max(0.0) as usize).min(frames);
                    let first = at + dropped as f64;
                    let kept = ((self.until - first).round().max(0.0) as usize).min(frames - dropped);
                    if kept == 0 {
                        self.skipped += if self.delivered == 0 { frames as u64 } else { 0 };
                        continue;
                    }
                    if self.delivered == 0 {
                        self.clock.set_skipped(self.skipped + dropped as u64);
                    }
                    self.clock.set(self.delivered, first);
                    self.delivered += kept as u64;
                    for (&channel, out) in self.wanted.iter().zip(&mut self.current) {
                        S::take(&mut self.planes, channel, out);
                        out.truncate(dropped + kept);
                        out.drain(..dropped);
                    }
                    return Ok(Step::Data);
                }
            }
        }
    }
}
