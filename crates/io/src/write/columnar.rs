//! Parquet and Arrow IPC: the rows of results in columns, in batches of bounded size.
//!
//! Columns have the names of CSV. A column's unit is in its metadata (`unit`); the parameters of the first result are
//! in those of the file (`rlx_fft`), as JSON. A value that CSV leaves empty is null.

use super::{Cell, Column, ColumnKind, Format, Report};
use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a batch, and of a row group of Parquet.
const BATCH: usize = 8192;
const ROW_GROUP: usize = 1 << 17;

/// Bytes that the writer of a format made and that were not written yet.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<u8>>>);

impl Made {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Encoder {
    Parquet(Box<ArrowWriter<Made>>),
    Arrow(Box<FileWriter<Made>>),
}

enum Builder {
    Text(StringBuilder),
    Int(Int64Builder),
    Real(Float64Builder),
}

/// Writes results as one table.
pub(super) struct ColumnarWriter {
    schema: Arc<Schema>,
    builders: Vec<Builder>,
    rows: usize,
    encoder: Encoder,
    made: Made,
}

impl ColumnarWriter {
    /// Creates a writer whose columns and metadata are those of the first result.
    pub(super) fn new<R: Report>(format: Format, first: &R) -> io::Result<Self> {
        let columns = first.columns();
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let metadata = first.parameters().into_iter().map(|text| ("rlx_fft".to_owned(), text)).collect();
        let schema = Arc::new(Schema::new(fields).with_metadata(metadata));
        let made = Made::default();
        let encoder = match format {
            Format::Arrow => Encoder::Arrow(Box::new(
                FileWriter::try_new(made.clone(), &schema).map_err(io::Error::other)?,
            )),
            _ => {
                let properties =
                    WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP)).build();
                let writer = ArrowWriter::try_new(made.clone(), Arc::clone(&schema), Some(properties));
                Encoder::Parquet(Box::new(writer.map_err(io::Error::other)?))
            }
        };
        let builders = columns.iter().map(|column| Builder::new(column.kind)).collect();
        Ok(Self { schema, builders, rows: 0, encoder, made })
    }

    /// Adds a row, and writes a batch when it is full.
    pub(super) fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        if cells.len() != self.builders.len() {
            let reason = format!(
                "a result of {} columns after one of {}: write the results to separate files",
                cells.len(),
                self.builders.len()
            );
            return Err(io::Error::other(reason));
        }
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            builder.push(cell);
        }
        self.rows += 1;
        if self.rows == BATCH { self.batch(out) } else { Ok(()) }
    }

    fn batch(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows > 0 {
            let columns = self.builders.iter_mut().map(Builder::finish).collect();
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(io::Error::other)?;
            self.rows = 0;
            match &mut self.encoder {
                Encoder::Parquet(writer) => writer.write(&batch).map_err(io::Error::other)?,
                Encoder::Arrow(writer) => writer.write(&batch).map_err(io::Error::other)?,
            }
        }
        out.write_all(&self.made.take())
    }

    /// Writes the rest and the end of the file.
    pub(super) fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        self.batch(out)?;
        match self.encoder {
            Encoder::Parquet(writer) => writer.close().map(|_| ()).map_err(io::Error::other)?,
            Encoder::Arrow(mut writer) => writer.finish().map_err(io::Error::other)?,
        }
        out.write_all(&self.made.take())
    }
}

fn field(column: &Column) -> Field {
    let data_type = match column.kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Int => DataType::Int64,
        ColumnKind::Real => DataType::Float64,
    };
    let field = Field::new(column.name, data_type, true);
    match column.unit.as_str() {
        "" => field,
        unit => field.with_metadata([("unit".to_owned(), unit.to_owned())].into()),
    }
}

impl Builder {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text(StringBuilder::new()),
            ColumnKind::Int => Self::Int(Int64Builder::new()),
            ColumnKind::Real => Self::Real(Float64Builder::new()),
        }
    }

    fn push(&mut self, cell: &Cell<'_>) {
        match (self, *cell) {
            (Self::Text(all), Cell::Text(text)) => all.append_value(text),
            (Self::Text(all), Cell::Int(value)) => all.append_value(value.to_string()),
            (Self::Text(all), Cell::Real(value)) => all.append_value(value.to_string()),
            (Self::Text(all), Cell::Empty) => all.append_null(),
            (Self::Int(all), Cell::Int(value)) => all.append_value(value),
            (Self::Int(all), _) => all.append_null(),
            (Self::Real(all), Cell::Real(value)) if !value.is_nan() => all.append_value(value),
            (Self::Real(all), Cell::Int(value)) => all.append_value(value as f64),
            (Self::Real(all), _) => all.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(all) => Arc::new(all.finish()),
            Self::Int(all) => Arc::new(all.finish()),
            Self::Real(all) => Arc::new(all.finish()),
        }
    }
}
