//! Writes record batches to a file or standard output.

mod flat;
mod format;

pub(super) use format::Format;

use super::flags::Target;
use anyhow::{Context, Result};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::arrow::json::writer::{ArrayWriter, LineDelimitedWriter};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::parquet::arrow::ArrowWriter;
use flat::{flat_batch, flat_schema};
use rlx_io::write::OutputFile;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Arc;

/// Largest number of rows of a table.
const SHOWN_ROWS: usize = 1000;

/// Standard output, or a file that appears when it is complete.
enum Place {
    Stdout(BufWriter<Stdout>),
    File(OutputFile),
}

impl Write for Place {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(buf),
            Self::File(file) => file.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(_) => Ok(()),
        }
    }
}

enum Writer {
    Table { out: Place, shown: Vec<RecordBatch>, rows: usize },
    Json(ArrayWriter<Place>),
    JsonLines(LineDelimitedWriter<Place>),
    Csv { out: datafusion::arrow::csv::Writer<Place>, flat: SchemaRef },
    Parquet(Box<ArrowWriter<Place>>),
    Arrow(FileWriter<Place>),
}

/// A result under construction.
pub(super) struct Output {
    writer: Writer,
    schema: SchemaRef,
    rows: usize,
}

impl Output {
    /// Opens the target; a file appears at [`finish`](Self::finish).
    pub(super) fn open(target: &Target, schema: &SchemaRef) -> Result<Self> {
        let out = match &target.path {
            Some(path) => Place::File(OutputFile::create(path)?),
            None => Place::Stdout(BufWriter::with_capacity(1 << 16, io::stdout())),
        };
        let writer = match target.format {
            Format::Table => Writer::Table { out, shown: Vec::new(), rows: 0 },
            Format::Json => Writer::Json(ArrayWriter::new(out)),
            Format::JsonLines => Writer::JsonLines(LineDelimitedWriter::new(out)),
            Format::Csv => Writer::Csv {
                out: WriterBuilder::new().with_header(true).build(out),
                flat: flat_schema(schema),
            },
            Format::Parquet => {
                Writer::Parquet(Box::new(ArrowWriter::try_new(out, Arc::clone(schema), None)?))
            }
            Format::Arrow => Writer::Arrow(FileWriter::try_new(out, schema)?),
        };
        Ok(Self { writer, schema: Arc::clone(schema), rows: 0 })
    }

    /// Returns the rows written so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Writes the next rows.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        match &mut self.writer {
            Writer::Table { shown, rows, .. } => {
                let left = SHOWN_ROWS.saturating_sub(*rows).min(batch.num_rows());
                if left > 0 {
                    shown.push(batch.slice(0, left));
                }
                *rows += batch.num_rows();
            }
            Writer::Json(out) => out.write(batch)?,
            Writer::JsonLines(out) => out.write(batch)?,
            Writer::Csv { out, flat } => out.write(&flat_batch(batch, flat)?)?,
            Writer::Parquet(out) => out.write(batch)?,
            Writer::Arrow(out) => out.write(batch)?,
        }
        Ok(())
    }

    /// Ends the document and commits the file. Returns a note if a table does not show all rows.
    pub(super) fn finish(self) -> Result<Option<String>> {
        let mut note = None;
        let place = match self.writer {
            Writer::Table { mut out, shown, rows } => {
                let empty = [RecordBatch::new_empty(self.schema)];
                let shown = if shown.is_empty() { &empty[..] } else { &shown[..] };
                writeln!(out, "{}", pretty_format_batches(shown)?)?;
                if rows > SHOWN_ROWS {
                    note =
                        Some(format!("{rows} rows, the first {SHOWN_ROWS} shown; -f csv or jsonl gives all"));
                }
                out
            }
            Writer::Json(mut out) => {
                out.finish()?;
                let mut out = out.into_inner();
                writeln!(out)?;
                out
            }
            Writer::JsonLines(mut out) => {
                out.finish()?;
                out.into_inner()
            }
            Writer::Csv { mut out, flat } => {
                if self.rows == 0 {
                    // The header of a result without rows.
                    out.write(&RecordBatch::new_empty(flat))?;
                }
                out.into_inner()
            }
            Writer::Parquet(out) => out.into_inner()?,
            Writer::Arrow(mut out) => {
                out.finish()?;
                out.into_inner()?
            }
        };
        match place {
            Place::Stdout(mut out) => out.flush().context("standard output")?,
            Place::File(file) => file.commit()?,
        }
        Ok(note)
    }
}
