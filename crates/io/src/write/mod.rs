//! Writers of results: table, JSON, JSON lines, CSV, NPY and NPZ.
//!
//! A result is a plain `serde` structure ([`results`]) that also knows its rows and its arrays
//! ([`Report`]); a [`ResultWriter`] turns any of them into one of the [`Format`]s. Files are written
//! whole or not at all ([`OutputFile`]).

mod atomic;
mod csv;
mod error;
mod format;
mod json;
mod npy;
mod npz;
mod report;
pub mod results;
mod table;
mod writer;

pub use atomic::{OutputFile, remove_unfinished};
pub use error::{Error, Result};
pub use format::Format;
pub use npy::{NamedArray, npy_bytes};
pub use report::{Cell, Column, Report};
pub use writer::{ResultWriter, WriterOptions};
