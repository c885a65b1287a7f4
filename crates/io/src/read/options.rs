//! What a caller may say about a file that the file does not say itself.

use super::sample::Scale;
use super::{DateFormat, Format, RawFormat};

/// How to open a file. The default asks the file for everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenOptions {
    /// Format, instead of looking at the content and the extension.
    pub format: Option<Format>,
    /// Samples per second. Needed for what raw, NPY and CSV files do not tell; overrides what others tell.
    pub rate: Option<f64>,
    /// The file has no header: samples of this format.
    pub raw: Option<RawFormat>,
    /// Channels of a headerless file; 1 by default.
    pub channels: Option<usize>,
    /// Keep stored integers as they are rather than scale full scale to ±1 (raw, WAV, AIFF, SigMF).
    /// NPY integers are always kept, EDF always gives physical units.
    pub counts: bool,
    /// Read to the end of the file, whatever length its header gives (WAV, AIFF, AU, W64, EDF).
    pub ignore_length: bool,
    /// Take two channels as one complex signal: the first in phase, the second in quadrature.
    pub iq: bool,
    /// Which axis of a two-dimensional array is time: 0 for `[samples, channels]`, 1 (the default) for
    /// `[channels, samples]`.
    pub axis: Option<usize>,
    /// Of tables.
    pub csv: CsvOptions,
}

/// How to read a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CsvOptions {
    /// Columns to read, each by its name or by its number from 1; all numeric ones by default.
    pub columns: Vec<String>,
    /// Column of uniform timestamps, which give the rate.
    pub time: Option<String>,
    /// Field delimiter; a space stands for any run of spaces and tabs. Found by itself by default.
    pub delimiter: Option<u8>,
    /// Whether the first line has names. Found by itself by default.
    pub header: Option<bool>,
    /// Lines to pass over at the start, whatever they hold.
    pub skip_rows: u64,
    /// What a line of comment begins with; `#` by default, and nothing does where it is empty.
    pub comment: Option<String>,
    /// `,` or `.`: what separates whole from fraction. Found by itself by default.
    pub decimal: Option<u8>,
    /// Unit of the numbers of the time column in seconds (see [`super::time_unit`]), where its name does not tell.
    pub time_unit: Option<f64>,
    /// How the dates of the time column are written.
    pub date_format: Option<DateFormat>,
}

impl OpenOptions {
    pub(super) fn scale(&self) -> Scale {
        if self.counts { Scale::Counts } else { Scale::Full }
    }
}
