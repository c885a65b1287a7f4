//! Names of the output formats.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Output format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Aligned columns, for reading.
    Table,
    /// One JSON array of objects.
    Json,
    /// One JSON object per line.
    JsonLines,
    /// One row per line, nested values as text.
    Csv,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
}

/// Names and file name extensions.
const FORMATS: [(Format, &str, &[&str]); 6] = [
    (Format::Table, "table", &["txt"]),
    (Format::Json, "json", &["json"]),
    (Format::JsonLines, "jsonl", &["jsonl", "ndjson"]),
    (Format::Csv, "csv", &["csv"]),
    (Format::Parquet, "parquet", &["parquet"]),
    (Format::Arrow, "arrow", &["arrow", "feather", "ipc"]),
];

impl Format {
    /// Returns the format of a file name's extension.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMATS.iter().find(|(_, _, all)| all.contains(&extension.as_str())).map(|(format, _, _)| *format)
    }

    /// Returns whether the format is binary.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORMATS.iter().find(|(format, _, _)| format == self).map_or("?", |(_, name, _)| name))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || FORMATS.iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ");
        FORMATS
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(format, _, _)| *format)
            .ok_or_else(|| format!("unknown format '{text}', known: {}", known()))
    }
}
