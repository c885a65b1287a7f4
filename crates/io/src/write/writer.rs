//! One writer for every kind of result in every format.

#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
use super::columnar::ColumnarWriter;
use super::npz::NpzWriter;
use super::table::Table;
use super::{Error, Format, Report, Result, csv, json, npy_bytes};
use std::io::{self, Write};

/// Options of a [`ResultWriter`].
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// The format.
    pub format: Format,
    /// Whether tables use ANSI colours.
    pub colour: bool,
    /// Whether CSV has an apostrophe before texts that a spreadsheet would execute, and escapes for control
    /// characters.
    pub csv_safe: bool,
    /// Name of the target in error messages: a file name, or `standard output`.
    pub target: String,
}

/// Writes any number of results, then the end of the document.
///
/// Tables, CSV and JSON lines are flushed by each [`write`](Self::write), so that a reader at the other end of a pipe
/// sees a result as soon as it is known. JSON becomes an array with the second result.
pub struct ResultWriter<W: Write> {
    out: W,
    options: WriterOptions,
    written: usize,
    /// JSON: the first document, held until it is known whether another follows.
    first: Option<String>,
    npz: Option<NpzWriter>,
    #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
    columnar: Option<ColumnarWriter>,
    /// Table: the column widths with which further parts are aligned.
    table: Table,
}

impl<W: Write> ResultWriter<W> {
    /// Creates a writer on `out`.
    pub fn new(out: W, options: WriterOptions) -> Self {
        Self {
            out,
            options,
            written: 0,
            first: None,
            npz: None,
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            columnar: None,
            table: Table::default(),
        }
    }

    /// Writes one result.
    ///
    /// # Errors
    /// An error of the target, or a second result for NPY, which holds one array.
    pub fn write<R: Report>(&mut self, result: &R) -> Result<()> {
        let target = self.options.target.clone();
        let wrap = |source: io::Error| Error::io(target.clone(), source);
        match self.options.format {
            Format::Table => {
                if self.written > 0 {
                    writeln!(self.out).map_err(wrap)?;
                }
                self.table = Table::default();
                self.table.write(&mut self.out, result, self.options.colour, &wrap)?;
            }
            Format::Json => self.json(result).map_err(wrap)?,
            Format::JsonLines => {
                let line = json::compact(result).map_err(wrap)?;
                writeln!(self.out, "{line}").map_err(wrap)?;
            }
            Format::Csv => {
                if self.written == 0 {
                    csv::header(&mut self.out, &|| result.columns()).map_err(wrap)?;
                }
                csv::rows(&mut self.out, result, self.options.csv_safe, &wrap)?;
            }
            Format::Npy => self.npy(result, &wrap)?,
            Format::Npz => self.npz(result).map_err(wrap)?,
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Format::Parquet | Format::Arrow => {
                let writer = match &mut self.columnar {
                    Some(writer) => writer,
                    None => {
                        let new = ColumnarWriter::new(self.options.format, result).map_err(wrap)?;
                        self.columnar.insert(new)
                    }
                };
                result.rows(&mut |cells| writer.row(cells, &mut self.out).map_err(wrap))?;
            }
        }
        self.written += 1;
        self.out.flush().map_err(wrap)
    }

    /// Writes a further part of the last result: rows below its table. In CSV and JSON lines a part is an ordinary
    /// result.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn write_more<R: Report>(&mut self, result: &R) -> Result<()> {
        if self.options.format != Format::Table || self.written == 0 {
            return self.write(result);
        }
        let target = self.options.target.clone();
        let wrap = |source: io::Error| Error::io(target.clone(), source);
        self.table.write(&mut self.out, result, self.options.colour, &wrap)?;
        self.out.flush().map_err(wrap)
    }

    /// Returns the target, for a caller that writes the bytes of an NPY array as they arrive.
    ///
    /// # Errors
    /// The format is not NPY, or a result was already written.
    pub fn array_target(&mut self) -> Result<&mut W> {
        if self.options.format != Format::Npy || self.written > 0 {
            return Err(one_array());
        }
        self.written = 1;
        Ok(&mut self.out)
    }

    /// Ends the document and returns the target.
    ///
    /// # Errors
    /// An error of the target.
    pub fn finish(mut self) -> Result<W> {
        let end = match (self.options.format, self.npz.take()) {
            (Format::Json, _) => match (self.first.take(), self.written) {
                (Some(only), _) => writeln!(self.out, "{only}"),
                (None, 0) => writeln!(self.out, "[]"),
                (None, _) => writeln!(self.out, "]"),
            },
            (_, Some(npz)) => npz.finish(&mut self.out),
            _ => Ok(()),
        };
        #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
        let end = match self.columnar.take() {
            Some(columnar) => end.and_then(|()| columnar.finish(&mut self.out)),
            None => end,
        };
        end.and_then(|()| self.out.flush())
            .map_err(|source| Error::io(self.options.target.clone(), source))?;
        Ok(self.out)
    }

    /// Returns the number of results written so far.
    pub fn written(&self) -> usize {
        self.written
    }

    fn json<R: Report>(&mut self, result: &R) -> io::Result<()> {
        let text = json::pretty(result)?;
        if self.written == 0 {
            self.first = Some(text);
            return Ok(());
        }
        if let Some(first) = self.first.take() {
            write!(self.out, "[\n{first}")?;
        }
        write!(self.out, ",\n{text}\n")
    }

    fn npy<R: Report>(&mut self, result: &R, wrap: &dyn Fn(io::Error) -> Error) -> Result<()> {
        if self.written > 0 {
            return Err(one_array());
        }
        match result.arrays().first() {
            Some(array) => self.out.write_all(&npy_bytes(array)).map_err(wrap),
            None => {
                let reason = "this result has no array; write json or csv".into();
                Err(Error::Format { format: "npy", reason })
            }
        }
    }

    fn npz<R: Report>(&mut self, result: &R) -> io::Result<()> {
        let npz = self.npz.get_or_insert_with(NpzWriter::new);
        for mut array in result.arrays() {
            if self.written > 0 {
                array.name = format!("{}_{}", array.name, self.written + 1);
            }
            npz.add(&mut self.out, &array)?;
        }
        Ok(())
    }
}

fn one_array() -> Error {
    let reason = "holds one result; write npz, or one source at a time".into();
    Error::Format { format: "npy", reason }
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Column, NamedArray};
    use super::*;

    #[derive(serde::Serialize)]
    struct One {
        value: f64,
    }

    impl Report for One {
        fn caption(&self) -> Vec<String> {
            vec!["one".into()]
        }
        fn columns(&self) -> Vec<Column> {
            vec![Column::new("value", "V")]
        }
        fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
            row(&[Cell::Real(self.value)])
        }
        fn arrays(&self) -> Vec<NamedArray<'_>> {
            vec![NamedArray::real("value", &[1], vec![self.value])]
        }
    }

    fn written(format: Format, results: &[f64]) -> Result<Vec<u8>> {
        let options = WriterOptions { format, colour: false, csv_safe: false, target: "test".into() };
        let mut writer = ResultWriter::new(Vec::new(), options);
        for &value in results {
            writer.write(&One { value })?;
        }
        writer.finish()
    }

    fn text(format: Format, results: &[f64]) -> String {
        String::from_utf8(written(format, results).unwrap()).unwrap()
    }

    #[test]
    fn json_is_an_object_alone_and_an_array_together() {
        for (results, shape) in [(&[1.5][..], '{'), (&[1.5, 2.5], '['), (&[1.0, 2.0, 3.0], '['), (&[], '[')] {
            let text = text(Format::Json, results);
            assert!(text.starts_with(shape), "{text}");
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            if let Some(array) = value.as_array() {
                assert_eq!(array.len(), results.len());
            }
        }
    }

    #[test]
    fn lines_and_tables() {
        assert_eq!(text(Format::JsonLines, &[1.0, 2.0]), "{\"value\":1.0}\n{\"value\":2.0}\n");
        assert_eq!(text(Format::Csv, &[1.0, 2.5]), "value\n1\n2.5\n");
        assert_eq!(text(Format::Table, &[1.0]), "# one\n  value [V]\n     1.0000\n");
    }

    #[test]
    fn npy_holds_one_and_npz_many() {
        assert!(written(Format::Npy, &[1.0]).is_ok());
        assert!(written(Format::Npy, &[1.0, 2.0]).unwrap_err().to_string().contains("npz"));
        let npz = written(Format::Npz, &[1.0, 2.0]).unwrap();
        assert!(npz.windows(11).any(|w| w == b"value_2.npy"));
    }
}
