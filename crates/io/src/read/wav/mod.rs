//! WAV: RIFF, RIFX (big-endian), RF64 and BW64 with PCM or float samples.
//!
//! The header is parsed here and the samples are converted in bulk; other codecs (ADPCM, A-law, …) go to
//! the general audio decoder.

mod header;

use super::body::Body;
use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, audio, fuzz};
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
    open: open,
    fuzz: fuzz::plain,
};

/// A header with samples after it, read frame by frame: what WAV and AIFF come to.
pub(super) struct PcmReader {
    info: SignalInfo,
    body: Body,
}

/// What a header of an uncompressed file says.
pub(super) struct PcmLayout {
    pub(super) sample: super::SampleType,
    pub(super) channels: usize,
    pub(super) rate: f64,
    /// Frames that are promised; `None` when the header does not know (a stream).
    pub(super) frames: Option<u64>,
}

impl PcmReader {
    /// `source` stands at the first sample.
    pub(super) fn boxed(
        source: Source,
        format: Format,
        layout: &PcmLayout,
        options: &OpenOptions,
    ) -> Result<Box<dyn SignalReader>> {
        let mut info = SignalInfo::new(source.name(), format);
        info.number_channels(layout.channels);
        info.precision = layout.sample.kind.precision();
        info.set_rate(Some(layout.rate), options.rate)?;
        let body = Body::new(source, layout.sample, options.scale(), layout.channels, layout.frames);
        info.frames = match (layout.frames, body.frames_there()) {
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
        self.body.read(planes, max_frames)
    }
}

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    let header = header::parse(&mut source)?;
    match header.coding {
        Coding::Pcm(layout) => Ok(vec![PcmReader::boxed(source, Format::Wav, &layout, options)?]),
        Coding::Other(tag) => {
            if let Some(whole) = source.fork() {
                return Ok(vec![audio::open(whole, Format::Wav, options)?]);
            }
            let reason = format!("WAV codec {tag:#06x} is not read from a stream, only from a file");
            Err(Error::unsupported(source.name(), Place::Byte(header.format_at), reason))
        }
    }
}
