//! Compressed audio through symphonia: FLAC, MP3 and Ogg Vorbis.
//!
//! A packet that cannot be decoded is reported as a gap and counted in the notes. An encoder's delay and padding are
//! trimmed if the file states them.

mod entries;
mod joined;
mod stream;

#[cfg(not(target_arch = "wasm32"))]
pub(super) use entries::OGG;
pub(super) use entries::{FLAC, MP3};

use super::reader::{BlockReader, Chunk, Guarded, SignalReader};
use super::sample::Target;
use super::source::Source;
use super::{Format, OpenOptions, Precision, SignalInfo, quiet};
use crate::{Error, Place, Result};
use std::io::ErrorKind;
use std::path::Path;
use stream::Shared;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::default::{formats, meta};

struct AudioReader {
    info: SignalInfo,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Bytes for the decoder.
    bytes: Shared,
    /// End of the stream in bytes, if the file states it: another stream may follow.
    stream_end: Option<u64>,
    /// Number of frames that the header of the current stream promises, and those of it that were delivered before.
    promised: Option<u64>,
    before: u64,
    /// Decoded samples, and the number of frames already delivered.
    decoded: Vec<Vec<f64>>,
    given: usize,
    total: u64,
    /// Samples that were lost before the next decoded ones.
    gap: Option<f64>,
    damaged: u64,
    /// Factor of the decoder's full scale of ±1.
    gain: f64,
}

pub(super) fn open(source: Source, kind: Format, options: &OpenOptions) -> Result<Box<dyn SignalReader>> {
    let path = source.name().to_owned();
    let opened = quiet::run(|| AudioReader::open(source, kind, options));
    let reader = opened.unwrap_or_else(|| Err(decoder_panicked(&path, Place::File)))?;
    Ok(Box::new(Guarded::new(reader)))
}

/// Returns the error for a panic in a third-party decoder: it concerns only this file.
fn decoder_panicked(path: &Path, place: Place) -> Error {
    Error::malformed(path, place, "the decoder failed on damaged data")
}

impl AudioReader {
    fn open(source: Source, kind: Format, options: &OpenOptions) -> Result<Self> {
        let mut info = SignalInfo::new(source.name(), kind);
        let bytes = source.len();
        let mut source = source;
        let stream_end = match kind {
            Format::Mp3 => joined::end_of_stream(&mut source)?,
            _ => None,
        };
        let shared = Shared::new(source);
        let place = || Place::Byte(shared.taken());
        let format = probe(kind)
            .probe(&Hint::new(), shared.stream(stream_end), Default::default(), Default::default())
            .map_err(|e| translate(&info.path, place(), e))?;
        let no_audio = |what: &str| Error::unsupported(&info.path, Place::File, format!("{kind}: {what}"));
        let track =
            format.default_track(TrackType::Audio).ok_or_else(|| no_audio("no track that can be decoded"))?;
        let decoder = decoder(track).map_err(|e| translate(&info.path, place(), e))?;
        let parameters = decoder.codec_params();
        let bits = parameters.bits_per_sample.filter(|bits| kind == Format::Flac && (1..=32).contains(bits));
        info.precision = if bits.is_some_and(|bits| bits > 24) { Precision::F64 } else { Precision::F32 };
        let gain = match bits {
            Some(bits) if options.counts => f64::from(1u32 << (bits - 1)),
            _ => 1.0,
        };
        let rate = parameters.sample_rate;
        let channels = parameters.channels.as_ref().map_or(0, symphonia::core::audio::Channels::count);
        if let Some(bytes) = bytes.filter(|bytes| channels as u64 > *bytes) {
            let reason = format!("the header claims {channels} channels in a file of {bytes} bytes");
            return Err(Error::malformed(&info.path, place(), reason));
        }
        let promised = track.num_frames;
        // How long a further stream is, nothing says.
        let further = bytes.zip(stream_end).is_some_and(|(bytes, end)| bytes > end + 128);
        info.frames = promised.filter(|_| !further);
        let track = track.id;
        let mut reader = AudioReader {
            info,
            format,
            decoder,
            track,
            bytes: shared,
            stream_end,
            promised,
            before: 0,
            decoded: Vec::new(),
            given: 0,
            total: 0,
            gap: None,
            damaged: 0,
            gain,
        };
        // Some headers do not contain channels and rate; the first packet does.
        reader.decode_packet()?;
        let spec = reader.decoder.last_decoded().spec().clone();
        let channels = if reader.decoded.is_empty() { channels } else { reader.decoded.len() };
        if channels == 0 {
            let reason = "no packet could be decoded";
            return Err(Error::malformed(&reader.info.path, reader.place(), reason));
        }
        reader.gap = None;
        reader.info.number_channels(channels);
        let rate = if reader.decoded.is_empty() { rate.unwrap_or(0) } else { spec.rate() };
        reader.info.set_rate(Some(rate.into()), options.rate)?;
        Ok(reader)
    }
}

/// Creates a probe for this format only, which skips preceding tags.
fn probe(kind: Format) -> Probe {
    let mut probe = Probe::new();
    match kind {
        Format::Flac => probe.register_format::<formats::FlacReader<'_>>(),
        #[cfg(not(target_arch = "wasm32"))]
        Format::Ogg => probe.register_format::<formats::OggReader<'_>>(),
        _ => probe.register_format::<formats::MpaReader<'_>>(),
    }
    probe.register_metadata::<meta::Id3v2Reader<'_>>();
    probe
}

fn decoder(track: &Track) -> Result<Box<dyn AudioDecoder>, SymphoniaError> {
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or(SymphoniaError::Unsupported("an unknown codec"))?;
    symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default())
}

fn translate(path: &Path, place: Place, error: SymphoniaError) -> Error {
    match error {
        SymphoniaError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => Error::Truncated {
            path: path.to_owned(),
            place,
            reason: "the file ends within its header".into(),
        },
        SymphoniaError::IoError(source) => Error::io(path, source),
        SymphoniaError::Unsupported(what) => Error::unsupported(path, place, format!("not decoded: {what}")),
        other => Error::malformed(path, place, other.to_string()),
    }
}

impl AudioReader {
    fn place(&self) -> Place {
        Place::Byte(self.bytes.taken())
    }

    /// Decodes the next packet that has samples; false at the end. Stops at a packet that cannot be decoded.
    fn decode(&mut self) -> Result<bool> {
        quiet::run(|| self.decode_packet())
            .unwrap_or_else(|| Err(decoder_panicked(&self.info.path, self.place())))
    }

    fn decode_packet(&mut self) -> Result<bool> {
        self.given = 0;
        self.decoded.iter_mut().for_each(Vec::clear);
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => match self.end()? {
                    true => continue,
                    false => return Ok(false),
                },
                Err(SymphoniaError::IoError(e)) if e.kind() == ErrorKind::UnexpectedEof => {
                    match self.end()? {
                        true => continue,
                        false => return Ok(false),
                    }
                }
                Err(SymphoniaError::ResetRequired) => {
                    self.reset()?;
                    continue;
                }
                Err(error) => return Err(translate(&self.info.path, self.place(), error)),
            };
            match self.decoder.decode(&packet) {
                Ok(samples) if samples.frames() == 0 => {}
                Ok(samples) => {
                    let planes = samples.num_planes();
                    let expected = self.info.channels.len();
                    if expected != 0 && planes != expected {
                        let reason = format!("the stream goes on with {planes} channels after {expected}");
                        return Err(Error::unsupported(&self.info.path, self.place(), reason));
                    }
                    samples.copy_to_vecs_planar(&mut self.decoded);
                    return Ok(true);
                }
                Err(error @ (SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_))) => {
                    self.count_damage(&error, packet.dur.get());
                }
                Err(SymphoniaError::ResetRequired) => self.decoder.reset(),
                Err(error) => return Err(translate(&self.info.path, self.place(), error)),
            }
        }
    }

    /// Counts a damaged packet. `lost`: its number of samples.
    fn count_damage(&mut self, error: &SymphoniaError, lost: u64) {
        self.damaged += 1;
        self.gap = Some(self.gap.unwrap_or(0.0) + lost as f64);
        let counted = format!("{} packets could not be decoded and were left out", self.damaged);
        match self.info.notes.iter_mut().find(|note| note.contains("packets could not be decoded")) {
            // The note stays at its position; only its count changes.
            Some(note) => {
                let first = note.split_once("; the first").map_or("", |(_, first)| first).to_owned();
                *note = format!("{counted}; the first{first}");
            }
            None => {
                let at = self.bytes.taken();
                self.info.notes.push(format!("{counted}; the first before byte {at}: {error}"));
            }
        }
    }

    /// Continues with another stream that is chained to the one that has ended.
    fn reset(&mut self) -> Result<()> {
        let place = self.place();
        let path = &self.info.path;
        let track = self.format.default_track(TrackType::Audio);
        let track = track
            .ok_or_else(|| Error::unsupported(path, place.clone(), "the chained stream is not audio"))?;
        self.decoder = decoder(track).map_err(|e| translate(path, place.clone(), e))?;
        let rate = self.decoder.codec_params().sample_rate.map(f64::from);
        if rate.is_some() && self.info.sample_rate.is_some() && rate != self.info.sample_rate {
            return Err(Error::unsupported(path, place, "the chained stream has another rate"));
        }
        self.track = track.id;
        self.gap = Some(self.gap.unwrap_or(0.0));
        // The number of frames was that of the first stream.
        (self.info.frames, self.promised) = (None, None);
        Ok(())
    }

    /// Returns whether another stream follows, after comparing the length of the one that ended with its header.
    fn end(&mut self) -> Result<bool> {
        let promised = self.promised.unwrap_or(0) + self.before;
        // Counts of MP3 headers are approximate, those of FLAC exact.
        let slack = if self.info.format == Format::Mp3 { 3 * 1152 } else { 0 };
        if self.total + slack < promised && self.damaged == 0 {
            let reason = format!("the header promises {promised} frames, the file has {}", self.total);
            return Err(Error::Truncated { path: self.info.path.clone(), place: self.place(), reason });
        }
        self.join()
    }

    /// Continues with the stream that follows in a joined MP3 file; false if there is none.
    fn join(&mut self) -> Result<bool> {
        let Some(end) = self.stream_end.take() else { return Ok(false) };
        if !self.bytes.skip_to(end)? {
            return Ok(false);
        }
        let (next, head, left) = {
            let mut source = self.bytes.source();
            let head = source.peek(16)?.to_vec();
            (joined::end_of_stream(&mut source)?, head, source.left())
        };
        if joined::is_tag(&head) {
            return Ok(false);
        }
        let stream = self.bytes.stream(next);
        let opened = probe(Format::Mp3).probe(&Hint::new(), stream, Default::default(), Default::default());
        let opened = opened.ok().and_then(|format| {
            let track = format.default_track(TrackType::Audio)?;
            Some((decoder(track).ok()?, track.id, track.num_frames, format))
        });
        let Some((decoder, track, promised, format)) = opened else {
            let bytes = left.map_or("bytes".to_owned(), |left| format!("{left} bytes"));
            self.info
                .notes
                .push(format!("{bytes} follow the stream that ends at byte {end} and are not read"));
            return Ok(false);
        };
        let rate = decoder.codec_params().sample_rate.map(f64::from);
        if rate.is_some() && self.info.sample_rate.is_some() && rate != self.info.sample_rate {
            let reason = format!("another stream with another rate follows at byte {end}");
            return Err(Error::unsupported(&self.info.path, Place::Byte(end), reason));
        }
        (self.format, self.decoder, self.track) = (format, decoder, track);
        (self.stream_end, self.promised, self.before) = (next, promised, self.total);
        self.gap = Some(self.gap.unwrap_or(0.0));
        self.info.frames = None;
        self.info.notes.push(format!("another stream follows at byte {end}; it is read too"));
        Ok(true)
    }
}

impl BlockReader for AudioReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let mut done = 0;
        while done < max_frames {
            let there = self.decoded.first().map_or(0, Vec::len);
            if self.given == there {
                if !self.decode()? {
                    break;
                }
                if self.gap.is_some() && done > 0 {
                    return Ok(Chunk::Data(done));
                }
                continue;
            }
            if let Some(frames) = self.gap.take() {
                return Ok(Chunk::Gap { frames });
            }
            let take = (there - self.given).min(max_frames - done);
            for (plane, samples) in planes.iter_mut().zip(&self.decoded) {
                plane
                    .extend(samples[self.given..self.given + take].iter().map(|v| T::of_f64(*v * self.gain)));
            }
            self.given += take;
            self.total += take as u64;
            done += take;
        }
        Ok(if done == 0 { Chunk::End } else { Chunk::Data(done) })
    }
}
