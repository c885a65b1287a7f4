//! Channels stored one after the other.

use crate::read::reader::Chunk;
use crate::read::sample::{SampleType, Scale, Target, decode};
use crate::read::source::Source;
use crate::{Error, Result};

/// Largest number of samples of all channels per read.
const BUDGET: usize = 1 << 22;
/// Bytes converted at a time.
const PIECE: usize = 256 * 1024;

pub(in crate::read) struct Planar {
    source: Source,
    /// Offset of the first channel.
    start: u64,
    sample: SampleType,
    /// Numbers per sample: 2 for complex samples.
    per: usize,
    frames: u64,
    next: u64,
    buffer: Vec<u8>,
}

impl Planar {
    /// Creates a reader; `source` is seekable and positioned at the first element.
    pub(in crate::read) fn new(source: Source, sample: SampleType, per: usize, frames: u64) -> Self {
        let start = source.position();
        Self { source, start, sample, per, frames, next: 0, buffer: Vec::new() }
    }

    /// Moves to a sample.
    pub(in crate::read) fn seek(&mut self, frame: u64) -> bool {
        self.next = frame.min(self.frames);
        true
    }

    pub(in crate::read) fn read<T: Target>(
        &mut self,
        planes: &mut [Vec<T>],
        max_frames: usize,
    ) -> Result<Chunk> {
        let left = usize::try_from(self.frames - self.next).unwrap_or(usize::MAX);
        let count = max_frames.min(left).min((BUDGET / planes.len()).max(1));
        if count == 0 {
            return Ok(Chunk::End);
        }
        let element = self.per * self.sample.kind.bytes();
        for (channel, planes) in planes.chunks_mut(self.per).enumerate() {
            let before = channel as u64 * self.frames + self.next;
            self.source.seek_to(self.start + before * element as u64);
            let mut done = 0;
            while done < count {
                let bytes = (count - done).min(PIECE / element) * element;
                if self.buffer.len() < bytes {
                    self.buffer.resize(bytes, 0);
                }
                let got = self.source.fill(&mut self.buffer[..bytes])?;
                if got < bytes {
                    let reason = format!("channel {} ends after {} samples", channel + 1, self.next);
                    return Err(Error::truncated(self.source.name(), self.source.position(), reason));
                }
                decode(&self.buffer[..bytes], self.sample, Scale::Counts, planes);
                done += bytes / element;
            }
        }
        self.next += count as u64;
        Ok(Chunk::Data(count))
    }
}
