//! Writers of results: table, JSON, JSON lines, CSV, NPY, NPZ, Parquet and Arrow.
//!
//! A result is a plain `serde` structure ([`results`]) with its rows and arrays ([`Report`]); a [`ResultWriter`]
//! turns any of them into one of the [`Format`]s. Files are written completely or not at all ([`OutputFile`]).

#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
mod columnar;
mod csv;
mod digits;
mod error;
mod file;
mod format;
mod json;
mod npy;
mod npz;
mod report;
pub mod results;
mod spool;
mod table;
mod text;
mod writer;

pub use digits::rounded;
pub use error::{Error, Result};
pub use file::{FileId, OutputFile, remove_unfinished};
pub use format::Format;
pub use npy::{NamedArray, npy_bytes};
pub use report::{Cell, Column, ColumnKind, Report};
pub use spool::ArraySpool;
pub use text::escaped;
pub use writer::{ResultWriter, WriterOptions};
