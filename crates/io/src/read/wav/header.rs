//! The chunks before the samples.

use super::{Chunks, PcmLayout, is_placeholder};
use crate::read::coded::{Codec, CodedLayout, MS_COEFFICIENTS};
use crate::read::sample::{SampleKind, SampleType};
use crate::read::source::Source;
use crate::{Error, Place, Result};

pub(super) struct Header {
    pub(super) coding: Coding,
    /// Offset of the format chunk's content.
    pub(super) format_at: u64,
}

pub(super) enum Coding {
    /// Samples that are not coded.
    Pcm(PcmLayout),
    /// Samples that are coded in blocks.
    Blocks(CodedLayout),
    /// An unsupported format tag.
    Other(u16),
}

/// The `fmt ` chunk.
pub(super) struct FormatChunk {
    tag: u16,
    channels: u16,
    rate: u32,
    block_align: u16,
    bits: u16,
    at: u64,
    /// The coefficients of Microsoft's ADPCM.
    coefficients: Vec<[i32; 2]>,
}

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const EXTENSIBLE: u16 = 0xfffe;

/// Byte order of the header's numbers.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, b: [u8; 2]) -> u16 {
        if self.big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    fn u32(self, b: [u8; 4]) -> u32 {
        if self.big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }
}

/// Reads up to the first sample.
pub(super) fn parse(source: &mut Source) -> Result<Header> {
    let riff: [u8; 12] = source.exact("the RIFF header")?;
    let order = Order { big: riff.starts_with(b"RIFX") };
    let is_riff = matches!(&riff[..4], b"RIFF" | b"RIFX" | b"RF64" | b"BW64");
    if !is_riff || &riff[8..] != b"WAVE" {
        return Err(Error::malformed(source.name(), Place::Byte(0), "no RIFF…WAVE header"));
    }
    let mut format = None;
    let mut long_size = None;
    let mut fact = None;
    loop {
        let at = source.position();
        let head: [u8; 8] = source.exact("a chunk's header (no data chunk was found before it)")?;
        let [i0, i1, i2, i3, s0, s1, s2, s3] = head;
        let (id, size) = ([i0, i1, i2, i3], order.u32([s0, s1, s2, s3]));
        let mut taken = 0;
        match &id {
            b"fmt " => {
                let (chunk, bytes) = parse_format(source, size, order.big)?;
                format = Some(chunk);
                taken = bytes;
            }
            b"ds64" if size >= 16 => {
                let sizes: [u8; 16] = source.exact("the ds64 chunk")?;
                let [.., a, b, c, d, e, f, g, h] = sizes;
                long_size = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
                taken = 16;
            }
            b"fact" if size >= 4 => {
                let frames: [u8; 4] = source.exact("the fact chunk")?;
                fact = Some(u64::from(order.u32(frames)));
                taken = 4;
            }
            b"data" => {
                let Some(format) = format else {
                    let reason = "the data chunk comes before any format chunk";
                    return Err(Error::malformed(source.name(), Place::Byte(at), reason));
                };
                let bytes = data_size(source, size, long_size)?;
                let chunks = Chunks::Riff { big_endian: order.big };
                return finish(source, &format, bytes, fact, chunks, order.big);
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        let rest = u64::from(size).saturating_sub(taken) + u64::from(size & 1);
        let skipped = source.skip(rest)?;
        if skipped < rest {
            let name = String::from_utf8_lossy(&id).into_owned();
            let reason =
                format!("chunk '{name}' at byte {at} claims {size} bytes and no data chunk was found");
            return Err(Error::truncated(source.name(), source.position(), reason));
        }
    }
}

/// Returns the format chunk and the number of bytes read.
pub(super) fn parse_format(source: &mut Source, size: u32, big: bool) -> Result<(FormatChunk, u64)> {
    let order = Order { big };
    let at = source.position();
    if size < 14 {
        let reason = format!("a format chunk of {size} bytes, at least 14 are needed");
        return Err(Error::malformed(source.name(), Place::Byte(at), reason));
    }
    let mut bytes = [0; 256];
    let take = bytes.len().min(size as usize);
    let got = source.fill(&mut bytes[..take])?;
    if got < take {
        let reason = format!("the format chunk needs {take} bytes, {got} are left");
        return Err(Error::truncated(source.name(), source.position(), reason));
    }
    let word = |i: usize| order.u16([bytes[i], bytes[i + 1]]);
    let rate = order.u32([bytes[4], bytes[5], bytes[6], bytes[7]]);
    let (mut tag, channels, block_align) = (word(0), word(2), word(12));
    // The oldest files do not state the bits per sample, which follow from the frame size.
    let bits = if take >= 16 { word(14) } else { (block_align / channels.max(1)).saturating_mul(8) };
    if tag == EXTENSIBLE && take >= 26 {
        tag = word(24);
    }
    let mut coefficients = Vec::new();
    if tag == MS_ADPCM && take >= 22 {
        let signed = |i: usize| i32::from(word(i).cast_signed());
        let pairs = usize::from(word(20)).min((take - 22) / 4);
        coefficients.extend((0..pairs).map(|pair| [signed(22 + 4 * pair), signed(24 + 4 * pair)]));
    }
    Ok((FormatChunk { tag, channels, rate, block_align, bits, at, coefficients }, take as u64))
}

/// Returns the number of bytes of samples, or `None` if the header does not state it.
fn data_size(source: &mut Source, size: u32, long_size: Option<u64>) -> Result<Option<u64>> {
    if let (u32::MAX, Some(long)) = (size, long_size) {
        return Ok(Some(long).filter(|long| *long != 0 && *long != u64::MAX));
    }
    if is_placeholder(size) && source.left().is_none_or(|left| left < u64::from(size)) {
        return Ok(None);
    }
    if size == 0 && !chunk_follows(source)? {
        return Ok(None);
    }
    Ok(Some(size.into()))
}

/// Returns whether chunks follow up to the end of the file; a size of 0 is then correct.
fn chunk_follows(source: &mut Source) -> Result<bool> {
    let left = source.left();
    let head = source.peek(8)?;
    Ok(match head {
        [] => true,
        [i0, i1, i2, i3, s0, s1, s2, s3] if [i0, i1, i2, i3].iter().all(|b| matches!(b, b' '..=b'~')) => {
            let size = u64::from(u32::from_le_bytes([*s0, *s1, *s2, *s3]));
            left.is_some_and(|left| size + 8 <= left && (left - size - 8) % 2 == size % 2 && left - size <= 9)
        }
        _ => false,
    })
}

/// Derives the layout from the format chunk and the size of the samples.
pub(super) fn finish(
    source: &Source,
    format: &FormatChunk,
    bytes: Option<u64>,
    fact: Option<u64>,
    chunks: Chunks,
    big_endian: bool,
) -> Result<Header> {
    let coding = layout(source, format, bytes, fact, chunks, big_endian)?;
    Ok(Header { coding, format_at: format.at })
}

fn layout(
    source: &Source,
    format: &FormatChunk,
    bytes: Option<u64>,
    fact: Option<u64>,
    chunks: Chunks,
    big_endian: bool,
) -> Result<Coding> {
    let bad = |reason: String| Err(Error::malformed(source.name(), Place::Byte(format.at), reason));
    if format.channels == 0 {
        return bad("the format chunk says 0 channels".into());
    }
    let codec = match format.tag {
        IMA_ADPCM => Some(Codec::ImaWav),
        MS_ADPCM if format.coefficients.is_empty() => Some(Codec::Ms(MS_COEFFICIENTS.to_vec())),
        MS_ADPCM => Some(Codec::Ms(format.coefficients.clone())),
        _ => None,
    };
    if let Some(codec) = codec {
        return Ok(Coding::Blocks(CodedLayout {
            codec,
            channels: format.channels.into(),
            rate: format.rate.into(),
            block: format.block_align.into(),
            bytes,
            frames: fact.filter(|frames| *frames > 0),
        }));
    }
    let per_sample = match format.block_align / format.channels {
        0 => usize::from(format.bits.div_ceil(8)),
        bytes => usize::from(bytes),
    };
    let kind = match (format.tag, per_sample) {
        (PCM, 1) => SampleKind::U8,
        (PCM, 2) => SampleKind::S16,
        (PCM, 3) => SampleKind::S24,
        (PCM, 4) => SampleKind::S32,
        (FLOAT, 4) => SampleKind::F32,
        (FLOAT, 8) => SampleKind::F64,
        (A_LAW, _) => SampleKind::ALaw,
        (MU_LAW, _) => SampleKind::MuLaw,
        (PCM | FLOAT, _) => {
            let kind = if format.tag == PCM { "integer" } else { "float" };
            return bad(format!(
                "{kind} samples of {per_sample} bytes ({} bits) do not exist in WAV",
                format.bits
            ));
        }
        (tag, _) => return Ok(Coding::Other(tag)),
    };
    let per_sample = kind.bytes();
    let frame = per_sample as u64 * u64::from(format.channels);
    if format.block_align != 0 && u64::from(format.block_align) != frame {
        let (align, channels) = (format.block_align, format.channels);
        return bad(format!("frames of {align} bytes cannot hold {channels} equal channels"));
    }
    Ok(Coding::Pcm(PcmLayout {
        sample: SampleType { kind, big_endian },
        channels: format.channels.into(),
        rate: format.rate.into(),
        frames: bytes.map(|bytes| bytes / frame),
        chunks,
    }))
}
