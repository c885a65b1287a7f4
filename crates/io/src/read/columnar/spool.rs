//! Samples of groups whose rows are interleaved: one pass over the file sorts them into a temporary file.

use super::labels::Labels;
use super::rows::Row;
use super::table::{Table, at_row};
use super::wide::fill;
use crate::read::SignalInfo;
use crate::read::sample::Target;
use crate::{Error, Result};
use arrow_array::RecordBatch;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// Samples that follow each other in the spool, `[channel][samples]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Offset in values.
    at: u64,
    pub(super) len: u64,
}

/// The file, and the extents of each group in the order of its rows. A list is an extent of its own.
pub(super) struct Spool {
    file: File,
    channels: u64,
    pub(super) extents: Vec<Vec<Extent>>,
    /// Rows of null instead of a list.
    pub(super) nulls: Vec<u64>,
    bytes: Vec<u8>,
}

impl Spool {
    /// Reads the whole table. `columns` begins with the column of groups.
    pub(super) fn new(
        table: &Arc<dyn Table>,
        columns: &[usize],
        labels: &mut Labels,
        lists: bool,
        info: &SignalInfo,
    ) -> Result<Self> {
        let groups = labels.names.len();
        let file = tempfile::tempfile().map_err(|e| full(info, 0, &e))?;
        let mut out = Out { file: BufWriter::with_capacity(1 << 20, file), at: 0 };
        let mut extents = vec![Vec::new(); groups];
        let mut nulls = vec![0; groups];
        let mut scan = Arc::clone(table).scan(columns, 0)?;
        let rest: Vec<usize> = (1..columns.len()).collect();
        let (mut row, mut members) = (0, Vec::new());
        while let Some(batch) = scan.next()? {
            members.clear();
            let by = table.schema().field(columns[0]).name();
            labels
                .runs(batch.column(0), |group, from, to| {
                    members.extend((from..to).map(|at| (group, at)));
                    Ok(())
                })
                .map_err(|(at, reason)| at_row(&info.path, row + at as u64, by, reason))?;
            if labels.names.len() != groups {
                return Err(Error::malformed(
                    &info.path,
                    crate::Place::File,
                    "the file changed while it was read",
                ));
            }
            let samples = batch.project(&rest).map_err(|e| super::table::library(&info.path, &e))?;
            if lists {
                for &(group, at) in &members {
                    match Row::of(&samples, at, row + at as u64, &info.channels, &info.path)? {
                        Some(list) => extents[group].push(out.list(&list, info)?),
                        None => nulls[group] += 1,
                    }
                }
            } else {
                // Stable: the order of the rows of a group is kept.
                members.sort_by_key(|(group, _)| *group);
                out.rows(&samples, &members, &mut extents, info)?;
            }
            row += batch.num_rows() as u64;
        }
        let file = out.file.into_inner().map_err(|e| full(info, out.at, e.error()))?;
        Ok(Self { file, channels: info.channels.len() as u64, extents, nulls, bytes: Vec::new() })
    }

    /// Appends samples `from..to` of an extent.
    pub(super) fn read<T: Target>(
        &mut self,
        extent: Extent,
        from: u64,
        to: u64,
        planes: &mut [Vec<T>],
    ) -> io::Result<()> {
        debug_assert_eq!(planes.len() as u64, self.channels);
        let count = usize::try_from(to - from).map_err(io::Error::other)?;
        self.bytes.resize(8 * count, 0);
        for (channel, plane) in (0u64..).zip(planes) {
            let at = extent.at + channel * extent.len + from;
            self.file.seek(SeekFrom::Start(8 * at))?;
            self.file.read_exact(&mut self.bytes)?;
            let (numbers, _) = self.bytes.as_chunks::<8>();
            plane.extend(numbers.iter().map(|bytes| T::of_f64(f64::from_le_bytes(*bytes))));
        }
        Ok(())
    }
}

/// Returns the error of a temporary file.
pub(super) fn full(info: &SignalInfo, values: u64, error: &io::Error) -> Error {
    let reason = format!(
        "a temporary file for {} at {} bytes: {error}",
        info.path.display(),
        values.saturating_mul(8)
    );
    Error::io(std::env::temp_dir(), io::Error::new(error.kind(), reason))
}

struct Out {
    file: BufWriter<File>,
    /// Values written.
    at: u64,
}

impl Out {
    fn write(&mut self, values: impl Iterator<Item = f64>, info: &SignalInfo) -> Result<()> {
        for value in values {
            self.file.write_all(&value.to_le_bytes()).map_err(|e| full(info, self.at, &e))?;
            self.at += 1;
        }
        Ok(())
    }

    fn list(&mut self, list: &Row, info: &SignalInfo) -> Result<Extent> {
        let extent = Extent { at: self.at, len: list.len as u64 };
        let mut planes: Vec<Vec<f64>> = vec![Vec::new(); info.channels.len()];
        if !list.fill(0, list.len, &mut planes) {
            return Err(Error::unsupported(&info.path, crate::Place::File, "a list of an unexpected type"));
        }
        self.write(planes.into_iter().flatten(), info)?;
        Ok(extent)
    }

    fn rows(
        &mut self,
        batch: &RecordBatch,
        members: &[(usize, usize)],
        extents: &mut [Vec<Extent>],
        info: &SignalInfo,
    ) -> Result<()> {
        let mut planes: Vec<Vec<f64>> = vec![Vec::new(); info.channels.len()];
        fill(batch, 0, batch.num_rows(), &mut planes, info)?;
        for own in members.chunk_by(|a, b| a.0 == b.0) {
            extents[own[0].0].push(Extent { at: self.at, len: own.len() as u64 });
            for plane in &planes {
                self.write(own.iter().map(|(_, at)| plane[*at]), info)?;
            }
        }
        Ok(())
    }
}
