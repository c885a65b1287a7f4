//! What can go wrong between a graph and its results.

use std::path::PathBuf;

/// Result of every fallible call in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The graph, plan or record is wrong.
    #[error(transparent)]
    Compile(#[from] rlx_compile::Error),
    /// A kernel refused its parameters or its samples.
    #[error(transparent)]
    Dsp(#[from] rlx_dsp::Error),
    /// The name is not in the grammar of [`Device`](crate::Device).
    #[error("device {name:?} is unknown; {known}")]
    UnknownDevice {
        /// What was asked for.
        name: String,
        /// The names that there are, or the devices of this machine.
        known: String,
    },
    /// A known device that this build or this machine lacks.
    #[error("device {name} is not available: {reason}; this machine has {available}")]
    AbsentDevice {
        /// What was asked for.
        name: String,
        /// Why it is not there.
        reason: String,
        /// Devices that there are, comma-separated.
        available: String,
    },
    /// The device stopped answering, or a kernel of its failed: what it was given is not computed, and it takes no more
    /// work in this process.
    #[error("device {device} is lost: {reason}")]
    DeviceLost {
        /// The name under which it was opened.
        device: String,
        /// What the driver said.
        reason: String,
    },
    /// Another number of inputs or outputs than the plan has.
    #[error("{name}: expected {expected} buffers, got {got}")]
    Count {
        /// `inputs` or `outputs`.
        name: &'static str,
        /// Number that the plan has.
        expected: usize,
        /// Number that was given.
        got: usize,
    },
    /// A buffer of another length than the plan asks for.
    #[error("{name}: expected {expected} values, got {got}")]
    Length {
        /// `input 0`, `output peaks`, …
        name: String,
        /// Length that the plan asks for.
        expected: usize,
        /// Length that was given.
        got: usize,
    },
    /// A device refused something.
    #[error("{device}: {what} failed: {reason}")]
    Device {
        /// `cuda:0`, ….
        device: String,
        /// What was tried.
        what: &'static str,
        /// What the driver said.
        reason: String,
    },
    /// The device has too little free memory, even for the smallest part of the work.
    #[error("{device}: out of memory: {reason}")]
    DeviceMemory {
        /// `cuda:0`, ….
        device: String,
        /// What was asked for.
        reason: String,
    },
    /// The caller's flag was raised before all was done; outputs hold parts of results.
    #[error("cancelled")]
    Cancelled,
    /// The session cannot run this plan.
    #[error("{0}")]
    Unsupported(String),
    /// A file of the cache could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(reason.into())
    }

    #[cfg(any(feature = "cuda", feature = "gpu"))]
    pub(crate) fn device(device: &str, what: &'static str, reason: impl Into<String>) -> Self {
        Self::Device { device: device.to_owned(), what, reason: reason.into() }
    }

    pub(crate) fn file(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::File { path: path.into(), reason: error.to_string() }
    }
}
