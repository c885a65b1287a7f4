//! Interleaved samples after a header, or without one.

use super::reader::Chunk;
use super::sample::{SampleType, Scale, Target, decode};
use super::source::Source;
use crate::read::SignalInfo;
use crate::{Error, Result};

/// Bytes converted at a time: they are still in the L2 cache when they are converted.
const PIECE: usize = 256 * 1024;

/// Consecutive frames of `width` samples, up to a stated number or to the end.
pub(super) struct Body {
    pub(super) source: Source,
    /// Offset of the first sample.
    start: u64,
    sample: SampleType,
    scale: Scale,
    /// Samples of one frame: channels, times two for pairs.
    width: usize,
    /// Frames left of the stated number; `None` reads to the end.
    promised: Option<u64>,
    total: Option<u64>,
    buffer: Vec<u8>,
    /// Bytes of an incomplete frame at the end, if no length was stated.
    pub(super) trailing: usize,
    /// Whether the stated number comes from the length of the file when it was opened.
    by_length: bool,
}

impl Body {
    pub(super) fn new(
        source: Source,
        sample: SampleType,
        scale: Scale,
        width: usize,
        frames: Option<u64>,
    ) -> Self {
        let width = width.max(1);
        Self {
            start: source.position(),
            source,
            sample,
            scale,
            width,
            promised: frames,
            total: frames,
            buffer: Vec::new(),
            trailing: 0,
            by_length: false,
        }
    }

    /// Takes the remaining length of the source as the stated number, if it is known: a file that shrinks is then an
    /// error.
    pub(super) fn promise_length(&mut self) {
        if let (None, Some(left)) = (self.promised, self.source.left()) {
            let frame = self.frame_bytes() as u64;
            self.promised = Some(left / frame);
            self.total = self.promised;
            self.trailing = usize::try_from(left % frame).unwrap_or(0);
            self.by_length = true;
        }
    }

    fn frame_bytes(&self) -> usize {
        self.width * self.sample.kind.bytes()
    }

    /// Returns the number of whole frames left in the source, if its length is known.
    pub(super) fn frames_there(&self) -> Option<u64> {
        self.source.left().map(|left| left / self.frame_bytes() as u64)
    }

    /// Moves to a frame; positions after the stated end are the end. Returns `false` for a forward stream.
    pub(super) fn seek(&mut self, frame: u64) -> bool {
        if !self.source.is_seekable() {
            return false;
        }
        let frame = frame.min(self.total.unwrap_or(u64::MAX));
        let offset = frame.saturating_mul(self.frame_bytes() as u64).saturating_add(self.start);
        self.source.seek_to(offset);
        self.promised = self.total.map(|total| total - frame);
        true
    }

    pub(super) fn read<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let frame = self.frame_bytes();
        let per_piece = (PIECE / frame).max(1);
        let mut done = 0;
        while done < max_frames {
            let promised =
                self.promised.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
            let frames = per_piece.min(max_frames - done).min(promised);
            if frames == 0 {
                break;
            }
            if self.buffer.len() < frames * frame {
                self.buffer.resize(frames * frame, 0);
            }
            let got = self.source.fill(&mut self.buffer[..frames * frame])?;
            let whole = got / frame;
            decode(&self.buffer[..whole * frame], self.sample, self.scale, planes);
            done += whole;
            if let Some(left) = &mut self.promised {
                *left -= whole as u64;
            }
            if whole < frames {
                if self.promised.is_some() {
                    return Err(self.too_short());
                }
                self.trailing = got % frame;
                break;
            }
        }
        Ok(if done == 0 { Chunk::End } else { Chunk::Data(done) })
    }

    /// Adds a note about an incomplete frame at the end, once.
    pub(super) fn note_trailing(&mut self, info: &mut SignalInfo) {
        if self.trailing > 0 {
            let left = std::mem::take(&mut self.trailing);
            info.notes.push(format!("the last {left} bytes are not a whole frame and were left out"));
        }
    }

    fn too_short(&self) -> Error {
        let total = self.total.unwrap_or(0);
        let there = total - self.promised.unwrap_or(0);
        let bytes = self.frame_bytes();
        let reason = if self.by_length {
            format!("the file had {total} frames of {bytes} bytes when it was opened, and {there} are left")
        } else {
            format!("the header promises {total} frames of {bytes} bytes, the file has {there}")
        };
        Error::truncated(self.source.name(), self.source.position(), reason)
    }
}
