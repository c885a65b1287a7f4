//! Errors for arguments that can be parsed but are invalid.

use std::fmt;

/// An invalid argument and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usage {
    argument: String,
    reason: String,
}

impl Usage {
    /// Creates an error; `argument` is written as by the user: `--hop`.
    pub(crate) fn new(argument: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { argument: argument.into(), reason: reason.into() }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.argument, self.reason)
    }
}
