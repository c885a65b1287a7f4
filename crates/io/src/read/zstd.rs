//! zstd, unpacked as it is read.

use super::source::{Source, into_io};
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};

/// One zstd frame after the other.
pub(super) struct Frames {
    source: Option<Source>,
    frame: Option<Box<StreamingDecoder<Source, ruzstd::decoding::FrameDecoder>>>,
}

impl Frames {
    /// The unpacked stream of a source that stands at its first frame.
    pub(super) fn new(source: Source) -> Self {
        Self { source: Some(source), frame: None }
    }
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bad = |error: &dyn std::fmt::Display| {
            io::Error::new(io::ErrorKind::InvalidData, format!("zstd: {error}"))
        };
        loop {
            if let Some(frame) = &mut self.frame {
                let got = frame.read(buffer)?;
                if got > 0 || buffer.is_empty() {
                    return Ok(got);
                }
                self.source = self.frame.take().map(|frame| frame.into_inner());
            }
            let Some(mut source) = self.source.take() else { return Ok(0) };
            match source.peek_some(4).map_err(into_io)? {
                [] => {
                    self.source = Some(source);
                    return Ok(0);
                }
                // A frame that is to be skipped.
                [first, 0x2a, 0x4d, 0x18] if first & 0xf0 == 0x50 => {
                    let head: [u8; 8] = source.exact("a skippable frame").map_err(into_io)?;
                    let [.., a, b, c, d] = head;
                    let len = u64::from(u32::from_le_bytes([a, b, c, d]));
                    source.skip(len).map_err(into_io)?;
                    self.source = Some(source);
                }
                _ => {
                    let frame = StreamingDecoder::new(source).map_err(|e| bad(&e))?;
                    self.frame = Some(Box::new(frame));
                }
            }
        }
    }
}
