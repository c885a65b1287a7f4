//! Splits bytes into rows of fields as they arrive, with bounded memory.

use super::value::begins_with_error;
use crate::read::source::Source;
use crate::{Error, Place, Result};
use memchr::{memchr, memchr_iter, memchr2};
use std::path::PathBuf;

/// Largest size of a row; a longer one is an unclosed quote or not text.
pub(super) const MAX_ROW: usize = 16 << 20;
const BUFFER: usize = 1 << 16;

/// Delimiter and comment marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    /// A space stands for any run of spaces and tabs.
    pub(super) delimiter: u8,
    /// The marker at the start of comment lines.
    pub(super) comment: Vec<u8>,
}

/// The rows of a table.
pub(super) struct Rows {
    name: PathBuf,
    source: Source,
    dialect: Dialect,
    /// Bytes that were read; those in `start..end` are not consumed yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// The last line ended with a carriage return: a line feed may belong to it.
    after_return: bool,
    line: u64,
    rows: u64,
    /// Ranges of the fields of the current row, in the buffer or in `unquoted`.
    spans: Vec<(usize, usize)>,
    unquoted: Vec<u8>,
    /// Number of comment lines after the first row.
    pub(super) comments: u64,
}

/// The fields of one row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    text: &'a [u8],
    spans: &'a [(usize, usize)],
}

impl<'a> Row<'a> {
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|&(from, to)| &self.text[from..to])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let text = self.text;
        self.spans.iter().map(move |&(from, to)| &text[from..to])
    }
}

impl Rows {
    pub(super) fn new(source: Source, dialect: Dialect) -> Self {
        Self {
            name: source.name().to_owned(),
            source,
            dialect,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            at_end: false,
            after_return: false,
            line: 0,
            rows: 0,
            spans: Vec::new(),
            unquoted: Vec::new(),
            comments: 0,
        }
    }

    /// Returns whether a line can be taken without waiting for more bytes.
    pub(super) fn is_ready(&self) -> bool {
        self.at_end || memchr(b'\n', &self.buffer[self.start..self.end]).is_some()
    }

    /// Returns whether the bytes come from a stream that may be slow.
    pub(super) fn is_stream(&self) -> bool {
        !self.source.is_seekable()
    }

    /// Skips lines regardless of their content.
    pub(super) fn skip_lines(&mut self, count: u64) -> Result<()> {
        while self.line < count && self.take_line()?.is_some() {}
        Ok(())
    }

    /// Returns the next row and the number of its last line. Empty lines and comments are skipped.
    pub(super) fn next(&mut self) -> Result<Option<(Row<'_>, u64)>> {
        loop {
            let Some((from, to)) = self.take_line()? else { return Ok(None) };
            let line = &self.buffer[from..to];
            let blank = self.dialect.delimiter == b' ';
            if line.is_empty() || (blank && line.trim_ascii().is_empty()) {
                continue;
            }
            if !self.dialect.comment.is_empty()
                && line.starts_with(&self.dialect.comment)
                && !begins_with_error(line, self.dialect.delimiter)
            {
                self.comments += u64::from(self.rows > 0);
                continue;
            }
            self.rows += 1;
            self.spans.clear();
            let quoted = memchr(b'"', line).is_some();
            if quoted {
                self.quoted(from, to)?;
            } else if blank {
                blanks(line, from, &mut self.spans);
            } else {
                let mut at = from;
                for delimiter in memchr_iter(self.dialect.delimiter, line) {
                    self.spans.push((at, from + delimiter));
                    at = from + delimiter + 1;
                }
                self.spans.push((at, to));
            }
            let text = if quoted { &self.unquoted } else { &self.buffer };
            return Ok(Some((Row { text, spans: &self.spans }, self.line)));
        }
    }

    /// Returns the range of the next line in the buffer, without its line end. Earlier ranges become invalid.
    fn take_line(&mut self) -> Result<Option<(usize, usize)>> {
        let mut scanned = 0;
        loop {
            if self.after_return && self.start < self.end {
                self.after_return = false;
                self.start += usize::from(self.buffer[self.start] == b'\n');
            }
            let rest = &self.buffer[self.start..self.end];
            if let Some(at) = memchr2(b'\n', b'\r', &rest[scanned..]) {
                let (from, to) = (self.start, self.start + scanned + at);
                self.after_return = self.buffer[to] == b'\r';
                self.start = to + 1;
                self.line += 1;
                return Ok(Some((from, to)));
            }
            scanned = rest.len();
            if self.at_end {
                if scanned == 0 {
                    return Ok(None);
                }
                let (from, to) = (self.start, self.end);
                self.start = self.end;
                self.line += 1;
                return Ok(Some((from, to)));
            }
            self.more()?;
        }
    }

    /// Reads the available bytes, after those that are not consumed yet.
    fn more(&mut self) -> Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end >= MAX_ROW {
            let reason = format!("a row of more than {MAX_ROW} bytes (an unclosed quote, or not a table)");
            return Err(self.malformed(self.line + 1, reason));
        }
        if self.buffer.len() - self.end < BUFFER / 2 {
            self.buffer.resize((self.buffer.len() * 2).max(BUFFER), 0);
        }
        let first = self.source.position() == 0 && self.end == 0;
        let got = self.source.read_some(&mut self.buffer[self.end..])?;
        self.end += got;
        self.at_end = got == 0;
        if first && self.end < 3 && !self.at_end {
            // A byte order mark may be cut.
            let got = self.source.fill(&mut self.buffer[self.end..3])?;
            self.end += got;
        }
        if first && self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        Ok(())
    }

    /// Splits a row with quotes; a quoted field may continue on the next lines.
    fn quoted(&mut self, from: usize, mut to: usize) -> Result<()> {
        // Positions move when more is read, so the row begins at `self.start` again.
        let mut begin = from;
        loop {
            self.unquoted.clear();
            self.spans.clear();
            let line = &self.buffer[begin..to];
            if split(line, self.dialect.delimiter, &mut self.unquoted, &mut self.spans) {
                return Ok(());
            }
            // The quote is not closed: the line's end belongs to the field.
            let len = to - begin;
            self.start = begin;
            let first_line = self.line;
            let Some(longer) = self.extend(len)? else {
                // At the end, the rest is the field.
                self.start = self.end;
                self.line = first_line;
                return Ok(());
            };
            (begin, to) = longer;
        }
    }

    /// Returns the row that begins at `self.start` and has `len` bytes so far, with the next line.
    fn extend(&mut self, len: usize) -> Result<Option<(usize, usize)>> {
        let mut scan = len;
        // Include the line end.
        loop {
            let rest = &self.buffer[self.start..self.end];
            if rest.len() > scan + 1 || (self.at_end && rest.len() > scan) {
                let pair = rest[scan] == b'\r' && rest.get(scan + 1) == Some(&b'\n');
                scan += if pair { 2 } else { 1 };
                break;
            }
            if self.at_end {
                return Ok(None);
            }
            self.more()?;
        }
        let mut searched = scan;
        loop {
            let rest = &self.buffer[self.start..self.end];
            if let Some(at) = rest.get(searched..).and_then(|rest| memchr2(b'\n', b'\r', rest)) {
                let (from, to) = (self.start, self.start + searched + at);
                self.after_return = self.buffer[to] == b'\r';
                self.start = to + 1;
                self.line += 1;
                return Ok(Some((from, to)));
            }
            if self.at_end {
                if rest.len() < scan {
                    return Ok(None);
                }
                let found = (self.start, self.end);
                self.start = self.end;
                self.line += 1;
                return Ok(Some(found));
            }
            searched = rest.len().max(searched);
            self.more()?;
        }
    }

    fn malformed(&self, line: u64, reason: String) -> Error {
        Error::malformed(&self.name, Place::Line { line, column: None }, reason)
    }
}

/// Fields between runs of blanks.
fn blanks(line: &[u8], from: usize, spans: &mut Vec<(usize, usize)>) {
    let mut begin = None;
    for (at, byte) in line.iter().enumerate() {
        match (matches!(byte, b' ' | b'\t'), begin) {
            (true, Some(start)) => {
                spans.push((from + start, from + at));
                begin = None;
            }
            (false, None) => begin = Some(at),
            _ => {}
        }
    }
    spans.extend(begin.map(|start| (from + start, from + line.len())));
}

/// Splits a row with quoted fields; false if the last quote is not closed.
///
/// A quote opens a field only at its start; inside, two quotes stand for one.
fn split(line: &[u8], delimiter: u8, text: &mut Vec<u8>, spans: &mut Vec<(usize, usize)>) -> bool {
    let is_end = |byte: u8| byte == delimiter || (delimiter == b' ' && byte == b'\t');
    let mut at = 0;
    loop {
        if delimiter == b' ' {
            while line.get(at).is_some_and(|byte| is_end(*byte)) {
                at += 1;
            }
            if at == line.len() {
                return true;
            }
        }
        let begin = text.len();
        let mut closed = true;
        if line.get(at) == Some(&b'"') {
            at += 1;
            closed = false;
            while let Some(&byte) = line.get(at) {
                at += 1;
                if byte != b'"' {
                    text.push(byte);
                } else if line.get(at) == Some(&b'"') {
                    text.push(b'"');
                    at += 1;
                } else {
                    closed = true;
                    break;
                }
            }
        }
        // Text after a closing quote belongs to the field.
        while let Some(&byte) = line.get(at).filter(|byte| !is_end(**byte)) {
            text.push(byte);
            at += 1;
        }
        spans.push((begin, text.len()));
        if !closed {
            return false;
        }
        if at == line.len() {
            return true;
        }
        at += 1;
    }
}

/// An owned row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) fields: Vec<Vec<u8>>,
    /// Its last line.
    pub(super) line: u64,
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        self.fields.get(index).map(Vec::as_slice)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().map(Vec::as_slice)
    }
}

/// Returns the rows of a piece of text in memory behind its first `skip` lines, for looking ahead.
pub(super) fn sample_rows(text: &[u8], dialect: &Dialect, skip: u64, most: usize) -> Vec<Record> {
    let mut rows = Rows::new(Source::from_bytes("", text), dialect.clone());
    let mut found = Vec::new();
    if rows.skip_lines(skip).is_err() {
        return found;
    }
    while let Ok(Some((row, line))) = rows.next() {
        found.push(Record { fields: row.iter().map(<[u8]>::to_vec).collect(), line });
        if found.len() == most {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        let dialect = Dialect { delimiter, comment: Vec::new() };
        sample_rows(text, &dialect, 0, usize::MAX).into_iter().map(|r| r.fields).collect()
    }

    /// Returns the rows as parsed by the crate `csv`.
    fn theirs(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text);
        reader.byte_records().map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
    }

    proptest! {
        #[test]
        fn rows_are_those_of_another_parser(text in "[a1,;\"\n\r ]{0,60}") {
            let text = text.as_bytes();
            // Quotes inside an unquoted field and text after a closing quote are not specified.
            if !odd_quotes(text, b',') {
                prop_assert_eq!(ours(text, b','), theirs(text, b','));
            }
        }
    }

    /// Returns whether a quote is anywhere but around a whole field.
    fn odd_quotes(text: &[u8], delimiter: u8) -> bool {
        let (mut inside, mut start, mut closed) = (false, true, false);
        for &byte in text {
            let ends = byte == delimiter || matches!(byte, b'\n' | b'\r');
            match (inside, byte) {
                (true, b'"') => (inside, closed) = (false, true),
                (true, _) => {}
                (false, b'"') if closed => (inside, closed) = (true, false),
                (false, b'"') if !start => return true,
                (false, b'"') => (inside, start) = (true, false),
                (false, _) if ends => (start, closed) = (true, false),
                (false, _) if closed => return true,
                (false, _) => start = false,
            }
        }
        inside
    }

    #[test]
    fn lines_are_counted_through_quotes_and_blanks() {
        let dialect = Dialect { delimiter: b',', comment: b"#".to_vec() };
        let text = b"a,b\r\n\r\n\"x\r\ny\",2\n# c\n#N/A,3\rz,4";
        let rows = sample_rows(text, &dialect, 0, 10);
        let lines: Vec<_> = rows.iter().map(|r| r.line).collect();
        assert_eq!(lines, [1, 4, 6, 7]);
        assert_eq!(rows[1].fields, [b"x\r\ny".to_vec(), b"2".to_vec()]);
        assert_eq!(rows[2].fields[0], b"#N/A");
        assert_eq!(sample_rows(text, &dialect, 4, 10).len(), 2);
    }

    #[test]
    fn an_unclosed_quote_takes_the_rest() {
        assert_eq!(ours(b"1,\"2\n3,4", b','), [vec![b"1".to_vec(), b"2\n3,4".to_vec()]]);
        assert_eq!(ours(b"\"", b','), [vec![b"".to_vec()]]);
    }
}
