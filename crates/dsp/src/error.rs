//! Errors, with the name of the argument and the values found.

/// Result of every fallible call in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Reasons for a failure.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is outside its domain.
    #[error("{name}: {reason}")]
    Argument {
        /// The argument's public name.
        name: &'static str,
        /// The reason, with the values.
        reason: String,
    },
    /// A buffer does not have the length that the plan requires.
    #[error("{name}: expected {expected} values, got {got}")]
    Length {
        /// The buffer's name.
        name: &'static str,
        /// Length required by the plan.
        expected: usize,
        /// Length of the buffer.
        got: usize,
    },
    /// The signal has fewer samples than one segment.
    #[error("signal of {len} samples is shorter than one segment of {segment}")]
    TooShort {
        /// Samples in the signal.
        len: usize,
        /// Samples in one segment.
        segment: usize,
    },
    /// A sample is NaN or infinite and the NaN policy is `Error`.
    #[error("sample {index} of row {row} is {value}")]
    NonFinite {
        /// Row (channel) of the batch.
        row: usize,
        /// Index of the sample in its row.
        index: u64,
        /// The offending value.
        value: f64,
    },
}

impl Error {
    /// Creates an [`Error::Argument`] with a formatted reason.
    pub(crate) fn argument(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { name, reason: reason.into() }
    }
}
