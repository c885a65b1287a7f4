//! The interface of a columnar file.

use crate::{Error, Place, Result};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};
use std::path::Path;
use std::sync::Arc;

/// Columns of equal length that are read in batches of rows.
pub(super) trait Table: Send + Sync {
    /// Name for messages.
    fn name(&self) -> &Path;

    fn schema(&self) -> &Schema;

    /// Number of rows, if it is known without reading them.
    fn rows(&self) -> Option<u64>;

    /// Reads these columns from a row on. A stream can be read once, from its first row.
    fn scan(self: Arc<Self>, columns: &[usize], from: u64) -> Result<Box<dyn Scan>>;
}

/// Batches of rows, in the order of the file.
pub(super) trait Scan: Send {
    /// Returns the next batch, with the columns in the order of the request; `None` at the end.
    fn next(&mut self) -> Result<Option<RecordBatch>>;
}

/// Returns the error for a panic in a library: it concerns only this file.
pub(super) fn refused(name: &Path) -> Error {
    Error::malformed(name, Place::File, "the decoder failed on damaged data")
}

/// Returns the error of the arrow crates.
pub(super) fn library(name: &Path, error: &ArrowError) -> Error {
    match error {
        ArrowError::NotYetImplemented(what) => {
            Error::unsupported(name, Place::File, format!("not decoded: {what}"))
        }
        other => Error::malformed(name, Place::File, other.to_string()),
    }
}

/// Returns the error of a row, counted from 0 here and from 1 in the message.
pub(super) fn at_row(name: &Path, row: u64, column: &str, reason: impl Into<String>) -> Error {
    let place = Place::Row { row: row.saturating_add(1), column: Some(column.to_owned()) };
    Error::malformed(name, place, reason)
}
