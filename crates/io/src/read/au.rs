//! AU (Sun, NeXT): a header of 24 bytes or more, then samples.

use super::format::{Certainty, Descriptor, Readers};
use super::sample::{SampleKind, SampleType};
use super::source::Source;
use super::wav::{Chunks, PcmLayout, PcmReader};
use super::{Format, OpenOptions, fuzz};
use crate::{Error, Place, Result};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "au",
    aliases: &["snd"],
    title: "AU",
    extensions: &["au", "snd"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, b".snd") || head.has(0, b"dns.")),
    open,
    fuzz: fuzz::plain,
};

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    let header: [u8; 24] = source.exact("the AU header")?;
    let big_endian = match &header[..4] {
        b".snd" => true,
        b"dns." => false,
        _ => return Err(Error::malformed(source.name(), Place::Byte(0), "no AU header")),
    };
    let word = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    let (start, size, encoding, rate, channels) = (word(4), word(8), word(12), word(16), word(20));
    let kind = match encoding {
        1 => SampleKind::MuLaw,
        2 => SampleKind::S8,
        3 => SampleKind::S16,
        4 => SampleKind::S24,
        5 => SampleKind::S32,
        6 => SampleKind::F32,
        7 => SampleKind::F64,
        27 => SampleKind::ALaw,
        other => {
            let name = match other {
                23 => "G.721 ADPCM",
                24 => "G.722 ADPCM",
                25 | 26 => "G.723 ADPCM",
                _ => "an encoding",
            };
            let reason =
                format!("{name} ({other}) is not supported; supported are PCM, floats, µ-law and A-law");
            return Err(Error::unsupported(source.name(), Place::Byte(12), reason));
        }
    };
    if channels == 0 || channels > 65_535 || start < 24 {
        let reason = format!("{channels} channels that begin at byte {start}");
        return Err(Error::malformed(source.name(), Place::Byte(20), reason));
    }
    source.skip(u64::from(start) - 24)?;
    let frame = kind.bytes() as u64 * u64::from(channels);
    let layout = PcmLayout {
        sample: SampleType { kind, big_endian },
        channels: channels as usize,
        rate: rate.into(),
        frames: Some(u64::from(size) / frame).filter(|_| size != u32::MAX),
        chunks: Chunks::Without,
    };
    Ok(vec![PcmReader::boxed(source, Format::Au, &layout, options)?])
}
