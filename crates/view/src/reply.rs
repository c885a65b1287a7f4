//! The replies of the engine.

use crate::RecordingInfo;
use rlx_io::write::results::{PeaksResult, PsdResult};
use serde::Serialize;
use std::sync::Arc;

/// An answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reply {
    /// Every recording.
    Info(Info),
    /// A tile. Little-endian: six `u32` (columns, rows, 1 if exact, frames in a full column that were used, 0, 0), then
    /// levels in hundredths of a dB as `i16`, `[columns][rows]` from the lowest frequency up (−32768 for none), then
    /// smallest and largest sample of each column as `f32` pairs (NaN for none).
    Tile(Arc<Vec<u8>>),
    /// An envelope. Little-endian: four `u32` (channels, columns, 1 if exact, 0), then pairs of `f32`,
    /// `[channels][columns][min, max]`, NaN for none.
    Envelope(Vec<u8>),
    /// A spectrum, as the program's `psd` writes it.
    Psd(PsdResult),
    /// Peaks, as the program's `peaks` writes them.
    Peaks(PeaksResult),
    /// Powers of a band.
    Measure(Vec<Measure>),
    /// A file.
    File {
        /// Proposed name.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// A command line.
    Command(String),
    /// `f32` little-endian.
    Samples(Vec<u8>),
    /// The file that an annotation was written to.
    Annotated(String),
}

/// The recordings of an engine.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// Version of this crate.
    pub version: String,
    /// The recordings; requests refer to them by index.
    pub recordings: Vec<RecordingInfo>,
    /// Files that could not be opened.
    pub failures: Vec<FileFailure>,
    /// Whether the recordings may grow.
    pub following: bool,
    /// Whether annotations can be written.
    pub may_write: bool,
}

/// A file that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFailure {
    /// Its name.
    pub name: String,
    /// The error.
    pub error: String,
}

/// Power of one channel in a band.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// Name of the channel.
    pub channel: String,
    /// Power in the band: the density integrated over its bins, in unit².
    pub power: f64,
    /// 10·log10 of it.
    pub level_db: f64,
    /// Unit of the power.
    pub unit: String,
    /// Median density of the bins outside the band (of all bins if none is outside), in unit²/Hz.
    pub noise_density: f64,
    /// 10·log10 of (power − noise) / noise, where noise is `noise_density` over the band's width; absent if the power
    /// does not exceed the noise.
    pub snr_db: Option<f64>,
    /// Segments that were averaged.
    pub segments: u64,
}

impl Reply {
    /// Returns the media type and the bytes of the reply.
    pub fn into_bytes(self) -> (&'static str, Arc<Vec<u8>>) {
        let json = |value: serde_json::Result<Vec<u8>>| ("application/json", value.unwrap_or_default());
        let (kind, bytes) = match self {
            Self::Tile(bytes) => return ("application/octet-stream", bytes),
            Self::Envelope(bytes) | Self::Samples(bytes) | Self::File { bytes, .. } => {
                ("application/octet-stream", bytes)
            }
            Self::Info(all) => json(serde_json::to_vec(&all)),
            Self::Psd(result) => json(serde_json::to_vec(&result)),
            Self::Peaks(result) => json(serde_json::to_vec(&result)),
            Self::Measure(all) => json(serde_json::to_vec(&all)),
            Self::Command(line) => json(serde_json::to_vec(&line)),
            Self::Annotated(path) => json(serde_json::to_vec(&path)),
        };
        (kind, Arc::new(bytes))
    }
}
