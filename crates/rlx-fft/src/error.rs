//! Errors of the facade.

/// Result of every fallible call of the facade.
pub type Result<T> = std::result::Result<T, Error>;

/// Reasons for a failure.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Invalid parameters or samples.
    #[error(transparent)]
    Dsp(#[from] rlx_dsp::Error),
    /// A graph, a name of a strategy or a calibration.
    #[error(transparent)]
    Compile(#[from] rlx_compile::Error),
    /// A device or an executable.
    #[error(transparent)]
    Runtime(#[from] rlx_runtime::Error),
    /// A learned model.
    #[error(transparent)]
    Learn(#[from] rlx_learn::Error),
    /// An argument is outside its domain.
    #[error("{name}: {reason}")]
    Argument {
        /// The argument's public name.
        name: &'static str,
        /// The reason, with the values.
        reason: String,
    },
}

impl Error {
    pub(crate) fn argument(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { name, reason: reason.into() }
    }
}
