//! Why a request has no answer.

/// Result of every fallible call in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reasons why a request failed. The texts are shown to the user of the page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is invalid: a field is missing or outside its domain.
    #[error("{0}")]
    Request(String),
    /// The view changed before the answer was ready.
    #[error("cancelled")]
    Cancelled,
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] rlx_io::Error),
    /// A result cannot be written.
    #[error(transparent)]
    Write(#[from] rlx_io::write::Error),
    /// The estimate is not possible with these parameters or these samples.
    #[error(transparent)]
    Dsp(#[from] rlx_dsp::Error),
}

impl Error {
    pub(crate) fn request(reason: impl Into<String>) -> Self {
        Self::Request(reason.into())
    }
}
