//! MP3 files that were joined: where the first stream ends.
//!
//! Encoders write the number of bytes and frames of a stream into its first frame (`Xing` or `Info`). A decoder stops
//! after them; what follows in a joined file is a further stream, or tags.

use crate::Result;
use crate::read::source::Source;

/// Largest tag before the first frame that is inspected.
const MAX_TAG: u64 = 1 << 20;

/// Returns where the stream at the position of the source ends, if its first frame states this.
pub(super) fn end_of_stream(source: &mut Source) -> Result<Option<u64>> {
    let start = source.position();
    let mut at = 0u64;
    // Tags of ID3v2 may follow each other.
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d] = peeked(source, at, 10)?[..] {
        let size = [a, b, c, d].iter().fold(0u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
        at += 10 + size + if flags & 0x10 == 0 { 0 } else { 10 };
        if at > MAX_TAG {
            return Ok(None);
        }
    }
    let frame = peeked(source, at, 64)?;
    Ok(stated(&frame).map(|bytes| start + at + bytes))
}

fn peeked(source: &mut Source, at: u64, count: usize) -> Result<Vec<u8>> {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    let bytes = source.peek(at + count)?;
    Ok(bytes.get(at..).unwrap_or_default().to_vec())
}

/// Returns the bytes of the stream that a first frame states.
fn stated(frame: &[u8]) -> Option<u64> {
    let head = u32::from_be_bytes(frame.get(..4)?.try_into().ok()?);
    let (version, layer) = (head >> 19 & 3, head >> 17 & 3);
    if head >> 21 != 0x7ff || version == 1 || layer != 1 {
        return None;
    }
    let mono = head >> 6 & 3 == 3;
    let side = match (version == 3, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let tag = frame.get(4 + side..)?;
    if !(tag.starts_with(b"Xing") || tag.starts_with(b"Info")) {
        return None;
    }
    let word = |at: usize| Some(u32::from_be_bytes(tag.get(at..at + 4)?.try_into().ok()?));
    let flags = word(4)?;
    let at = if flags & 1 == 0 { 8 } else { 12 };
    word(at).filter(|bytes| flags & 2 != 0 && *bytes > 0).map(u64::from)
}

/// Returns whether bytes behind a stream are a tag or padding, which no note mentions.
pub(super) fn is_tag(bytes: &[u8]) -> bool {
    let known: [&[u8]; 4] = [b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI"];
    known.iter().any(|tag| bytes.starts_with(tag)) || bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_stream_is_in_its_first_frame() {
        let frame = |head: [u8; 4], side: usize, flags: u8| {
            let mut bytes = head.to_vec();
            bytes.resize(4 + side, 0);
            bytes.extend(b"Info");
            bytes.extend([0, 0, 0, flags, 0, 0, 0, 9, 0, 0, 1, 2]);
            bytes.resize(64, 0);
            bytes
        };
        for (head, side) in [
            ([0xff, 0xfb, 0x90, 0x00], 32),
            ([0xff, 0xfb, 0x90, 0xc0], 17),
            ([0xff, 0xf3, 0x90, 0x00], 17),
            ([0xff, 0xe3, 0x90, 0xc0], 9),
        ] {
            assert_eq!(stated(&frame(head, side, 3)), Some(258), "{head:?}");
            assert_eq!(stated(&frame(head, side, 1)), None);
            let tagged = [&b"ID3\x04\0\0\0\0\0\x05-----"[..], &frame(head, side, 3)].concat();
            let mut source = Source::from_bytes("a.mp3", tagged);
            assert_eq!(end_of_stream(&mut source).unwrap(), Some(15 + 258));
            assert_eq!(source.position(), 0);
        }
        assert_eq!(stated(&frame([0xff, 0xfd, 0x90, 0x00], 32, 3)), None, "layer 2");
        assert_eq!(stated(b"RIFF"), None);
        assert!(is_tag(b"TAGname") && is_tag(&[0; 9]) && !is_tag(b"\xff\xfb"));
    }
}
