//! AIFF and AIFF-C with PCM or float samples; other codecs go to the general audio decoder.

use super::format::{Certainty, Descriptor, Readers};
use super::sample::{SampleKind, SampleType};
use super::source::Source;
use super::wav::{PcmLayout, PcmReader};
use super::{Format, OpenOptions, audio, fuzz};
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
    open: open,
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
    // The samples may come before their description.
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
                let start = source.position() + u64::from(u32::from_be_bytes([o0, o1, o2, o3]));
                samples = Some(start);
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
    let (Some(common), Some(samples)) = (common, samples) else {
        return Err(Error::malformed(source.name(), Place::File, "no COMM or no SSND chunk"));
    };
    match layout(&source, &common)? {
        Some(layout) => {
            to(&mut source, samples)?;
            Ok(vec![PcmReader::boxed(source, Format::Aiff, &layout, options)?])
        }
        None => match source.fork() {
            Some(whole) => Ok(vec![audio::open(whole, Format::Aiff, options)?]),
            None => {
                let reason = "compressed AIFF is not read from a stream, only from a file";
                Err(Error::unsupported(source.name(), Place::Byte(common.at), reason))
            }
        },
    }
}

/// Goes to the first sample: forward, or back where the description came last.
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

/// The chunk and how many of its bytes were taken.
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

/// An 80-bit IEEE float, big-endian.
fn extended(bytes: [u8; 10]) -> f64 {
    let [e0, e1, mantissa @ ..] = bytes;
    let exponent = i32::from(u16::from_be_bytes([e0 & 0x7f, e1])) - 16383 - 63;
    let magnitude = u64::from_be_bytes(mantissa) as f64 * 2f64.powi(exponent);
    if e0 & 0x80 == 0 { magnitude } else { -magnitude }
}

/// How the samples lie in the file; `None` if they need a decoder.
fn layout(source: &Source, common: &Common) -> Result<Option<PcmLayout>> {
    let bad = |reason: String| Err(Error::malformed(source.name(), Place::Byte(common.at), reason));
    if common.channels == 0 {
        return bad("the COMM chunk says 0 channels".into());
    }
    let integer = |bits: u16| match bits {
        1..=8 => Some(SampleKind::S8),
        9..=16 => Some(SampleKind::S16),
        17..=24 => Some(SampleKind::S24),
        25..=32 => Some(SampleKind::S32),
        _ => None,
    };
    let (kind, big_endian) = match &common.compression {
        b"NONE" | b"twos" | b"in24" | b"in32" => (integer(common.bits), true),
        b"sowt" => (integer(common.bits), false),
        b"raw " => (Some(SampleKind::U8), true),
        b"fl32" | b"FL32" => (Some(SampleKind::F32), true),
        b"fl64" | b"FL64" => (Some(SampleKind::F64), true),
        _ => return Ok(None),
    };
    let Some(kind) = kind else {
        return bad(format!("integer samples of {} bits do not exist in AIFF", common.bits));
    };
    Ok(Some(PcmLayout {
        sample: SampleType { kind, big_endian },
        channels: common.channels.into(),
        rate: common.rate,
        frames: Some(common.frames.into()),
    }))
}
