//! Errors of reading, each with the name of the file and the position in it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Result of every fallible call in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    File,
    /// Offset in bytes from the start of the file (of the array, inside an archive).
    Byte(u64),
    /// Line of a text file, from 1, and the name of the column if the error concerns one.
    Line {
        /// Line number from 1.
        line: u64,
        /// Name (or number) of the column.
        column: Option<String>,
    },
    /// Row of a columnar file, from 1, and the name of the column if the error concerns one.
    Row {
        /// Row number from 1.
        row: u64,
        /// Name of the column.
        column: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Byte(offset) => write!(f, "byte {offset}: "),
            Self::Line { line, column: None } => write!(f, "line {line}: "),
            Self::Line { line, column: Some(column) } => write!(f, "line {line}, column '{column}': "),
            Self::Row { row, column: None } => write!(f, "row {row}: "),
            Self::Row { row, column: Some(column) } => write!(f, "row {row}, column '{column}': "),
        }
    }
}

/// Reasons why a signal could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the operating system.
    #[error("{}: {}{source}", path.display(), offset.map_or_else(String::new, |at| format!("byte {at}: ")))]
    Io {
        /// The file.
        path: PathBuf,
        /// Offset in bytes up to which the file was read, if known.
        offset: Option<u64>,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content violates its format.
    #[error("{}: {place}{reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// The reason, with the values.
        reason: String,
    },
    /// The file is shorter than its header states. The available samples were delivered before this error.
    #[error("{}: {place}truncated: {reason}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the data ended.
        place: Place,
        /// The expected and the available length.
        reason: String,
    },
    /// The file is well-formed as far as checked, but of an unsupported kind.
    #[error("{}: {place}{reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// The unsupported property and the supported alternatives.
        reason: String,
    },
    /// An option is outside its domain.
    #[error("{name}: {reason}")]
    Argument {
        /// The option's public name.
        name: &'static str,
        /// The reason, with the values.
        reason: String,
    },
}

impl Error {
    /// Creates an [`Error::Io`] without an offset.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), offset: None, source }
    }

    /// Creates an [`Error::Argument`].
    pub fn argument(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { name, reason: reason.into() }
    }

    pub(crate) fn malformed(path: &Path, place: Place, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), place, reason: reason.into() }
    }

    pub(crate) fn truncated(path: &Path, at: u64, reason: impl Into<String>) -> Self {
        Self::Truncated { path: path.to_owned(), place: Place::Byte(at), reason: reason.into() }
    }

    pub(crate) fn unsupported(path: &Path, place: Place, reason: impl Into<String>) -> Self {
        Self::Unsupported { path: path.to_owned(), place, reason: reason.into() }
    }
}
