//! WAV: RIFF, RIFX (big-endian), RF64 and BW64, and Sony's W64, with PCM, floats, A-law, µ-law or ADPCM.

mod header;
mod size;
mod w64;

pub(super) use size::{Chunks, is_placeholder};
pub(super) use w64::FORMAT as W64;

use super::body::Body;
use super::coded;
use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use header::Coding;

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "wav",
    aliases: &[],
    title: "WAV",
    extensions: &["wav", "wave", "bwf", "rf64"],
    named_extensions: &[],
    detect: |head| {
        let riff = [b"RIFF", b"RF64", b"BW64", b"RIFX"].iter().any(|tag| head.has(0, *tag));
        Certainty::signature(riff && head.has(8, b"WAVE"))
    },
    open: |mut source, options| {
        let header = header::parse(&mut source)?;
        open(source, Format::Wav, header, options)
    },
    fuzz: fuzz::plain,
};

/// Reads samples after a header frame by frame; shared by WAV, AIFF and AU.
pub(super) struct PcmReader {
    info: SignalInfo,
    body: Body,
}

/// Header of an uncompressed file.
pub(super) struct PcmLayout {
    pub(super) sample: super::SampleType,
    pub(super) channels: usize,
    pub(super) rate: f64,
    /// Stated number of frames; `None` if the header does not know it (a stream).
    pub(super) frames: Option<u64>,
    /// Kind of chunks that may follow the samples.
    pub(super) chunks: Chunks,
}

impl PcmReader {
    /// Creates a reader; `source` is positioned at the first sample.
    pub(super) fn boxed(
        source: Source,
        format: Format,
        layout: &PcmLayout,
        options: &OpenOptions,
    ) -> Result<Box<dyn SignalReader>> {
        let mut info = SignalInfo::new(source.name(), format);
        info.number_channels(layout.channels);
        info.set_kind(layout.sample.kind);
        info.set_rate(Some(layout.rate), options.rate)?;
        let promised = layout.frames.filter(|_| !options.ignore_length);
        let frame = (layout.channels * layout.sample.kind.bytes()) as u64;
        if let Some(frames) = promised {
            info.notes.extend(size::left_over(&source, frames.saturating_mul(frame), layout.chunks)?);
        }
        let body = Body::new(source, layout.sample, options.scale(), layout.channels, promised);
        info.frames = match (promised, body.frames_there()) {
            (Some(promised), Some(there)) if there < promised => {
                info.notes.push(format!("the header promises {promised} frames, the file has {there}"));
                Some(there)
            }
            (Some(promised), _) => Some(promised),
            (None, there) => there,
        };
        Ok(Box::new(Guarded::new(Self { info, body })))
    }
}

impl BlockReader for PcmReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let chunk = self.body.read(planes, max_frames)?;
        self.body.note_trailing(&mut self.info);
        Ok(chunk)
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        Ok(self.body.seek(frame))
    }
}

/// Returns the reader that a header asks for; Creates a reader; `source` is positioned at the first sample.
fn open(source: Source, format: Format, header: header::Header, options: &OpenOptions) -> Result<Readers> {
    match header.coding {
        Coding::Pcm(layout) => Ok(vec![PcmReader::boxed(source, format, &layout, options)?]),
        Coding::Blocks(layout) => Ok(vec![coded::boxed(source, format, layout, options)?]),
        Coding::Other(tag) => {
            let name = match tag {
                0x31 => "GSM 6.10",
                0x14 | 0x40 => "G.72x ADPCM",
                0x45 => "G.726",
                0x50 | 0x55 => "MPEG audio",
                0x161 | 0x162 => "Windows Media",
                _ => "a codec",
            };
            let reason = format!(
                "{name} ({tag:#06x}) in WAV is not supported; supported are PCM, floats, A-law, µ-law, IMA and Microsoft ADPCM: \
                 convert it, for example with `ffmpeg -i FILE out.wav`"
            );
            Err(Error::unsupported(source.name(), Place::Byte(header.format_at), reason))
        }
    }
}
