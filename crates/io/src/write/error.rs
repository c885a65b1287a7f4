//! Errors of writing, each with the name of the target.

use std::io;

/// Result of every fallible call of [`write`](crate::write).
pub type Result<T> = std::result::Result<T, Error>;

/// Reasons why a result could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the operating system.
    #[error("{target}: {source}{}", hint(source))]
    Io {
        /// File name, or `standard output`.
        target: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The format cannot represent the result.
    #[error("{format}: {reason}")]
    Format {
        /// Name of the format.
        format: &'static str,
        /// The reason, and which format to use instead.
        reason: String,
    },
    /// An image could not be drawn.
    #[error("plot: {reason}")]
    Plot {
        /// The reason.
        reason: String,
    },
}

impl Error {
    /// Creates an [`Error::Io`] that names its target.
    pub fn io(target: impl Into<String>, source: io::Error) -> Self {
        Self::Io { target: target.into(), source }
    }

    /// Returns whether the reader of a pipe has closed it, which is not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => " (the disk is full)",
        _ => "",
    }
}
