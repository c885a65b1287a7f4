//! Audio coded in blocks of a fixed size (ADPCM), from a file or a pipe.

mod ima;
mod ms;

pub(super) use ms::COEFFICIENTS as MS_COEFFICIENTS;

use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, SignalInfo};
use crate::{Error, Place, Result};

/// Coding of the blocks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Codec {
    /// IMA (DVI) ADPCM of WAV.
    ImaWav,
    /// Microsoft's ADPCM, with its pairs of coefficients.
    Ms(Vec<[i32; 2]>),
    /// Apple's IMA ADPCM: 64 samples of a channel in 34 bytes.
    Ima4,
}

/// Header of coded audio.
#[derive(Debug, Clone)]
pub(super) struct CodedLayout {
    pub(super) codec: Codec,
    pub(super) channels: usize,
    pub(super) rate: f64,
    /// Bytes of one block of all channels.
    pub(super) block: usize,
    /// Bytes of all blocks; `None` reads to the end.
    pub(super) bytes: Option<u64>,
    /// Number of frames, if the header states it.
    pub(super) frames: Option<u64>,
}

impl CodedLayout {
    /// Returns the number of frames in a block of `bytes` bytes.
    fn frames_in(&self, bytes: usize) -> usize {
        let channels = self.channels;
        match self.codec {
            Codec::ImaWav => bytes.checked_sub(4 * channels).map_or(0, |data| 1 + data / (4 * channels) * 8),
            Codec::Ms(_) => bytes.checked_sub(7 * channels).map_or(0, |data| 2 + 2 * data / channels),
            Codec::Ima4 => bytes / (ima::PACKET * channels) * ima::PER_PACKET,
        }
    }
}

struct CodedReader {
    info: SignalInfo,
    source: Source,
    layout: CodedLayout,
    /// Bytes and frames left; `None` if only the end of the file decides.
    bytes_left: Option<u64>,
    frames_left: Option<u64>,
    block: Vec<u8>,
    decoded: Vec<Vec<i16>>,
    given: usize,
    gain: f64,
}

/// Largest size of a block.
const MAX_BLOCK: usize = 1 << 20;

/// Returns a reader of the blocks that begin at the source's position.
pub(super) fn boxed(
    source: Source,
    format: Format,
    layout: CodedLayout,
    options: &OpenOptions,
) -> Result<Box<dyn SignalReader>> {
    let place = Place::Byte(source.position());
    if layout.block > MAX_BLOCK || layout.frames_in(layout.block) == 0 || layout.channels > 256 {
        let reason = format!("blocks of {} bytes for {} channels", layout.block, layout.channels);
        return Err(Error::malformed(source.name(), place, reason));
    }
    let mut info = SignalInfo::new(source.name(), format);
    info.number_channels(layout.channels);
    info.set_rate(Some(layout.rate), options.rate)?;
    let bytes = if options.ignore_length { None } else { layout.bytes };
    let there = match (bytes, source.left()) {
        (Some(bytes), Some(left)) => Some(bytes.min(left)),
        (bytes, left) => bytes.or(left),
    };
    let blocks = |bytes: u64| {
        let rest = usize::try_from(bytes % layout.block as u64).unwrap_or(0);
        (bytes / layout.block as u64) * layout.frames_in(layout.block) as u64 + layout.frames_in(rest) as u64
    };
    let whole = there.map(blocks);
    // The last block may be padded; the count of the header gives its length.
    let promised = layout.frames.filter(|_| !options.ignore_length).filter(|frames| {
        whole.is_none_or(|whole| *frames <= whole && *frames + layout.frames_in(layout.block) as u64 > whole)
    });
    info.frames = promised.or(whole);
    if let (Some(bytes), Some(left)) = (bytes, source.left())
        && left < bytes
    {
        info.notes.push(format!("the header promises {bytes} bytes of samples, the file has {left}"));
    }
    let gain = if options.counts { 1.0 } else { 1.0 / 32768.0 };
    let decoded = vec![Vec::new(); layout.channels];
    Ok(Box::new(Guarded::new(CodedReader {
        info,
        bytes_left: bytes,
        frames_left: promised,
        source,
        layout,
        block: Vec::new(),
        decoded,
        given: 0,
        gain,
    })))
}

impl CodedReader {
    /// Decodes the next block; false at the end.
    fn decode(&mut self) -> Result<bool> {
        self.given = 0;
        self.decoded.iter_mut().for_each(Vec::clear);
        if self.frames_left == Some(0) {
            return Ok(false);
        }
        let left = self.bytes_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let want = self.layout.block.min(left);
        self.block.resize(want, 0);
        let got = self.source.fill(&mut self.block)?;
        if let Some(left) = &mut self.bytes_left {
            *left -= got as u64;
        }
        if got < want && self.bytes_left.is_some() {
            let reason = format!("the header promises {} more bytes", self.bytes_left.unwrap_or(0));
            return Err(Error::truncated(self.source.name(), self.source.position(), reason));
        }
        let block = &self.block[..got];
        if self.layout.frames_in(got) == 0 {
            return Ok(false);
        }
        match &self.layout.codec {
            Codec::ImaWav => ima::wav(block, &mut self.decoded),
            Codec::Ms(coefficients) => ms::block(block, coefficients, &mut self.decoded),
            Codec::Ima4 => ima::ima4(block, &mut self.decoded),
        }
        if let Some(left) = &mut self.frames_left {
            let most = usize::try_from(*left).unwrap_or(usize::MAX);
            self.decoded.iter_mut().for_each(|plane| plane.truncate(most));
            *left -= self.decoded[0].len() as u64;
        }
        Ok(!self.decoded[0].is_empty())
    }
}

impl BlockReader for CodedReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let mut done = 0;
        while done < max_frames {
            let there = self.decoded[0].len();
            if self.given == there {
                if !self.decode()? {
                    break;
                }
                continue;
            }
            let take = (there - self.given).min(max_frames - done);
            let gain = self.gain;
            for (plane, samples) in planes.iter_mut().zip(&self.decoded) {
                let part = &samples[self.given..self.given + take];
                plane.extend(part.iter().map(|v| T::of_f64(f64::from(*v) * gain)));
            }
            self.given += take;
            done += take;
        }
        Ok(if done == 0 { Chunk::End } else { Chunk::Data(done) })
    }
}
