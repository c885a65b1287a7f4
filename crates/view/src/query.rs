//! The requests of a page.
//!
//! Positions and lengths are in samples, frequencies in the unit of the sample rate. Fields are untrusted: the engine
//! checks them against the recording and the limits below.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::{Symmetry, Window};
use serde::{Deserialize, Deserializer};
use std::str::FromStr;

use crate::{Error, Result};

/// Largest transform length.
pub(crate) const MAX_N_FFT: usize = 1 << 17;
/// Largest number of columns of an envelope, and of its channels.
pub(crate) const MAX_COLUMNS: usize = 1 << 14;

/// A request. In JSON, an object whose `method` is the variant in lower case.
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
    /// Writes an annotation next to the recording.
    Annotate(AnnotateQuery),
}

/// Parameters of spectra.
#[derive(Debug, Clone, Deserialize)]
pub struct Estimate {
    /// Length of a segment and of its transform.
    pub n_fft: usize,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Window of a segment.
    #[serde(default = "hann", deserialize_with = "text")]
    pub window: Window,
    /// Detrending of a segment.
    #[serde(default, deserialize_with = "text")]
    pub detrend: Detrend,
    /// Scaling of the powers.
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

/// Reduction of the frames of a column.
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
    /// Parameters of a frame.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Frames per column.
    pub frames: u64,
    /// Number of the tile.
    pub index: u64,
    /// Neighbouring bins per row.
    #[serde(default = "one")]
    pub fold: usize,
    /// Reduction of the frames of a column and the bins of a row.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// Whether to use every frame; otherwise a preview uses a few frames of each column.
    #[serde(default)]
    pub exact: bool,
    /// Number of the view. A request of a newer view cancels this one; without a number it is never cancelled.
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
    /// Samples per column.
    pub samples: u64,
    /// Number of columns.
    pub columns: usize,
    /// Whether to use every sample; otherwise a preview uses a part of each column.
    #[serde(default)]
    pub exact: bool,
    /// See [`TileQuery::view`].
    #[serde(default)]
    pub view: Option<u64>,
}

/// A range of time and frequency.
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
    /// Parameters of a segment.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Average over the segments.
    #[serde(default, deserialize_with = "text")]
    pub average: Average,
    /// Number of peaks.
    #[serde(default = "ten")]
    pub k: usize,
    /// Smallest prominence of a peak in dB.
    #[serde(default = "three")]
    pub prominence: f64,
    /// See [`TileQuery::view`].
    #[serde(default)]
    pub view: Option<u64>,
}

fn ten() -> usize {
    10
}

fn three() -> f64 {
    3.0
}

/// Kind of result of a selection.
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
    /// Kind of result.
    pub what: ExportKind,
    /// Format, as the program's `--format`: `csv`, `json`, `npy`, `npz`, …
    pub format: String,
    /// The selection.
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
    /// Largest number of samples per reply.
    pub const MAX: usize = 1 << 23;
}

/// An annotation of a range of time and frequency.
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
    /// Text of the label.
    pub label: String,
}
