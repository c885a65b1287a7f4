//! Names of the output formats.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Output formats of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Aligned columns under a caption, for reading.
    Table,
    /// One JSON document: an object, or an array if there are several results.
    Json,
    /// One JSON object per result, each on one line.
    JsonLines,
    /// One peak, bin or cell per line, with a header line.
    Csv,
    /// The main array of one result.
    Npy,
    /// Every array of every result.
    Npz,
    /// The rows of CSV in typed columns: Apache Parquet.
    #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
    Parquet,
    /// The rows of CSV in typed columns: an Arrow IPC file.
    #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
    Arrow,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Table,
        Self::Json,
        Self::JsonLines,
        Self::Csv,
        Self::Npy,
        Self::Npz,
        #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
        Self::Parquet,
        #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
        Self::Arrow,
    ];

    /// Returns the format of a file name's extension, if it is known.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" => Some(Self::Table),
            "ndjson" => Some(Self::JsonLines),
            "feather" => "arrow".parse().ok(),
            other => other.parse().ok(),
        }
    }

    /// Returns whether the output is binary and must not be sent to a terminal.
    pub fn is_binary(self) -> bool {
        match self {
            Self::Table | Self::Json | Self::JsonLines | Self::Csv => false,
            Self::Npy | Self::Npz => true,
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Self::Parquet | Self::Arrow => true,
        }
    }

    /// Returns whether a result can be written in parts, as they arrive.
    pub fn has_parts(self) -> bool {
        match self {
            Self::Json | Self::Npy | Self::Npz => false,
            Self::Table | Self::JsonLines | Self::Csv => true,
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Self::Parquet | Self::Arrow => true,
        }
    }

    /// Returns the names of all formats, for help texts and messages.
    pub fn names() -> String {
        let all: Vec<_> = Self::ALL.iter().map(|format| format.name()).collect();
        match all.split_last() {
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    /// Returns the name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Npy => "npy",
            Self::Npz => "npz",
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Self::Parquet => "parquet",
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Self::Arrow => "arrow",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|f| f.name() == name)
            .ok_or_else(|| format!("unknown format '{name}': {}", Self::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_extensions_choose() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), *format);
        }
        assert_eq!(Format::from_path(Path::new("a/b.CSV")), Some(Format::Csv));
        assert_eq!(Format::from_path(Path::new("b.ndjson")), Some(Format::JsonLines));
        assert_eq!(Format::from_path(Path::new("b.dat")), None);
    }
}
