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
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::Table, Self::Json, Self::JsonLines, Self::Csv, Self::Npy, Self::Npz];

    /// Returns the format of a file name's extension, if it is known.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" => Some(Self::Table),
            "ndjson" => Some(Self::JsonLines),
            other => other.parse().ok(),
        }
    }

    /// Returns whether the output is binary and must not be sent to a terminal.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Npy | Self::Npz)
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
            .into_iter()
            .find(|f| f.name() == name)
            .ok_or_else(|| format!("unknown format '{name}': table, json, jsonl, csv, npy or npz"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_extensions_choose() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
        }
        assert_eq!(Format::from_path(Path::new("a/b.CSV")), Some(Format::Csv));
        assert_eq!(Format::from_path(Path::new("b.ndjson")), Some(Format::JsonLines));
        assert_eq!(Format::from_path(Path::new("b.dat")), None);
    }
}
