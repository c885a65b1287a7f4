//! What a page may ask for.
//!
//! Positions and lengths are in samples, frequencies in the unit of the sample rate. Every field comes from outside:
//! the engine checks it against the recording and against the limits below.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::{Symmetry, Window};
use serde::{Deserialize, Deserializer};
use std::str::FromStr;

use crate::{Error, Result};

/// Longest transform.
pub(crate) const MAX_N_FFT: usize = 1 << 17;
/// Columns of one envelope, and channels of it.
pub(crate) const MAX_COLUMNS: usize = 1 << 14;

/// A request, as JSON an object whose `method` names the variant in lower case.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Request {
    /// Every recording.
    Info,
    /// One tile of a spectrogram.
    Tile(TileQuery),
    /// Smallest and largest samples per column, of any number of channels.
    Envelope(EnvelopeQuery),
    /// The spectrum of a selection.
    Psd(SelectionQuery),
    /// The peaks of a selection.
    Peaks(SelectionQuery),
    /// Power and signal-to-noise ratio of a selection's band.
    Measure(SelectionQuery),
    /// A result of a selection as a file.
    Export(ExportQuery),
    /// The command line that gives the same result.
    Command(ExportQuery),
    /// Samples of one channel, to be played.
    Samples(SamplesQuery),
    /// Writes an annotation beside the recording.
    Annotate(AnnotateQuery),
}

/// How spectra are estimated.
#[derive(Debug, Clone, Deserialize)]
pub struct Estimate {
    /// Length of a segment and of its transform.
    pub n_fft: usize,
    /// Samples from one segment to the next.
    pub hop: usize,
    /// Weights of a segment.
    #[serde(default = "hann", deserialize_with = "text")]
    pub window: Window,
    /// What is subtracted from a segment.
    #[serde(default, deserialize_with = "text")]
    pub detrend: Detrend,
    /// Units of the powers.
    #[serde(default = "density", deserialize_with = "text")]
    pub scaling: Scaling,
}

fn hann() -> Window {
    Window::Hann
}

fn density() -> Scaling {
    Scaling::Density
}

fn text<'de, D: Deserializer<'de>, T: FromStr<Err = rlx_dsp::Error>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Estimate {
    /// Returns the parameters of an averaged spectrum, after a check of the limits.
    pub(crate) fn params(&self, rate: f64, average: Average) -> Result<PsdParams> {
        if !(2..=MAX_N_FFT).contains(&self.n_fft) {
            return Err(Error::request(format!("n_fft: {} is not within 2 … {MAX_N_FFT}", self.n_fft)));
        }
        if self.hop == 0 || self.hop > 1 << 20 {
            return Err(Error::request(format!("hop: {} is not within 1 … {}", self.hop, 1 << 20)));
        }
        Ok(PsdParams::new(rate, self.n_fft)
            .window(self.window.clone())
            .symmetry(Symmetry::Periodic)
            .hop(self.hop)
            .n_fft(self.n_fft)
            .detrend(self.detrend)
            .scaling(self.scaling)
            .average(average)
            .sides(Sides::Auto)
            .nan(NanPolicy::SkipSegment))
    }
}

/// What a tile's columns keep of their frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// The largest power of each bin: short events stay visible at any zoom.
    #[default]
    Max,
    /// The mean power of each bin.
    Mean,
}

/// One tile: [`TileQuery::COLUMNS`] columns from column `index · COLUMNS` of the recording on.
#[derive(Debug, Clone, Deserialize)]
pub struct TileQuery {
    /// Number of the recording.
    pub recording: usize,
    /// Number of the channel, from 0.
    pub channel: usize,
    /// Of a frame.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Frames in a column.
    pub frames: u64,
    /// Number of the tile.
    pub index: u64,
    /// Neighbouring bins in a row.
    #[serde(default = "one")]
    pub fold: usize,
    /// Of the frames in a column and the bins in a row.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// Use every frame. Otherwise a few frames of each column are enough for a first picture.
    #[serde(default)]
    pub exact: bool,
    /// Number of the view that needs it: a request of a newer one cancels this. Never cancelled if absent.
    #[serde(default)]
    pub view: Option<u64>,
}

fn one() -> usize {
    1
}

impl TileQuery {
    /// Columns of a tile.
    pub const COLUMNS: usize = 256;
}

/// Smallest and largest samples of columns of equal length.
#[derive(Debug, Clone, Deserialize)]
pub struct EnvelopeQuery {
    /// Number of the recording.
    pub recording: usize,
    /// Numbers of the channels, from 0.
    pub channels: Vec<usize>,
    /// First sample.
    pub start: u64,
    /// Samples in a column.
    pub samples: u64,
    /// Number of columns.
    pub columns: usize,
    /// Look at every sample. Otherwise a part of each column is enough for a first picture.
    #[serde(default)]
    pub exact: bool,
    /// As in [`TileQuery::view`].
    #[serde(default)]
    pub view: Option<u64>,
}

/// A stretch of time and of frequency.
#[derive(Debug, Clone, Deserialize)]
pub struct SelectionQuery {
    /// Number of the recording.
    pub recording: usize,
    /// Numbers of the channels, from 0.
    pub channels: Vec<usize>,
    /// First sample.
    pub start: u64,
    /// Number of samples.
    pub count: u64,
    /// Lower and upper frequency; the whole spectrum if absent.
    #[serde(default)]
    pub band: Option<[f64; 2]>,
    /// Of a segment.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Over the segments.
    #[serde(default, deserialize_with = "text")]
    pub average: Average,
    /// Number of peaks.
    #[serde(default = "ten")]
    pub k: usize,
    /// Least prominence of a peak in dB.
    #[serde(default = "three")]
    pub prominence: f64,
    /// As in [`TileQuery::view`].
    #[serde(default)]
    pub view: Option<u64>,
}

fn ten() -> usize {
    10
}

fn three() -> f64 {
    3.0
}

/// Which result of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportKind {
    /// The averaged spectrum.
    Psd,
    /// The table of peaks.
    Peaks,
    /// The spectra of all frames.
    Spectrogram,
}

/// A result of a selection as a file, or as a command line.
#[derive(Debug, Clone, Deserialize)]
pub struct ExportQuery {
    /// Which result.
    pub what: ExportKind,
    /// `csv`, `json`, `npy`, `npz`, … as the program's `--format`.
    pub format: String,
    /// Of what.
    #[serde(flatten)]
    pub selection: SelectionQuery,
}

/// Samples of one channel.
#[derive(Debug, Clone, Deserialize)]
pub struct SamplesQuery {
    /// Number of the recording.
    pub recording: usize,
    /// Number of the channel, from 0.
    pub channel: usize,
    /// First sample.
    pub start: u64,
    /// Number of samples, at most [`SamplesQuery::MAX`].
    pub count: usize,
}

impl SamplesQuery {
    /// Most samples of one reply.
    pub const MAX: usize = 1 << 23;
}

/// An annotation of a stretch of time and of frequency.
#[derive(Debug, Clone, Deserialize)]
pub struct AnnotateQuery {
    /// Number of the recording.
    pub recording: usize,
    /// First sample.
    pub start: u64,
    /// Number of samples.
    pub count: u64,
    /// Lower and upper frequency.
    #[serde(default)]
    pub band: Option<[f64; 2]>,
    /// What it is.
    pub label: String,
}
