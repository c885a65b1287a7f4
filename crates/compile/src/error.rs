//! Errors of graphs, plans and calibrations; messages name the op and the shapes.

use crate::graph::NodeId;

/// Result of every fallible call in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a graph, a text form or a record was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A node has the wrong number of operands, or one that is not defined before it.
    #[error("{node} ({op}): {reason}")]
    Structure {
        /// The offending node.
        node: NodeId,
        /// Name of its op.
        op: &'static str,
        /// The reason.
        reason: String,
    },
    /// The op does not support this kind of operand.
    #[error("{node} ({op}): expects {expected}, got {got}")]
    Operand {
        /// The offending node.
        node: NodeId,
        /// Name of its op.
        op: &'static str,
        /// Kinds of operands that the op supports.
        expected: &'static str,
        /// Kind and shape of the operand.
        got: String,
    },
    /// A parameter is outside its domain for this operand.
    #[error("{node} ({op}): {reason}; operand: {operand}")]
    Parameter {
        /// The offending node.
        node: NodeId,
        /// Name of its op.
        op: &'static str,
        /// The reason, with the values.
        reason: String,
        /// Kind and shape of the operand (`none` for an input).
        operand: String,
    },
    /// The value would not fit in this machine's address space.
    #[error("{node} ({op}): shape {dims:?} overflows")]
    Overflow {
        /// The offending node.
        node: NodeId,
        /// Name of its op.
        op: &'static str,
        /// The dimensions as far as they are known.
        dims: Vec<usize>,
    },
    /// The graph as a whole cannot be compiled.
    #[error("graph: {0}")]
    Graph(String),
    /// The text form of a graph cannot be read.
    #[error("graph text, line {line}, column {column}: {reason}")]
    Parse {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// The expected text.
        reason: String,
    },
    /// An argument that is not part of a graph is outside its domain.
    #[error("{name}: {reason}")]
    Argument {
        /// The argument's public name.
        name: &'static str,
        /// The reason, with the values.
        reason: String,
    },
    /// A stored record (plan, calibration) is corrupt or of another schema.
    #[error("{what}: {reason}")]
    Record {
        /// Which record.
        what: &'static str,
        /// The reason.
        reason: String,
    },
}

impl Error {
    /// Creates an [`Error::Argument`] with a formatted reason.
    pub(crate) fn argument(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Argument { name, reason: reason.into() }
    }

    /// Creates an [`Error::Record`] with a formatted reason.
    pub(crate) fn record(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Record { what, reason: reason.into() }
    }
}
