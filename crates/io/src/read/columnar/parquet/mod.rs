//! Parquet: columns in row groups, in pages.
//!
//! The crate `parquet` decodes levels and values; [`pages`] reads, checks and unpacks the pages. Opening reads the
//! metadata at the end of the file only.

mod pages;
mod thrift;

use super::table::{Scan, Table, library, refused};
use crate::read::quiet;
use crate::read::source::Source;
use crate::{Error, Place, Result};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Fields, Schema};
use pages::{LIST_VALUES, Pages};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection, RowSelector};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Signature at both ends of a file; of encrypted metadata.
pub(super) const MAGIC: &[u8; 4] = b"PAR1";
const ENCRYPTED: &[u8; 4] = b"PARE";
/// Values of all columns per batch, and its largest number of rows.
const BATCH: u64 = 1 << 19;
const ROWS: u64 = 8192;

/// An opened file.
pub(super) struct ParquetTable {
    name: PathBuf,
    source: Mutex<Source>,
    metadata: Arc<ParquetMetaData>,
    schema: Schema,
    rows: u64,
}

impl ParquetTable {
    /// Reads the metadata.
    pub(super) fn open(source: Source) -> Result<Self> {
        let mut source = source.into_seekable(u64::MAX)?;
        let name = source.name().to_owned();
        let bytes = metadata_bytes(&mut source)?;
        let bad =
            |reason: String| Error::malformed(&name, Place::File, format!("the metadata have {reason}"));
        thrift::check_metadata(&bytes).map_err(|problem| match problem {
            thrift::Problem::Short => bad("a length that goes beyond their end".into()),
            thrift::Problem::Bad(reason) => bad(reason.into()),
        })?;
        let decoded = quiet::run(|| {
            let metadata = ParquetMetaDataReader::decode_metadata(&bytes)?;
            let file = metadata.file_metadata();
            let schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())
                // The embedded description may be damaged or newer: the columns describe themselves.
                .or_else(|_| parquet_to_arrow_schema(file.schema_descr(), None))?;
            Ok::<_, ParquetError>((metadata, schema))
        });
        let (metadata, schema) = decoded
            .unwrap_or_else(|| Err(ParquetError::General("they are damaged".into())))
            .map_err(|e| translate(&name, e))?;
        let mut rows = 0u64;
        for group in metadata.row_groups() {
            let own = u64::try_from(group.num_rows()).ok().and_then(|own| rows.checked_add(own));
            rows = own.ok_or_else(|| bad("an impossible number of rows".into()))?;
        }
        Ok(Self { name, source: Mutex::new(source), metadata: Arc::new(metadata), schema, rows })
    }

    fn fork(&self) -> Result<Source> {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.fork().ok_or_else(|| Error::io(&self.name, std::io::ErrorKind::NotSeekable.into()))
    }

    /// Returns the number of rows per batch: fewer for many columns and for long lists.
    fn batch_rows(&self, group: &RowGroupMetaData, columns: &[usize]) -> usize {
        let rows = u64::try_from(group.num_rows()).unwrap_or(0).max(1);
        let schema = self.metadata.file_metadata().schema_descr();
        let values: u64 = (0..group.num_columns())
            .filter(|leaf| columns.contains(&schema.get_column_root_idx(*leaf)))
            .map(|leaf| u64::try_from(group.column(leaf).num_values()).unwrap_or(0))
            .fold(0, u64::saturating_add);
        (BATCH / (values / rows).max(1)).clamp(1, ROWS) as usize
    }
}

impl Table for ParquetTable {
    fn name(&self) -> &Path {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }

    fn scan(self: Arc<Self>, columns: &[usize], from: u64) -> Result<Box<dyn Scan>> {
        let mut groups = VecDeque::new();
        let mut first = 0;
        for (index, group) in self.metadata.row_groups().iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            if first + rows > from {
                groups.push_back((index, from.saturating_sub(first)));
            }
            first += rows;
        }
        let descriptor = self.metadata.file_metadata().schema_descr();
        let mask = ProjectionMask::roots(descriptor, columns.iter().copied());
        let hint: Fields = self.schema.fields().iter().map(|field| Arc::new(hinted(field))).collect();
        let levels = quiet::run(|| {
            parquet_to_arrow_field_levels(descriptor, mask.clone(), Some(&hint))
                .or_else(|_| parquet_to_arrow_field_levels(descriptor, mask, None))
        });
        let levels = levels
            .unwrap_or_else(|| Err(ParquetError::General("a schema that cannot be read".into())))
            .map_err(|e| translate(&self.name, e))?;
        // The projection keeps the order of the file; batches have that of the request.
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let order = columns.iter().map(|column| sorted.partition_point(|own| own < column)).collect();
        Ok(Box::new(ParquetScan {
            columns: columns.to_vec(),
            table: self,
            levels,
            order,
            groups,
            reader: None,
            unpacked: Arc::new(AtomicU64::new(0)),
        }))
    }
}

/// Returns the bytes of the metadata, which stand before their length and the signature at the end.
fn metadata_bytes(source: &mut Source) -> Result<Vec<u8>> {
    let name = source.name().to_owned();
    let len = source.len().unwrap_or(0);
    let short = |reason: &str| Err(Error::truncated(&name, len, reason));
    if len < 12 {
        return short("a Parquet file has at least 12 bytes");
    }
    source.seek_to(len - 8);
    let [a, b, c, d, magic @ ..] = source.exact::<8>("the end of the metadata")?;
    if &magic == ENCRYPTED {
        return Err(Error::unsupported(
            &name,
            Place::File,
            "encrypted Parquet is not supported: decrypt it first",
        ));
    }
    if &magic != MAGIC {
        return short(
            "the file does not end with PAR1: its metadata are missing, because it is incomplete or still being written",
        );
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    if size > len - 12 {
        let reason = format!("the metadata claim {size} bytes in a file of {len} bytes");
        return Err(Error::malformed(&name, Place::Byte(len - 8), reason));
    }
    source.seek_to(len - 8 - size);
    // The claim was checked against the length of the file.
    let mut bytes = vec![0; size as usize];
    if source.fill(&mut bytes)? < bytes.len() {
        return short("the metadata are cut");
    }
    Ok(bytes)
}

/// Returns the type in which a column is decoded: texts refer to their dictionary, so that a few bytes do not become
/// gigabytes.
fn hinted(field: &Field) -> Field {
    let view = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, value) if matches!(**value, DataType::Utf8 | DataType::LargeUtf8) => {
            DataType::Utf8View
        }
        other => other.clone(),
    };
    field.clone().with_data_type(view)
}

fn translate(name: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::malformed(name, Place::File, other.to_string()),
        },
        ParquetError::NYI(what) => Error::unsupported(name, Place::File, format!("not decoded: {what}")),
        other => Error::malformed(name, Place::File, other.to_string()),
    }
}

/// Reads one row group after the other.
struct ParquetScan {
    table: Arc<ParquetTable>,
    columns: Vec<usize>,
    levels: FieldLevels,
    /// For each requested column its place in the projection.
    order: Vec<usize>,
    /// Row groups to read, with the rows to skip in them.
    groups: VecDeque<(usize, u64)>,
    reader: Option<ParquetRecordBatchReader>,
    unpacked: Arc<AtomicU64>,
}

impl ParquetScan {
    fn open(&self, index: usize, skip: u64) -> Result<ParquetRecordBatchReader> {
        let table = &self.table;
        let group = table.metadata.row_group(index);
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        let selection = (skip > 0).then(|| {
            let of = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
            RowSelection::from(vec![RowSelector::skip(of(skip)), RowSelector::select(of(rows - skip))])
        });
        let one = OneGroup { table: Arc::clone(table), index, unpacked: Arc::clone(&self.unpacked) };
        let batch = table.batch_rows(group, &self.columns);
        let opened = quiet::run(|| {
            ParquetRecordBatchReader::try_new_with_row_groups(&self.levels, &one, batch, selection)
        });
        opened.ok_or_else(|| refused(&table.name))?.map_err(|e| translate(&table.name, e))
    }
}

impl Scan for ParquetScan {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.reader.is_none() {
                let Some((index, skip)) = self.groups.pop_front() else { return Ok(None) };
                self.reader = Some(self.open(index, skip)?);
            }
            let Some(reader) = &mut self.reader else { continue };
            self.unpacked.store(0, Ordering::Relaxed);
            let batch = quiet::run(|| reader.next());
            match batch.ok_or_else(|| refused(&self.table.name))? {
                Some(Ok(batch)) => {
                    let ordered = batch.project(&self.order).map_err(|e| library(&self.table.name, &e))?;
                    return Ok(Some(ordered));
                }
                Some(Err(error)) => {
                    return Err(match error {
                        arrow_schema::ArrowError::ExternalError(inner) => match inner.downcast::<Error>() {
                            Ok(own) => *own,
                            Err(other) => match other.downcast::<ParquetError>() {
                                Ok(own) => translate(&self.table.name, *own),
                                Err(other) => {
                                    Error::malformed(&self.table.name, Place::File, other.to_string())
                                }
                            },
                        },
                        other => library(&self.table.name, &other),
                    });
                }
                None => self.reader = None,
            }
        }
    }
}

/// One row group, for the reader of batches.
struct OneGroup {
    table: Arc<ParquetTable>,
    index: usize,
    unpacked: Arc<AtomicU64>,
}

impl RowGroups for OneGroup {
    fn num_rows(&self) -> usize {
        usize::try_from(self.table.metadata.row_group(self.index).num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, leaf: usize) -> std::result::Result<Box<dyn PageIterator>, ParquetError> {
        let chunk = self.table.metadata.row_group(self.index).column(leaf);
        let descriptor = chunk.column_descr();
        let is_list = descriptor.max_rep_level() > 0;
        let source = self.table.fork().map_err(|e| ParquetError::External(Box::new(e)))?;
        let counter = is_list.then(|| Arc::clone(&self.unpacked));
        let pages = Pages::new(source, descriptor.path().string(), chunk, counter)?;
        Ok(Box::new(OneChunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.table.metadata.row_group(self.index)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.table.metadata
    }
}

struct OneChunk(Option<Pages>);

impl Iterator for OneChunk {
    type Item = std::result::Result<Box<dyn PageReader>, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for OneChunk {}

const _: () = assert!(LIST_VALUES >= BATCH);
