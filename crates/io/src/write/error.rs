//! What can go wrong while writing, with the name of what was written.

use std::io;

/// Result of every fallible call of [`write`](crate::write).
pub type Result<T> = std::result::Result<T, Error>;

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{target}: {source}{}", hint(source))]
    Io {
        /// File name, or `standard output`.
        target: String,
        /// What the system said.
        source: io::Error,
    },
    /// The format cannot hold what was asked of it.
    #[error("{format}: {reason}")]
    Format {
        /// Name of the format.
        format: &'static str,
        /// Why not, and what to use instead.
        reason: String,
    },
    /// A picture could not be drawn.
    #[error("plot: {reason}")]
    Plot {
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// Creates an [`Error::Io`] that names its target.
    pub fn io(target: impl Into<String>, source: io::Error) -> Self {
        Self::Io { target: target.into(), source }
    }

    /// Returns whether the reader of a pipe went away: nothing is wrong, there is only nobody left to write to.
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
