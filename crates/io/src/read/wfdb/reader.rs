//! Reads the interleaved signals of one record.

use super::annotations::{self, AnnotationFile};
use super::header::Signal;
use super::samples::Samples;
use crate::read::reader::{BlockReader, Chunk};
use crate::read::sample::Target;
use crate::read::{Annotation, SignalInfo};
use crate::{Error, Result};

/// Frames that are decoded per read.
const FRAMES: usize = 4096;
/// Largest number of values of all channels per read.
pub(super) const BUDGET: usize = 1 << 20;

/// The interleaved signals of one file.
pub(super) struct File {
    pub(super) samples: Samples,
    /// Index of its first signal in the header, and their number.
    pub(super) first: usize,
    pub(super) count: usize,
}

pub(super) struct WfdbReader {
    pub(super) info: SignalInfo,
    pub(super) signals: Vec<Signal>,
    /// Indices of this reader's signals.
    pub(super) wanted: Vec<usize>,
    pub(super) files: Vec<File>,
    pub(super) per_frame: u64,
    pub(super) promised: u64,
    /// The next frame.
    pub(super) next: u64,
    /// Decoded samples that are not delivered yet, by channel.
    pub(super) rest: Vec<std::collections::VecDeque<f64>>,
    pub(super) digital: Vec<i32>,
    pub(super) annotations: AnnotationFile,
}

impl WfdbReader {
    /// Decodes the next frames into `rest`; false at the end.
    fn decode(&mut self, frames: usize) -> Result<bool> {
        let left = usize::try_from(self.promised - self.next).unwrap_or(usize::MAX);
        let frames = frames.min(left);
        if frames == 0 {
            return Ok(false);
        }
        self.rest.resize_with(self.wanted.len(), Default::default);
        let mut whole = frames;
        for file in &mut self.files {
            let signals = &self.signals[file.first..file.first + file.count];
            let width: usize = signals.iter().map(|s| s.per_frame as usize).sum();
            self.digital.clear();
            file.samples.take(frames * width, &mut self.digital)?;
            whole = whole.min(self.digital.len() / width);
            let mut at = 0;
            for (index, signal) in signals.iter().enumerate() {
                let per_frame = signal.per_frame as usize;
                if let Some(plane) = self.wanted.iter().position(|wanted| *wanted == file.first + index) {
                    for frame in self.digital.chunks_exact(width) {
                        let values = frame[at..at + per_frame].iter();
                        self.rest[plane].extend(values.map(|value| signal.physical(*value)));
                    }
                }
                at += per_frame;
            }
        }
        self.next += whole as u64;
        if whole < frames {
            let reason =
                format!("the header promises {} frames, the files have {}", self.promised, self.next);
            let at = self.files.first().map_or(0, |file| file.samples.position());
            let shortest = self.rest.iter().map(std::collections::VecDeque::len).min().unwrap_or(0);
            self.rest.iter_mut().for_each(|plane| plane.truncate(shortest));
            self.promised = self.next;
            return Err(Error::truncated(&self.info.path, at, reason));
        }
        Ok(true)
    }
}

impl BlockReader for WfdbReader {
    fn annotations(&mut self) -> Result<Vec<Annotation>> {
        annotations::read(&self.annotations)
    }

    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let most = max_frames.min((BUDGET / planes.len()).max(1));
        let mut done = 0;
        let mut failed = None;
        while done < most {
            let there = self.rest.first().map_or(0, std::collections::VecDeque::len);
            if there == 0 {
                let width: u64 = self.signals.iter().map(|s| s.per_frame).sum();
                let frames = (BUDGET / usize::try_from(width.max(1)).unwrap_or(BUDGET)).clamp(1, FRAMES);
                match self.decode(frames.min((most / self.per_frame as usize).max(1))) {
                    Ok(true) => continue,
                    Ok(false) => break,
                    Err(error) => failed = Some(error),
                }
            }
            let there = self.rest.first().map_or(0, std::collections::VecDeque::len);
            let take = there.min(most - done);
            for (plane, rest) in planes.iter_mut().zip(&mut self.rest) {
                plane.extend(rest.drain(..take).map(T::of_f64));
            }
            done += take;
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(if done == 0 { Chunk::End } else { Chunk::Data(done) })
    }
}
