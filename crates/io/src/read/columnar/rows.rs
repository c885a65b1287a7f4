//! Columns of lists: each row is a signal, whose channels are these columns.

use super::table::{Scan, Table, at_row};
use super::values::append;
use crate::read::format::Readers;
use crate::read::reader::{BlockReader, Chunk, Guarded, SignalReader};
use crate::read::sample::Target;
use crate::read::{ChannelInfo, SignalInfo};
use crate::{Error, Place, Result};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use std::path::Path;
use std::sync::Arc;

/// Samples of one row.
pub(super) struct Row {
    /// One array per channel, of equal lengths.
    channels: Vec<ArrayRef>,
    pub(super) len: usize,
}

impl Row {
    /// Returns the lists of a row of a batch, which is number `row` of the file; `None` if they are null.
    pub(super) fn of(
        batch: &RecordBatch,
        at: usize,
        row: u64,
        names: &[ChannelInfo],
        path: &Path,
    ) -> Result<Option<Self>> {
        let mut channels = Vec::with_capacity(names.len());
        let mut len = None;
        for (array, channel) in batch.columns().iter().zip(names) {
            let list = match array.is_null(at) {
                true => None,
                false => Some(list(array, at).ok_or_else(|| {
                    let reason = format!("an unexpected type: {}", array.data_type());
                    at_row(path, row, &channel.name, reason)
                })?),
            };
            let own = list.as_ref().map(|list| list.len());
            let before = *len.get_or_insert(own);
            if before != own {
                let text = |len: Option<usize>| len.map_or("null".into(), |len| format!("{len} samples"));
                let reason = format!(
                    "{}, and column '{}' has {}: channels of a signal have equal lengths (--column selects some)",
                    text(own),
                    names[0].name,
                    text(before)
                );
                return Err(at_row(path, row, &channel.name, reason));
            }
            channels.extend(list);
        }
        Ok(len.flatten().map(|len| Self { channels, len }))
    }

    /// Appends samples of each channel.
    pub(super) fn fill<T: Target>(&self, from: usize, to: usize, planes: &mut [Vec<T>]) -> bool {
        planes.iter_mut().zip(&self.channels).all(|(plane, array)| append(array, from, to, plane))
    }
}

/// Returns the list of a row.
fn list(array: &ArrayRef, at: usize) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => array.as_list_opt::<i32>().map(|lists| lists.value(at)),
        DataType::LargeList(_) => array.as_list_opt::<i64>().map(|lists| lists.value(at)),
        DataType::ListView(_) => array.as_list_view_opt::<i32>().map(|lists| lists.value(at)),
        DataType::LargeListView(_) => array.as_list_view_opt::<i64>().map(|lists| lists.value(at)),
        DataType::FixedSizeList(..) => array.as_fixed_size_list_opt().map(|lists| lists.value(at)),
        _ => None,
    }
}

/// The rows that follow.
struct Rest {
    table: Arc<dyn Table>,
    scan: Box<dyn Scan>,
    batch: Option<RecordBatch>,
    /// Rows of the batch, and of the file, that were taken.
    at: usize,
    row: u64,
    info: Arc<SignalInfo>,
}

impl Rest {
    fn next(mut self) -> Result<Option<RowReader>> {
        loop {
            if let Some(batch) = self.batch.as_ref().filter(|batch| self.at < batch.num_rows()) {
                let path = self.table.name();
                let row = Row::of(batch, self.at, self.row, &self.info.channels, path);
                self.at += 1;
                self.row += 1;
                let mut info = SignalInfo::clone(&self.info);
                info.part = Some(format!("row {}", self.row));
                // A row that cannot be read does not spoil the others: its reader returns the error.
                let (row, failure) = match row {
                    Ok(row) => (row, None),
                    Err(error) => (None, Some(error)),
                };
                if row.is_none() && failure.is_none() {
                    info.notes.push("the row is null".into());
                }
                info.frames = failure.is_none().then(|| row.as_ref().map_or(0, |row| row.len as u64));
                return Ok(Some(RowReader { info, row, failure, at: 0, rest: Some(self) }));
            }
            self.batch = self.scan.next()?;
            self.at = 0;
            if self.batch.is_none() {
                return Ok(None);
            }
        }
    }
}

/// Reads the signal of one row, and hands over the rows that follow.
struct RowReader {
    info: SignalInfo,
    row: Option<Row>,
    failure: Option<Error>,
    at: usize,
    rest: Option<Rest>,
}

/// Returns the reader of the first row.
pub(super) fn open(table: Arc<dyn Table>, mut info: SignalInfo, columns: Vec<usize>) -> Result<Readers> {
    let scan = Arc::clone(&table).scan(&columns, 0)?;
    // Notes about the file are those of its first row.
    let mut notes = std::mem::take(&mut info.notes);
    if let Some(rows) = table.rows().filter(|rows| *rows != 1) {
        notes.push(format!("{rows} rows, each of which is a signal (--by COLUMN joins those of a group)"));
    }
    let rest = Rest { scan, batch: None, at: 0, row: 0, info: Arc::new(info), table: Arc::clone(&table) };
    match rest.next()? {
        Some(mut first) => {
            first.info.notes.splice(0..0, notes);
            Ok(vec![Box::new(Guarded::new(first))])
        }
        None => Err(Error::malformed(table.name(), Place::File, "the table has no rows")),
    }
}

impl BlockReader for RowReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some(row) = self.row.as_ref().filter(|row| self.at < row.len) else { return Ok(Chunk::End) };
        let to = row.len.min(self.at + max_frames);
        if !row.fill(self.at, to, planes) {
            return Err(Error::unsupported(&self.info.path, Place::File, "a list of an unexpected type"));
        }
        let count = to - self.at;
        self.at = to;
        Ok(Chunk::Data(count))
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        self.at = usize::try_from(frame).unwrap_or(usize::MAX);
        Ok(true)
    }

    fn following(&mut self) -> Result<Option<Box<dyn SignalReader>>> {
        let Some(rest) = self.rest.take() else { return Ok(None) };
        Ok(rest.next()?.map(|next| Box::new(Guarded::new(next)) as Box<dyn SignalReader>))
    }
}
