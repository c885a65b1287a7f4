//! Readers of signals and writers of results.
//!
//! Input is untrusted: every reader works in blocks, sizes allocations by the data it has read and never by a header
//! alone, and returns errors that name the file and the position.

pub mod error;
#[cfg(feature = "plot")]
pub mod plot;
pub mod read;
pub mod write;

pub use error::{Error, Place, Result};
