//! Properties of a signal that are known before its first sample is read.

use super::Format;
use crate::{Error, Result};
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// One channel of a signal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelInfo {
    /// Number in the whole file, from 1, counting channels of all rates.
    pub number: usize,
    /// Name in the file, or `ch1`, `ch2`, … if the format has no names.
    pub name: String,
    /// Physical unit, if the format defines it.
    pub unit: Option<String>,
}

/// An interruption of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pause {
    /// Samples per channel before it.
    pub sample: u64,
    /// End of the samples before it, in seconds on the time axis of the recording.
    pub start_s: f64,
    /// Start of the samples after it; less than `start_s` if the clock of the file goes back.
    pub end_s: f64,
}

/// An annotation of a time range, from the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Annotation {
    /// Start, in seconds on the time axis of the recording.
    pub start_s: f64,
    /// Duration, if the file states it.
    pub duration_s: Option<f64>,
    /// Text of the annotation.
    pub text: String,
    /// Lower and upper frequency in Hz (SigMF).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band_hz: Option<(f64, f64)>,
}

/// A contiguous capture of a recording (SigMF).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capture {
    /// First sample in the file of samples.
    pub sample: u64,
    /// Start, in seconds on the time axis of the recording.
    pub start_s: Option<f64>,
    /// Centre frequency in Hz.
    pub center_freq: Option<f64>,
    /// Date and time as the file writes them.
    pub datetime: Option<String>,
}

/// The narrower float type that holds every sample of the source exactly (or as well as the wider one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// `f32` is enough.
    F32,
    /// The source has more than 24 significant bits: read it with `read_f64` where that matters.
    F64,
}

/// A signal: channels of equal rate and length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalInfo {
    /// The file, `-` for standard input.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// Part of the file, if one file contains several signals (the array's name in an NPZ, the rate's group in an
    /// EDF).
    pub part: Option<String>,
    /// File format.
    pub format: Format,
    /// Samples per second and channel; `None` if the file does not state it (raw, NPY, CSV) and no rate was given.
    pub sample_rate: Option<f64>,
    /// Whether the rate is known to be in Hz: from a header or from dates. For a given rate and a column of plain
    /// numbers the unit of time is unknown.
    pub rate_in_hz: bool,
    /// The channels, in the order of the planes.
    pub channels: Vec<ChannelInfo>,
    /// Samples per channel, if the header or the length of the file determines them.
    pub frames: Option<u64>,
    /// Time of the first sample, in seconds on the time axis of the recording; 0 for most formats.
    pub start_s: f64,
    /// Pauses that are known before reading; [`super::Chunk::Gap`] reports all.
    pub pauses: Vec<Pause>,
    /// Captures of the whole file (SigMF).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<Capture>,
    /// Whether a sample is a pair (re, im).
    pub complex: bool,
    /// Centre frequency in Hz of a complex signal: the frequency of bin 0.
    pub center_freq: Option<f64>,
    /// Float type that represents the samples.
    pub precision: Precision,
    /// Whether the file has floats: their powers may be beyond the range of `precision`.
    #[serde(skip)]
    pub floats: bool,
    /// Notes for the user: channels left out, header fields that contradict the file, … Reading may add notes.
    pub notes: Vec<String>,
}

impl SignalInfo {
    /// Vectors that a read fills: one per channel, two (re, im) if the signal is complex.
    pub fn planes(&self) -> usize {
        self.channels.len() * if self.complex { 2 } else { 1 }
    }

    pub(super) fn new(path: &Path, format: Format) -> Self {
        Self {
            path: path.to_owned(),
            part: None,
            format,
            sample_rate: None,
            rate_in_hz: false,
            channels: Vec::new(),
            frames: None,
            start_s: 0.0,
            pauses: Vec::new(),
            captures: Vec::new(),
            complex: false,
            center_freq: None,
            precision: Precision::F32,
            floats: false,
            notes: Vec::new(),
        }
    }

    /// Sets what follows from the number type of the samples.
    pub(super) fn set_kind(&mut self, kind: super::SampleKind) {
        self.precision = kind.precision();
        self.floats = kind.is_float();
    }

    /// `count` channels without names or units.
    pub(super) fn number_channels(&mut self, count: usize) {
        self.channels =
            (1..=count).map(|i| ChannelInfo { number: i, name: format!("ch{i}"), unit: None }).collect();
    }

    /// Sets the rate from the header unless the caller gave one, and adds a note if they differ.
    pub(super) fn set_rate(&mut self, header: Option<f64>, given: Option<f64>) -> Result<()> {
        if let Some(rate) = given
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(Error::argument(
                "rate",
                format!("{rate} is not a positive number of samples per second"),
            ));
        }
        let header = header.filter(|rate| rate.is_finite() && *rate > 0.0);
        if let (Some(own), Some(given)) = (header, given)
            && own != given
        {
            self.notes.push(format!("the file's rate of {own} Hz was overridden by {given} Hz"));
        }
        self.sample_rate = given.or(header);
        self.rate_in_hz = given.is_none() && header.is_some();
        Ok(())
    }
}

impl SignalInfo {
    /// Sets the times of the recording: the position of the first sample, and the gaps as (samples before, length),
    /// all in samples. Adds notes.
    pub(super) fn set_times(&mut self, start: f64, gaps: &[(u64, f64)]) {
        let Some(rate) = self.sample_rate else { return };
        self.start_s = start / rate;
        self.pauses = Vec::new();
        let mut shift = start;
        for &(sample, len) in gaps {
            let start_s = (sample as f64 + shift) / rate;
            shift += len;
            self.pauses.push(Pause { sample, start_s, end_s: (sample as f64 + shift) / rate });
        }
        self.notes.extend(self.pause_note());
    }

    /// Returns the end of the last sample period, in seconds, if length and rate are known.
    pub fn end_s(&self) -> Option<f64> {
        let (frames, rate) = self.frames.zip(self.sample_rate)?;
        let pauses: f64 = self.pauses.iter().filter(|p| p.sample < frames).map(|p| p.end_s - p.start_s).sum();
        Some(self.start_s + frames as f64 / rate + pauses)
    }

    /// Returns the note about pauses, if there are any.
    pub fn pause_note(&self) -> Option<String> {
        const SHOWN: usize = 3;
        if self.pauses.is_empty() {
            return None;
        }
        let unit = if self.rate_in_hz { " s" } else { "" };
        let stretch = |p: &Pause| format!("{} to {}{unit}", short(p.start_s), short(p.end_s));
        let mut list: Vec<_> = self.pauses.iter().take(SHOWN).map(stretch).collect();
        let more = self.pauses.len().saturating_sub(SHOWN);
        if more > 0 {
            list.push(format!("{more} more"));
        }
        let count = match self.pauses.len() {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        let lengths = match (self.frames.zip(self.sample_rate), self.end_s()) {
            (Some((frames, rate)), Some(end)) => {
                let (own, all) = (short(frames as f64 / rate), short(end - self.start_s));
                format!("; {own}{unit} of samples in {all}{unit}")
            }
            _ => String::new(),
        };
        Some(format!("the recording pauses {count} ({}){lengths}; times are the file's own", list.join(", ")))
    }
}

/// Rounded to microseconds, without trailing zeros.
fn short(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
