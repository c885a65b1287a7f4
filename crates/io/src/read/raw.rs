//! Headerless samples, from a file or a pipe.

use super::body::Body;
use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo, fuzz};
use crate::{Error, Result};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "raw",
    aliases: &[],
    title: "raw samples (also IQ)",
    extensions: &[],
    named_extensions: &[],
    detect: |_| Certainty::No,
    open,
    fuzz: |_, bytes| fuzz::raw(bytes),
};

struct RawReader {
    info: SignalInfo,
    body: Body,
}

/// Largest number of channels of a headerless file. The caller states it, so the bound is generous.
const MAX_CHANNELS: usize = 65_536;

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let Some(raw) = options.raw else {
        return Err(Error::argument("raw", "a headerless file needs its sample format, such as s16le"));
    };
    let channels = options.channels.unwrap_or(1);
    if channels == 0 || channels > MAX_CHANNELS {
        return Err(Error::argument("channels", format!("{channels} is not within 1 … {MAX_CHANNELS}")));
    }
    let mut info = SignalInfo::new(source.name(), Format::Raw);
    info.number_channels(channels);
    info.complex = raw.complex;
    info.set_kind(raw.sample.kind);
    info.set_rate(None, options.rate)?;
    let mut body = Body::new(source, raw.sample, options.scale(), info.planes(), None);
    info.frames = body.frames_there();
    body.promise_length();
    if body.source.is_empty() {
        return Err(Error::malformed(&info.path, crate::Place::File, "the file is empty"));
    }
    Ok(vec![Box::new(Guarded::new(RawReader { info, body }))])
}

impl BlockReader for RawReader {
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
