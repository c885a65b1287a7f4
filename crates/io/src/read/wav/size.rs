//! Sizes in headers: placeholders of unknown sizes, and data after the samples.

use crate::Result;
use crate::read::source::Source;

/// Notation of chunks that may follow the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Chunks {
    /// No chunks.
    Without,
    /// Four bytes of name and a size, in either byte order, padded to an even length.
    Riff {
        /// Most significant byte of the size first.
        big_endian: bool,
    },
    /// Sixteen bytes of name and a size that counts itself, padded to eight bytes.
    W64,
}

/// Returns whether a size is a placeholder that programs write to a pipe, where the size is not known yet: nearly 2
/// GiB (`sox`, `arecord`), nearly 4 GiB (`ffmpeg`), or 7F000000 (`sox`, AIFF), less a part of a frame.
pub(in crate::read) fn is_placeholder(size: u32) -> bool {
    matches!(size, 0x7eff_ff00..=0x7f00_0010 | 0x7fff_ef00..=0x8000_0000 | 0xffff_ef00..=u32::MAX)
}

/// Returns a note if, after the `bytes` of samples from the source's position on, there is data that is not in
/// chunks.
pub(super) fn left_over(source: &Source, bytes: u64, chunks: Chunks) -> Result<Option<String>> {
    let Some(left) = source.left().filter(|left| *left > bytes) else { return Ok(None) };
    let Some(mut fork) = source.fork() else { return Ok(None) };
    let mut at = source.position() + bytes;
    let end = source.position() + left;
    loop {
        let rest = end - at;
        fork.seek_to(at);
        let next = match chunks {
            Chunks::Without => None,
            Chunks::Riff { .. } if rest < 8 => break,
            Chunks::W64 if rest < 24 => break,
            Chunks::Riff { big_endian } => {
                // The samples themselves are padded, too.
                let padded = (at - source.position()) % 2;
                fork.seek_to(at + padded);
                let [i0, i1, i2, i3, s @ ..]: [u8; 8] = match fork.exact("a chunk") {
                    Ok(head) => head,
                    Err(_) => break,
                };
                let named = [i0, i1, i2, i3].iter().all(|b| matches!(b, b' '..=b'~'));
                let size = u64::from(if big_endian { u32::from_be_bytes(s) } else { u32::from_le_bytes(s) });
                named.then_some(padded + 8 + size + size % 2)
            }
            Chunks::W64 => {
                let padded = (at - source.position()).next_multiple_of(8) - (at - source.position());
                fork.seek_to(at + padded);
                let head: [u8; 24] = match fork.exact("a chunk") {
                    Ok(head) => head,
                    Err(_) => break,
                };
                let [.., a, b, c, d, e, f, g, h] = head;
                let size = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
                (size >= 24).then(|| padded.saturating_add(size).next_multiple_of(8))
            }
        };
        match next {
            // The padding of the last chunk may be missing.
            Some(len) if len <= rest + 8 => at = (at + len).min(end),
            _ => {
                return Ok(Some(format!(
                    "{rest} bytes follow the samples that the header counts and are not read; --ignore-length reads to the \
                     end of the file"
                )));
            }
        }
        if at == end {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn sizes_of_streaming_writers() {
        for size in [
            0x7fff_f000,
            0x7fff_ffff,
            0x8000_0000,
            u32::MAX,
            u32::MAX - 36,
            0xffff_f000,
            0x7f00_0000,
            0x7fff_effa,
        ] {
            assert!(is_placeholder(size), "{size:x}");
        }
        for size in [0, 16_000, 0x7f10_0000, 0x7fff_0000, 0x8000_0001, 0x9000_0000, 0xfff0_0000] {
            assert!(!is_placeholder(size), "{size:x}");
        }
    }
}
