//! Errors of models and of their arguments.

/// Result of every fallible call in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Error of a call in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is outside its domain.
    #[error("{name}: {reason}")]
    Argument {
        /// The argument's public name.
        name: &'static str,
        /// The reason, values included.
        reason: String,
    },
    /// Bytes that are not a model this version can run.
    #[error("no model: {0}")]
    Model(String),
    /// A file that cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Path of the file.
        path: String,
        /// The reason.
        reason: String,
    },
    /// An error of `rlx-fft-dsp` about the signal or the parameters.
    #[error(transparent)]
    Dsp(#[from] rlx_dsp::Error),
}

impl Error {
    pub(crate) fn argument(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { name, reason: reason.into() }
    }
}
