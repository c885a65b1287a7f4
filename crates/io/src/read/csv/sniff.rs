//! What a table looks like, from its first rows.

use super::stamp::Stamp;
use super::text::sample_rows;
use super::value::Value;
use crate::read::CsvOptions;
use crate::read::source::Source;
use crate::{Error, Place, Result};
use csv::ByteRecord;

/// Bytes and rows that are looked at.
const PEEK: usize = 1 << 16;
const ROWS: usize = 200;
/// Tried in this order: a comma may be a decimal sign where another delimiter fits, a blank may be text.
const DELIMITERS: [u8; 5] = [b'\t', b';', b',', b'|', b' '];

/// The shape of a table.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) delimiter: u8,
    pub(super) header: bool,
    /// Names in the header, or `col1`, `col2`, …
    pub(super) names: Vec<String>,
    /// The first rows, without the header.
    pub(super) rows: Vec<ByteRecord>,
}

impl Shape {
    pub(super) fn decimal_comma(&self) -> bool {
        self.delimiter != b','
    }
}

pub(super) fn sniff(source: &mut Source, options: &CsvOptions) -> Result<Shape> {
    let name = source.name().to_owned();
    let text = source.peek(PEEK)?;
    if let Some(at) = text.iter().position(|b| *b == 0) {
        let reason = if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
            "UTF-16 text: convert it to UTF-8"
        } else {
            "a zero byte: this is not a table of text"
        };
        return Err(Error::malformed(&name, Place::Byte(at as u64), reason));
    }
    // The last line may be cut.
    let whole = match text.iter().rposition(|b| *b == b'\n') {
        Some(end) if text.len() == PEEK => &text[..=end],
        _ => text,
    };
    let delimiter = options.delimiter.unwrap_or_else(|| delimiter(whole));
    let mut rows = sample_rows(whole, delimiter, ROWS);
    let Some(first) = rows.first() else {
        return Err(Error::malformed(&name, Place::File, "the table has no rows"));
    };
    let header = options.header.unwrap_or_else(|| is_header(first, &rows[1..], delimiter != b','));
    let width = rows.iter().map(ByteRecord::len).max().unwrap_or(0);
    let first = rows[0].clone();
    let names = (0..width)
        .map(|i| match first.get(i).map(<[u8]>::trim_ascii).filter(|field| header && !field.is_empty()) {
            Some(field) => String::from_utf8_lossy(field).into_owned(),
            None => format!("col{}", i + 1),
        })
        .collect();
    if header {
        rows.remove(0);
    }
    Ok(Shape { delimiter, header, names, rows })
}

/// The first delimiter that makes all rows equally wide; else the one that makes most of them so.
fn delimiter(text: &[u8]) -> u8 {
    let mut best = (b',', 0.0);
    for candidate in DELIMITERS {
        let rows = sample_rows(text, candidate, ROWS);
        let mut widths: Vec<_> = rows.iter().map(ByteRecord::len).collect();
        widths.sort_unstable();
        let Some(&usual) = widths.get(widths.len() / 2) else { continue };
        let share = widths.iter().filter(|w| **w == usual).count() as f64 / widths.len() as f64;
        if usual > 1 && share > best.1 {
            best = (candidate, share);
        }
    }
    if best.1 >= 0.5 { best.0 } else { b',' }
}

/// A header has text where the rows below have numbers or dates, or nothing but text.
fn is_header(first: &ByteRecord, below: &[ByteRecord], decimal_comma: bool) -> bool {
    let is_text = |field: &[u8]| Value::of(field, decimal_comma) == Value::Text && Stamp::of(field).is_none();
    let over_numbers = first.iter().enumerate().any(|(i, field)| {
        is_text(field)
            && below.iter().any(|row| {
                row.get(i).is_some_and(|below| {
                    matches!(Value::of(below, decimal_comma), Value::Number(_)) || Stamp::of(below).is_some()
                })
            })
    });
    let all_text = first.iter().all(|field| is_text(field) || field.trim_ascii().is_empty());
    (over_numbers && !first_is_data(first, below, decimal_comma)) || (all_text && first.iter().any(is_text))
}

/// A row with numbers that vary below it, and text that is as rare below, is damaged data rather than names.
fn first_is_data(first: &ByteRecord, below: &[ByteRecord], decimal_comma: bool) -> bool {
    let numbers = |row: &ByteRecord| {
        row.iter().filter(|field| matches!(Value::of(field, decimal_comma), Value::Number(_))).count()
    };
    let own = numbers(first);
    own > 0 && below.iter().any(|row| row.len() == first.len() && numbers(row) <= own)
}
