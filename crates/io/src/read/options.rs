//! Options for opening a file.

use super::sample::Scale;
use super::{DateFormat, Format, RawFormat};

/// How to open a file. By default everything comes from the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpenOptions {
    /// Format, instead of detecting it by content and extension.
    pub format: Option<Format>,
    /// Samples per second. Required for raw, NPY and CSV files, which do not contain it; overrides the rate of other
    /// formats.
    pub rate: Option<f64>,
    /// Format of headerless samples.
    pub raw: Option<RawFormat>,
    /// Channels of a headerless file; 1 by default.
    pub channels: Option<usize>,
    /// Whether stored integers are kept instead of scaling full scale to ±1 (raw, WAV, AIFF, SigMF). NPY integers are
    /// always kept, EDF always gives physical units.
    pub counts: bool,
    /// Whether to read to the end of the file and ignore the length in its header (WAV, AIFF, AU, W64, EDF).
    pub ignore_length: bool,
    /// Whether two channels form one complex signal: the first in phase, the second in quadrature.
    pub iq: bool,
    /// The time axis of a two-dimensional array: 0 for `[samples, channels]`, 1 (the default) for `[channels,
    /// samples]`.
    pub axis: Option<usize>,
    /// Options for tables.
    pub csv: CsvOptions,
}

/// How to read a table, of text or columnar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CsvOptions {
    /// Columns to read, each by its name or by its number from 1; all numeric ones by default.
    pub columns: Vec<String>,
    /// Column of uniform timestamps, from which the rate is computed.
    pub time: Option<String>,
    /// Field delimiter; a space stands for any run of spaces and tabs. Detected by default.
    pub delimiter: Option<u8>,
    /// Whether the first line contains names. Detected by default.
    pub header: Option<bool>,
    /// Number of lines to skip at the start.
    pub skip_rows: u64,
    /// Marker at the start of comment lines; `#` by default; an empty text means no comments.
    pub comment: Option<String>,
    /// Decimal separator, `,` or `.`. Detected by default.
    pub decimal: Option<u8>,
    /// Unit of the numbers of the time column in seconds (see [`super::time_unit`]), if its name does not contain
    /// one.
    pub time_unit: Option<f64>,
    /// Column of a columnar table whose values name groups: the rows of one value form a signal.
    pub by: Option<String>,
    /// Notation of the dates of the time column.
    pub date_format: Option<DateFormat>,
}

impl OpenOptions {
    pub(super) fn scale(&self) -> Scale {
        if self.counts { Scale::Counts } else { Scale::Full }
    }
}
