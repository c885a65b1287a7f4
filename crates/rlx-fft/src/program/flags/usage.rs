//! Arguments that parse but do not make sense.

use std::fmt;

/// What is wrong with which argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usage {
    argument: String,
    reason: String,
}

impl Usage {
    /// `argument` as the user writes it: `--hop`.
    pub(crate) fn new(argument: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { argument: argument.into(), reason: reason.into() }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.argument, self.reason)
    }
}
