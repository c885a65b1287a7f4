//! Readers of signals and writers of results.
//!
//! Input is untrusted: every reader works in blocks, allocates by what it has read
//! and never by what a header claims, and returns errors that name the file and the place.

pub mod error;
#[cfg(feature = "plot")]
pub mod plot;
pub mod read;
pub mod write;

pub use error::{Error, Place, Result};
