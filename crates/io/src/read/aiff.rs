//! AIFF and AIFF-C with PCM, floats, A-law, µ-law or Apple's IMA ADPCM.

use super::coded::{self, Codec, CodedLayout};
use super::format::{Certainty, Descriptor, Readers};
use super::sample::{SampleKind, SampleType};
use super::source::Source;
use super::wav::{Chunks, PcmLayout, PcmReader, is_placeholder};
use super::{Format, OpenOptions, fuzz};
use crate::{Error, Place, Result};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "aiff",
    aliases: &[],
    title: "AIFF",
    extensions: &["aiff", "aif", "aifc"],
    named_extensions: &[],
    detect: |head| {
        Certainty::signature(head.has(0, b"FORM") && (head.has(8, b"AIFF") || head.has(8, b"AIFC")))
    },
    open,
    fuzz: fuzz::plain,
};

/// The COMM chunk.
struct Common {
    channels: u16,
    frames: u32,
    bits: u16,
    rate: f64,
    compression: [u8; 4],
    at: u64,
}

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    let form: [u8; 12] = source.exact("the FORM header")?;
    if &form[..4] != b"FORM" || !matches!(&form[8..], b"AIFF" | b"AIFC") {
        return Err(Error::malformed(source.name(), Place::Byte(0), "no FORM…AIFF header"));
    }
    let is_aifc = &form[8..] == b"AIFC";
    let mut common = None;
    // The samples may precede their description.
    let mut samples = None;
    loop {
        let at = source.position();
        let head: [u8; 8] = match (&common, source.left()) {
            (Some(_), Some(left)) if samples.is_some() && left < 8 => break,
            _ => source.exact("a chunk's header (COMM and SSND were not both found before it)")?,
        };
        let [i0, i1, i2, i3, s0, s1, s2, s3] = head;
        let size = u32::from_be_bytes([s0, s1, s2, s3]);
        let mut taken = 0;
        match &[i0, i1, i2, i3] {
            b"COMM" => {
                let (chunk, bytes) = parse_common(&mut source, is_aifc, size)?;
                common = Some(chunk);
                taken = bytes;
            }
            b"SSND" => {
                let [o0, o1, o2, o3, ..]: [u8; 8] = source.exact("the SSND chunk")?;
                let offset = u64::from(u32::from_be_bytes([o0, o1, o2, o3]));
                let start = source.position() + offset;
                // A program that writes to a pipe does not know the size.
                let unknown = size <= 8 || is_placeholder(size) || is_placeholder(size - 8);
                let there = source.left().map(|left| left.saturating_sub(offset));
                let short = there.is_none_or(|there| there < u64::from(size) || (size <= 8 && there > 8));
                let bytes =
                    if unknown && short { None } else { Some(u64::from(size).saturating_sub(8 + offset)) };
                samples = Some((start, bytes));
                taken = 8;
            }
            _ => {}
        }
        if common.is_some() && samples.is_some() {
            break;
        }
        // Chunks are padded to an even length.
        let rest = u64::from(size).saturating_sub(taken) + u64::from(size & 1);
        let skipped = source.skip(rest)?;
        if skipped < rest {
            let reason = format!("the chunk at byte {at} claims {size} bytes, {} are there", taken + skipped);
            return Err(Error::truncated(source.name(), source.position(), reason));
        }
    }
    let (Some(common), Some((start, bytes))) = (common, samples) else {
        return Err(Error::malformed(source.name(), Place::File, "no COMM or no SSND chunk"));
    };
    if common.channels == 0 {
        return Err(Error::malformed(
            source.name(),
            Place::Byte(common.at),
            "the COMM chunk says 0 channels",
        ));
    }
    to(&mut source, start)?;
    if &common.compression == b"ima4" {
        let channels = usize::from(common.channels);
        let layout = CodedLayout {
            codec: Codec::Ima4,
            channels,
            rate: common.rate,
            block: 34 * channels,
            bytes,
            // The header may count packets.
            frames: None,
        };
        return Ok(vec![coded::boxed(source, Format::Aiff, layout, options)?]);
    }
    let layout = layout(&source, &common, bytes)?;
    Ok(vec![PcmReader::boxed(source, Format::Aiff, &layout, options)?])
}

/// Moves to the first sample: forward, or back if the description follows the samples.
fn to(source: &mut Source, start: u64) -> Result<()> {
    if let Some(ahead) = start.checked_sub(source.position()) {
        source.skip(ahead)?;
        return Ok(());
    }
    if !source.is_seekable() {
        let reason = "the samples come before the COMM chunk, which is not read from a stream";
        return Err(Error::unsupported(source.name(), Place::Byte(start), reason));
    }
    source.seek_to(start);
    Ok(())
}

/// Returns the chunk and the number of bytes read.
fn parse_common(source: &mut Source, is_aifc: bool, size: u32) -> Result<(Common, u64)> {
    let at = source.position();
    let bytes: [u8; 18] = source.exact("the COMM chunk")?;
    let [c0, c1, f0, f1, f2, f3, b0, b1, rate @ ..] = bytes;
    let (mut compression, mut taken) = (*b"NONE", 18);
    if is_aifc && size >= 22 {
        compression = source.exact("the compression type")?;
        taken = 22;
    }
    let common = Common {
        channels: u16::from_be_bytes([c0, c1]),
        frames: u32::from_be_bytes([f0, f1, f2, f3]),
        bits: u16::from_be_bytes([b0, b1]),
        rate: extended(rate),
        compression,
        at,
    };
    Ok((common, taken))
}

/// Returns an 80-bit IEEE float, big-endian.
fn extended(bytes: [u8; 10]) -> f64 {
    let [e0, e1, mantissa @ ..] = bytes;
    let exponent = i32::from(u16::from_be_bytes([e0 & 0x7f, e1])) - 16383 - 63;
    let magnitude = u64::from_be_bytes(mantissa) as f64 * 2f64.powi(exponent);
    if e0 & 0x80 == 0 { magnitude } else { -magnitude }
}

/// Returns the layout of the samples in the file. `bytes`: their length, if the header states it.
fn layout(source: &Source, common: &Common, bytes: Option<u64>) -> Result<PcmLayout> {
    let bad = |reason: String| Err(Error::malformed(source.name(), Place::Byte(common.at), reason));
    let integer = |bits: u16| match bits {
        1..=8 => Some(SampleKind::S8),
        9..=16 => Some(SampleKind::S16),
        17..=24 => Some(SampleKind::S24),
        25..=32 => Some(SampleKind::S32),
        _ => None,
    };
    let (kind, big_endian) = match &common.compression {
        b"NONE" | b"twos" | b"in16" | b"in24" | b"in32" => (integer(common.bits), true),
        b"sowt" => (integer(common.bits), false),
        b"raw " => (Some(SampleKind::U8), true),
        b"fl32" | b"FL32" => (Some(SampleKind::F32), true),
        b"fl64" | b"FL64" => (Some(SampleKind::F64), true),
        // libsndfile spells the first one with a digit.
        b"42ni" | b"42n1" => (Some(SampleKind::S24), false),
        b"23ni" => (Some(SampleKind::S32), false),
        b"alaw" | b"ALAW" => (Some(SampleKind::ALaw), true),
        b"ulaw" | b"ULAW" => (Some(SampleKind::MuLaw), true),
        other => {
            let name = String::from_utf8_lossy(other);
            let reason = format!(
                "compression '{name}' in AIFF-C is not supported; supported are PCM, floats, A-law, µ-law and ima4: convert it, for \
                 example with `ffmpeg -i FILE out.wav`"
            );
            return Err(Error::unsupported(source.name(), Place::Byte(common.at), reason));
        }
    };
    let Some(kind) = kind else {
        return bad(format!("integer samples of {} bits do not exist in AIFF", common.bits));
    };
    let frame = kind.bytes() as u64 * u64::from(common.channels);
    // The count of frames is exact; that of bytes may include padding.
    let counted = u64::from(common.frames);
    let frames = bytes.map(|bytes| match counted {
        0 => bytes / frame,
        counted => counted,
    });
    Ok(PcmLayout {
        sample: SampleType { kind, big_endian },
        channels: common.channels.into(),
        rate: common.rate,
        frames,
        chunks: Chunks::Riff { big_endian: true },
    })
}
