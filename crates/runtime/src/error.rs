//! Errors of devices, sessions and executables.

use std::path::PathBuf;

/// Result of every fallible call in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Reasons for a failure.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The graph, plan or record is wrong.
    #[error(transparent)]
    Compile(#[from] rlx_compile::Error),
    /// A kernel rejected its parameters or samples.
    #[error(transparent)]
    Dsp(#[from] rlx_dsp::Error),
    /// The name is not in the grammar of [`Device`](crate::Device).
    #[error("device {name:?} is unknown; {known}")]
    UnknownDevice {
        /// The request.
        name: String,
        /// The known names, or the devices of this machine.
        known: String,
    },
    /// A known device that is absent in this build or on this machine.
    #[error("device {name} is not available: {reason}; this machine has {available}")]
    AbsentDevice {
        /// The request.
        name: String,
        /// The reason.
        reason: String,
        /// Available devices, comma-separated.
        available: String,
    },
    /// The device stopped answering, or one of its kernels failed. The work is not computed, and this process no
    /// longer uses the device.
    #[error("device {device} is lost: {reason}")]
    DeviceLost {
        /// The name under which it was opened.
        device: String,
        /// The error of the driver.
        reason: String,
    },
    /// The number of inputs or outputs differs from that of the plan.
    #[error("{name}: expected {expected} buffers, got {got}")]
    Count {
        /// `inputs` or `outputs`.
        name: &'static str,
        /// Number in the plan.
        expected: usize,
        /// Number of buffers given.
        got: usize,
    },
    /// The length of a buffer differs from that of the plan.
    #[error("{name}: expected {expected} values, got {got}")]
    Length {
        /// `input 0`, `output peaks`, …
        name: String,
        /// Length required by the plan.
        expected: usize,
        /// Length of the buffer given.
        got: usize,
    },
    /// An operation on a device failed.
    #[error("{device}: {what} failed: {reason}")]
    Device {
        /// `cuda:0`, ….
        device: String,
        /// The operation.
        what: &'static str,
        /// The error of the driver.
        reason: String,
    },
    /// The device has too little free memory, even for the smallest part of the work.
    #[error("{device}: out of memory: {reason}")]
    DeviceMemory {
        /// `cuda:0`, ….
        device: String,
        /// The request.
        reason: String,
    },
    /// The caller cancelled the run; the outputs contain partial results.
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
        /// The error of the operating system.
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
