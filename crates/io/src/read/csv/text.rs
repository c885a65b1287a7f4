//! Rows of fields out of bytes, with bounded memory.

use crate::read::source::Source;
use crate::{Error, Place, Result};
use csv::{ByteRecord, ReaderBuilder};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A row longer than this is not a table's (an unclosed quote, or no text at all).
const MAX_ROW: u64 = 16 << 20;
const BUFFER: usize = 1 << 16;

/// The rows of a table.
pub(super) struct Rows {
    name: PathBuf,
    reader: csv::Reader<Guard<BufReader<Source>>>,
    record: ByteRecord,
    fed: Arc<Fed>,
}

/// What the parser was given so far.
#[derive(Default)]
struct Fed {
    lines: AtomicU64,
    /// Bytes since the last row was asked for.
    since_row: AtomicU64,
}

impl Rows {
    pub(super) fn new(source: Source, delimiter: u8) -> Self {
        let fed = Arc::new(Fed::default());
        let name = source.name().to_owned();
        let guard = Guard::new(BufReader::with_capacity(BUFFER, source), delimiter, Arc::clone(&fed));
        Self { name, reader: builder(delimiter).from_reader(guard), record: ByteRecord::new(), fed }
    }

    /// The next row and the number of its (last) line. Empty lines and those that begin with `#` are passed over.
    pub(super) fn next(&mut self) -> Result<Option<(&ByteRecord, u64)>> {
        self.fed.since_row.store(0, Ordering::Relaxed);
        let result = self.reader.read_byte_record(&mut self.record);
        // The parser's own count stands before the empty lines that it passed over.
        let line = self.fed.lines.load(Ordering::Relaxed);
        match result {
            Ok(true) => Ok(Some((&self.record, line))),
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                    Error::malformed(&self.name, Place::Line { line, column: None }, error.to_string())
                }
                csv::ErrorKind::Io(error) => Error::io(&self.name, error),
                other => {
                    Error::malformed(&self.name, Place::Line { line, column: None }, format!("{other:?}"))
                }
            }),
        }
    }
}

/// Rows of a piece of text in memory, for looking ahead.
pub(super) fn sample_rows(text: &[u8], delimiter: u8, most: usize) -> Vec<ByteRecord> {
    let guard = Guard::new(text, delimiter, Arc::default());
    builder(delimiter)
        .from_reader(guard)
        .into_byte_records()
        .map_while(std::result::Result::ok)
        .take(most)
        .collect()
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .buffer_capacity(BUFFER);
    builder
}

/// Hands the parser one line at a time, so that rows have line numbers; bounds the bytes that one row can
/// take; makes one delimiter out of a run of blanks.
struct Guard<R> {
    inner: R,
    fed: Arc<Fed>,
    at_line_start: bool,
    blanks: Option<Blanks>,
}

impl<R: BufRead> Guard<R> {
    fn new(inner: R, delimiter: u8, fed: Arc<Fed>) -> Self {
        let blanks = (delimiter == b' ').then_some(Blanks::LineStart);
        Self { inner, fed, at_line_start: true, blanks }
    }
}

impl<R: BufRead> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let there = self.inner.fill_buf()?;
            let line = there.iter().position(|b| *b == b'\n').map_or(there.len(), |at| at + 1);
            // A blank that was held back makes one byte more than was read.
            let piece = &there[..line.min((buffer.len() / 2).max(1))];
            let Some(last) = piece.last() else { return Ok(0) };
            if std::mem::replace(&mut self.at_line_start, *last == b'\n') {
                self.fed.lines.fetch_add(1, Ordering::Relaxed);
            }
            let taken = piece.len();
            if self.fed.since_row.fetch_add(taken as u64, Ordering::Relaxed) > MAX_ROW {
                let reason =
                    format!("a row of more than {MAX_ROW} bytes (an unclosed quote, or not a table)");
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            let kept = match &mut self.blanks {
                Some(blanks) => blanks.collapse(piece, buffer),
                None => {
                    buffer[..taken].copy_from_slice(piece);
                    taken
                }
            };
            self.inner.consume(taken);
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// Where the text is, when runs of blanks delimit.
#[derive(Clone, Copy, PartialEq)]
enum Blanks {
    LineStart,
    /// A blank was seen but not handed on: it delimits only if a field follows.
    Held,
    Field,
    Quoted,
}

impl Blanks {
    /// Copies `from` to `to` with single blanks between fields and none at a line's ends.
    fn collapse(&mut self, from: &[u8], to: &mut [u8]) -> usize {
        let mut kept = 0;
        let mut put = |byte| {
            if let Some(slot) = to.get_mut(kept) {
                *slot = byte;
                kept += 1;
            }
        };
        for &byte in from {
            let next = match (*self, byte) {
                (Self::Quoted, b'"') => Self::Field,
                (Self::Quoted, _) => Self::Quoted,
                (_, b'\n' | b'\r') => Self::LineStart,
                (Self::LineStart, b' ' | b'\t') => Self::LineStart,
                (_, b' ' | b'\t') => Self::Held,
                (Self::LineStart | Self::Held, b'"') => Self::Quoted,
                _ => Self::Field,
            };
            let blank = matches!(byte, b' ' | b'\t') && *self != Self::Quoted;
            if *self == Self::Held && !blank && next != Self::LineStart {
                put(b' ');
            }
            if !blank {
                put(byte);
            }
            *self = next;
        }
        kept
    }
}
