//! gzip and zstd around any other format, unpacked as it is read.

use super::source::Source;
use crate::{Error, Place, Result};
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};
use std::path::Path;

/// Formats that must be sought are unpacked to a temporary file of at most this size.
const SPOOL_LIMIT: u64 = 4 << 30;

/// Extensions of compressed files.
const EXTENSIONS: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// Returns the name without the compression's extension: `a.csv` of `a.csv.gz`.
pub(super) fn inner_name(path: &Path) -> &Path {
    let compressed = path
        .extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
    match path.file_stem() {
        Some(stem) if compressed => Path::new(stem),
        _ => path,
    }
}

/// Returns whether the name is that of a compressed file.
pub(super) fn is_named(path: &Path) -> bool {
    inner_name(path) != path
}

/// Returns the unpacked stream of a compressed source; any other as it is.
pub(super) fn unpacked(mut source: Source) -> Result<Source> {
    let name = source.name().to_owned();
    let head = source.peek_some(4)?;
    let stream: Box<dyn Read + Send> = match *head {
        [0x1f, 0x8b, 8, ..] => Box::new(MultiGzDecoder::new(source)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(Frames { source: Some(source), frame: None }),
        _ => return Ok(source),
    };
    let mut unpacked = Source::from_read(name.clone(), stream);
    unpacked.limit_spool(SPOOL_LIMIT);
    // A compressed file in a compressed one is a bomb or a mistake.
    if matches!(*unpacked.peek_some(4)?, [0x1f, 0x8b, 8, ..] | [0x28, 0xb5, 0x2f, 0xfd]) {
        let reason = "a compressed file in a compressed file: unpack it once first";
        return Err(Error::unsupported(&name, Place::File, reason));
    }
    Ok(unpacked)
}

/// One zstd frame after the other.
struct Frames {
    source: Option<Source>,
    frame: Option<Box<StreamingDecoder<Source, ruzstd::decoding::FrameDecoder>>>,
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
            match source.peek_some(4).map_err(super::source::into_io)? {
                [] => {
                    self.source = Some(source);
                    return Ok(0);
                }
                // A frame that is to be skipped.
                [first, 0x2a, 0x4d, 0x18] if first & 0xf0 == 0x50 => {
                    let head: [u8; 8] = source.exact("a skippable frame").map_err(super::source::into_io)?;
                    let [.., a, b, c, d] = head;
                    let len = u64::from(u32::from_le_bytes([a, b, c, d]));
                    source.skip(len).map_err(super::source::into_io)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(inner_name(Path::new("/a/b.csv.gz")), Path::new("b.csv"));
        assert_eq!(inner_name(Path::new("b.npy.ZST")), Path::new("b.npy"));
        assert_eq!(inner_name(Path::new("/a/b.csv")), Path::new("/a/b.csv"));
    }
}
