//! One recording: its properties, and its samples from any position.

use crate::sample::ViewSample;
use crate::spool::{Spool, SpoolReader};
use crate::{Error, Result};
use rlx_io::read::{ChannelInfo, Chunk, Precision, SignalInfo, SignalReader};
use serde::Serialize;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Opens the file again, so that every reading thread has its own readers.
pub type Opener = Arc<dyn Fn() -> rlx_io::Result<Vec<Box<dyn SignalReader>>> + Send + Sync>;

/// Largest number of idle readers that are kept.
const IDLE: usize = 8;

/// Channels of equal rate of one file, readable from any position.
///
/// A format that can only be read in order (FLAC, MP3, tables, …) is decoded once into a temporary file.
pub struct Recording {
    open: Opener,
    /// Index among the opened readers.
    part: usize,
    spool: Option<Arc<Spool>>,
    info: RwLock<SignalInfo>,
    notes: Vec<Note>,
    idle: Mutex<Vec<Idle>>,
}

/// An idle reader and its position.
struct Idle {
    reader: Box<dyn SignalReader>,
    next: u64,
}

/// Properties of a recording.
#[derive(Debug, Clone, Serialize)]
pub struct RecordingInfo {
    /// File name, with the part if a file has several.
    pub name: String,
    /// Name of the format.
    pub format: String,
    /// Samples per second, or per unit of time where `rate_in_hz` is false.
    pub sample_rate: f64,
    /// Whether the rate is known to be per second.
    pub rate_in_hz: bool,
    /// Samples per channel so far.
    pub frames: u64,
    /// The channels.
    pub channels: Vec<ChannelInfo>,
    /// Whether samples are complex: spectra are two-sided around `center_freq`.
    pub complex: bool,
    /// Centre frequency of a complex recording, in Hz.
    pub center_freq: f64,
    /// Samples before each pause of the recording.
    pub gaps: Vec<Gap>,
    /// Annotations of the file.
    pub annotations: Vec<Note>,
    /// Notes for the user: fields that contradict the file, skipped parts.
    pub notes: Vec<String>,
}

/// A pause of a recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// Samples per channel before it.
    pub frame: u64,
    /// Length in seconds.
    pub length_s: f64,
}

/// An annotation of a part of a recording. Times are in seconds of samples, without pauses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// Start.
    pub start: f64,
    /// Duration, if the file states it.
    pub duration: Option<f64>,
    /// Text.
    pub label: String,
    /// Lower and upper frequency.
    pub band: Option<(f64, f64)>,
}

/// Largest number of annotations that are shown.
const MAX_NOTES: usize = 10_000;

/// Returns the time without pauses, in seconds, of a time on the recording's axis.
fn sample_time(info: &SignalInfo, time: f64) -> f64 {
    let before: f64 = info
        .pauses
        .iter()
        .filter(|pause| pause.start_s < time)
        .map(|pause| (pause.end_s.min(time) - pause.start_s).max(0.0))
        .sum();
    (time - info.start_s - before).max(0.0)
}

/// Samples of some channels, and the positions of pauses in them.
#[derive(Debug, Clone)]
pub(crate) struct Stretch<S: ViewSample> {
    /// One vector per requested channel.
    pub(crate) channels: Vec<Vec<S>>,
    /// Positions in the vectors before which samples are missing.
    pub(crate) gaps: Vec<usize>,
    planes: Vec<Vec<S::Plane>>,
}

impl<S: ViewSample> Default for Stretch<S> {
    fn default() -> Self {
        Self { channels: Vec::new(), gaps: Vec::new(), planes: Vec::new() }
    }
}

impl<S: ViewSample> Stretch<S> {
    /// Returns the samples per channel.
    pub(crate) fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("info", &self.info()).finish_non_exhaustive()
    }
}

impl Recording {
    /// Returns the recordings of one file.
    ///
    /// # Errors
    /// The file cannot be opened, or it does not contain a sample rate and none was given.
    pub fn open(open: Opener) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for (part, mut reader) in open()?.into_iter().enumerate() {
            if reader.info().sample_rate.is_none() {
                let format = reader.info().format;
                return Err(Error::request(format!(
                    "a {format} file does not contain a sample rate: give --rate"
                )));
            }
            // Annotations that cannot be read do not prevent showing the recording.
            let mut remarks = reader.annotations().unwrap_or_default();
            remarks.truncate(MAX_NOTES);
            let seekable = reader.info().frames.is_some() && reader.seek(0)?;
            let (spool, info, idle) = if seekable {
                let info = reader.info().clone();
                (None, info, vec![Idle { reader, next: 0 }])
            } else {
                let spool = Spool::decode(reader)?;
                let info = SpoolReader::boxed(&spool).info().clone();
                (Some(spool), info, Vec::new())
            };
            let notes = remarks
                .into_iter()
                .map(|remark| Note {
                    start: sample_time(&info, remark.start_s),
                    duration: remark.duration_s,
                    label: remark.text,
                    band: remark.band_hz,
                })
                .collect();
            let open = Arc::clone(&open);
            all.push(Self { open, part, spool, info: RwLock::new(info), notes, idle: Mutex::new(idle) });
        }
        Ok(all)
    }

    /// Returns its present properties.
    pub fn info(&self) -> RecordingInfo {
        let info = self.signal();
        RecordingInfo {
            name: source_name(&info),
            format: info.format.to_string(),
            sample_rate: info.sample_rate.unwrap_or(1.0),
            rate_in_hz: info.rate_in_hz,
            frames: info.frames.unwrap_or(0),
            channels: info.channels,
            complex: info.complex,
            center_freq: info.center_freq.unwrap_or(0.0),
            gaps: info
                .pauses
                .iter()
                .map(|pause| Gap { frame: pause.sample, length_s: pause.end_s - pause.start_s })
                .collect(),
            annotations: self.notes.clone(),
            notes: info.notes,
        }
    }

    /// Checks whether samples were added to the file. Returns whether there are any.
    ///
    /// # Errors
    /// The file can no longer be opened.
    pub fn refresh(&self) -> Result<bool> {
        if self.spool.is_some() {
            return Ok(false);
        }
        let mut readers = (self.open)()?;
        if self.part >= readers.len() {
            return Ok(false);
        }
        let new = readers.swap_remove(self.part).info().clone();
        let mut info = self.info.write().unwrap_or_else(PoisonError::into_inner);
        let same = new.channels.len() == info.channels.len() && new.sample_rate == info.sample_rate;
        if !same || new.frames <= info.frames {
            return Ok(false);
        }
        *info = new;
        // Readers keep the length of the time when they were opened.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(true)
    }

    pub(crate) fn signal(&self) -> SignalInfo {
        self.info.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the samples per channel.
    pub(crate) fn frames(&self) -> u64 {
        self.info.read().unwrap_or_else(PoisonError::into_inner).frames.unwrap_or(0)
    }

    pub(crate) fn rate(&self) -> f64 {
        self.info.read().unwrap_or_else(PoisonError::into_inner).sample_rate.unwrap_or(1.0)
    }

    pub(crate) fn is_complex(&self) -> bool {
        self.info.read().unwrap_or_else(PoisonError::into_inner).complex
    }

    pub(crate) fn planes(&self) -> usize {
        self.info.read().unwrap_or_else(PoisonError::into_inner).planes()
    }

    pub(crate) fn is_double(&self) -> bool {
        self.info.read().unwrap_or_else(PoisonError::into_inner).precision == Precision::F64
    }

    /// Reads `count` samples of the channels from `start` on, or fewer at the end.
    pub(crate) fn read<S: ViewSample>(
        &self,
        channels: &[usize],
        start: u64,
        count: usize,
        into: &mut Stretch<S>,
    ) -> Result<()> {
        into.channels.resize_with(channels.len(), Vec::new);
        into.channels.iter_mut().for_each(Vec::clear);
        into.gaps.clear();
        into.planes.resize_with(self.planes(), Vec::new);
        let count = count.min(usize::try_from(self.frames().saturating_sub(start)).unwrap_or(usize::MAX));
        if count == 0 {
            return Ok(());
        }
        let mut idle = self.reader_at(start)?;
        let mut done = 0;
        while done < count {
            match S::read(idle.reader.as_mut(), &mut into.planes, count - done) {
                Ok(Chunk::Data(frames)) => {
                    for (&channel, out) in channels.iter().zip(&mut into.channels) {
                        S::append(&into.planes, channel, out);
                    }
                    done += frames;
                }
                Ok(Chunk::Gap { .. }) if done == 0 => {}
                Ok(Chunk::Gap { .. }) => into.gaps.push(done),
                Ok(Chunk::End) => break,
                // The available samples were delivered; the notes report that the file ends early.
                Err(rlx_io::Error::Truncated { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        idle.next = start + done as u64;
        let mut all = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < IDLE {
            all.push(idle);
        }
        Ok(())
    }

    /// Returns a reader positioned at `start`.
    fn reader_at(&self, start: u64) -> Result<Idle> {
        let kept = {
            let mut all = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            match all.iter().position(|idle| idle.next == start) {
                Some(at) => Some(all.swap_remove(at)),
                None => all.pop(),
            }
        };
        let mut idle = match (kept, &self.spool) {
            (Some(idle), _) => idle,
            (None, Some(spool)) => Idle { reader: SpoolReader::boxed(spool), next: 0 },
            (None, None) => {
                let mut readers = (self.open)()?;
                if self.part >= readers.len() {
                    return Err(Error::request("the file has changed: it has fewer parts now"));
                }
                let reader = readers.swap_remove(self.part);
                if reader.info().planes() != self.planes() {
                    return Err(Error::request("the file has changed: its channels are different now"));
                }
                Idle { reader, next: 0 }
            }
        };
        if idle.next != start && !idle.reader.seek(start)? {
            return Err(Error::request("the file has changed: it cannot be read from any position now"));
        }
        Ok(idle)
    }
}

/// File name, and the part where a file holds several signals.
fn source_name(info: &SignalInfo) -> String {
    match &info.part {
        Some(part) => format!("{}:{part}", info.path.display()),
        None => info.path.display().to_string(),
    }
}
