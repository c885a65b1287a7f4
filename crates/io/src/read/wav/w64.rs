//! Sony Wave64: chunks with 16 bytes of name and 64 bits of size.

use super::header::{self, Header};
use crate::read::format::{Certainty, Descriptor};
use crate::read::source::Source;
use crate::read::{Format, fuzz};
use crate::{Error, Place, Result};

const RIFF: &[u8; 16] = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
/// The last 12 bytes of every other name, after four letters.
const TAIL: &[u8; 12] = b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";

/// The format's entry.
pub(in crate::read) static FORMAT: Descriptor = Descriptor {
    name: "w64",
    aliases: &[],
    title: "W64",
    extensions: &["w64"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, RIFF)),
    open: |mut source, options| {
        let header = parse(&mut source)?;
        super::open(source, Format::W64, header, options)
    },
    fuzz: fuzz::plain,
};

fn parse(source: &mut Source) -> Result<Header> {
    let start: [u8; 40] = source.exact("the W64 header")?;
    if &start[..16] != RIFF || &start[24..28] != b"wave" || &start[28..] != TAIL {
        return Err(Error::malformed(source.name(), Place::Byte(0), "no W64 header"));
    }
    let mut format = None;
    let mut fact = None;
    loop {
        let at = source.position();
        let head: [u8; 24] = source.exact("a chunk's header (no data chunk was found before it)")?;
        let [.., a, b, c, d, e, f, g, h] = head;
        let size = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let Some(content) = size.checked_sub(24) else {
            let reason = format!("a chunk of {size} bytes, at least its header's 24 are needed");
            return Err(Error::malformed(source.name(), Place::Byte(at), reason));
        };
        let known = &head[4..16] == TAIL;
        let mut taken = 0;
        match &head[..4] {
            b"fmt " if known => {
                let (chunk, bytes) =
                    header::parse_format(source, u32::try_from(content).unwrap_or(u32::MAX), false)?;
                format = Some(chunk);
                taken = bytes;
            }
            b"fact" if known && content >= 8 => {
                let frames: [u8; 8] = source.exact("the fact chunk")?;
                fact = Some(u64::from_le_bytes(frames));
                taken = 8;
            }
            b"data" if known => {
                let Some(format) = format else {
                    let reason = "the data chunk comes before any format chunk";
                    return Err(Error::malformed(source.name(), Place::Byte(at), reason));
                };
                // A program that writes to a pipe does not know the size.
                let unknown = content == 0
                    || content >= 1 << 62
                    || u32::try_from(content).is_ok_and(super::is_placeholder);
                let short = source.left().is_none_or(|left| left < content || content == 0);
                let bytes = if unknown && short { None } else { Some(content) };
                return header::finish(source, &format, bytes, fact, super::Chunks::W64, false);
            }
            _ => {}
        }
        let rest = content.saturating_sub(taken) + (size.next_multiple_of(8) - size);
        if source.skip(rest)? < rest {
            let reason = format!("the chunk at byte {at} claims {size} bytes and no data chunk was found");
            return Err(Error::truncated(source.name(), source.position(), reason));
        }
    }
}
