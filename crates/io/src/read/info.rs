//! What is known of a signal before its first sample is read.

use super::Format;
use crate::{Error, Result};
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// One channel of a signal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelInfo {
    /// Name in the file, or `ch1`, `ch2`, … where the format has none.
    pub name: String,
    /// Physical unit, where the format has one.
    pub unit: Option<String>,
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
    /// Which part of the file, where one file gives several signals (the array's name in an NPZ, the
    /// rate's group in an EDF).
    pub part: Option<String>,
    /// How it is stored.
    pub format: Format,
    /// Samples per second and channel; `None` where the file does not say (raw, NPY, CSV) and no rate was given.
    pub sample_rate: Option<f64>,
    /// Whether the rate is known to be in Hz: from a header or from dates. A given rate and a column of plain
    /// numbers have the unit of time that their user has in mind.
    pub rate_in_hz: bool,
    /// The channels, in the order of the planes.
    pub channels: Vec<ChannelInfo>,
    /// Samples per channel, where the header and the file's length tell.
    pub frames: Option<u64>,
    /// Whether a sample is a pair (re, im).
    pub complex: bool,
    /// Frequency in Hz that the zero of a complex signal's spectrum stands for.
    pub center_freq: Option<f64>,
    /// Float type that the samples need.
    pub precision: Precision,
    /// What a user should know: channels left out, header fields that contradict the file, …
    /// Reading may add to it.
    pub notes: Vec<String>,
}

impl SignalInfo {
    /// Vectors that a read fills: one a channel, two (re, im) if the signal is complex.
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
            complex: false,
            center_freq: None,
            precision: Precision::F32,
            notes: Vec::new(),
        }
    }

    /// `count` channels without names or units.
    pub(super) fn number_channels(&mut self, count: usize) {
        self.channels = (1..=count).map(|i| ChannelInfo { name: format!("ch{i}"), unit: None }).collect();
    }

    /// Takes the rate of the file's header unless the caller gave one, and says where they disagree.
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

fn lossy<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
