//! Columns of numbers as channels: a row is a sample of each.

use super::table::{Scan, Table};
use super::values::append;
use crate::read::SignalInfo;
use crate::read::reader::{BlockReader, Chunk};
use crate::read::sample::Target;
use crate::{Error, Place, Result};
use arrow_array::RecordBatch;
use std::sync::Arc;

/// Reads batch by batch.
pub(super) struct WideReader {
    info: SignalInfo,
    table: Arc<dyn Table>,
    columns: Vec<usize>,
    scan: Option<Box<dyn Scan>>,
    batch: Option<RecordBatch>,
    /// Rows of the batch that were delivered.
    at: usize,
    /// First row to read, before the first batch.
    from: u64,
}

impl WideReader {
    pub(super) fn new(table: Arc<dyn Table>, info: SignalInfo, columns: Vec<usize>) -> Self {
        Self { info, table, columns, scan: None, batch: None, at: 0, from: 0 }
    }
}

impl BlockReader for WideReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        loop {
            if let Some(batch) = self.batch.as_ref().filter(|batch| self.at < batch.num_rows()) {
                let to = batch.num_rows().min(self.at + max_frames);
                fill(batch, self.at, to, planes, &self.info)?;
                let count = to - self.at;
                self.at = to;
                return Ok(Chunk::Data(count));
            }
            let scan = match &mut self.scan {
                Some(scan) => scan,
                None => self.scan.insert(Arc::clone(&self.table).scan(&self.columns, self.from)?),
            };
            self.batch = scan.next()?;
            self.at = 0;
            if self.batch.is_none() {
                return Ok(Chunk::End);
            }
        }
    }

    fn seek(&mut self, frame: u64) -> Result<bool> {
        if self.table.rows().is_none() {
            return Ok(false);
        }
        self.from = frame;
        (self.scan, self.batch) = (None, None);
        Ok(true)
    }
}

/// Appends rows of a batch to the planes.
pub(super) fn fill<T: Target>(
    batch: &RecordBatch,
    from: usize,
    to: usize,
    planes: &mut [Vec<T>],
    info: &SignalInfo,
) -> Result<()> {
    for ((plane, array), channel) in planes.iter_mut().zip(batch.columns()).zip(&info.channels) {
        if !append(array, from, to, plane) {
            let reason = format!("column '{}' has an unexpected type: {}", channel.name, array.data_type());
            return Err(Error::unsupported(&info.path, Place::File, reason));
        }
    }
    Ok(())
}
