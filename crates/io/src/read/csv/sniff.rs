//! Detects the shape of a table from its first rows.
//!
//! The table may be preceded by lines of an instrument (a preamble), a line `sep=;`, a line of names and a line of
//! units. It begins where rows are as wide and as numeric as those of the second half of the inspected text.

use super::text::{Dialect, MAX_ROW, Record, sample_rows};
use super::time::is_date;
use super::value::{Comma, Value, comma_of, shown};
use super::{preamble, unit};
use crate::read::CsvOptions;
use crate::read::source::Source;
use crate::{Error, Place, Result};

/// Limits of the inspected bytes, lines and rows.
const PEEK: usize = 1 << 16;
const LINES: usize = 2;
const ROWS: usize = 200;
/// Number of numeric rows that suffice if a stream is slow.
const LIVE_ROWS: usize = 4;
/// Tried in this order: a comma may be a decimal sign where another delimiter fits, a blank may be text.
const DELIMITERS: [u8; 5] = [b'\t', b';', b',', b'|', b' '];

/// The shape of a table.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) dialect: Dialect,
    pub(super) comma: Comma,
    /// Whether the names come from the table.
    pub(super) header: bool,
    /// Names in the header, or `col1`, `col2`, …
    pub(super) names: Vec<String>,
    /// Units from a row of units.
    pub(super) units: Vec<Option<String>>,
    /// Lines before the first row of data.
    pub(super) skip: u64,
    /// The first rows of data.
    pub(super) rows: Vec<Record>,
    /// The sample rate that a line before the table states.
    pub(super) rate: Option<f64>,
    pub(super) notes: Vec<String>,
}

pub(super) fn sniff(source: &mut Source, options: &CsvOptions) -> Result<Shape> {
    let name = source.name().to_owned();
    let stream = !source.is_seekable();
    let (mut seen, mut lines, mut more) = (0, 0, true);
    loop {
        let text = source.peeked();
        let new = text.get(seen..).unwrap_or_default();
        if let Some(at) = new.iter().position(|b| *b == 0).map(|at| at + seen) {
            let reason = "a zero byte: this is not a table of text";
            return Err(Error::malformed(&name, Place::Byte(at as u64), reason));
        }
        lines += new.iter().filter(|b| **b == b'\n').count();
        seen = text.len();
        let full = seen >= MAX_ROW;
        if full && lines == 0 {
            let reason = format!("the first line has more than {MAX_ROW} bytes");
            return Err(Error::malformed(&name, Place::Line { line: 1, column: None }, reason));
        }
        let last = !more || full || (seen >= PEEK && lines >= LINES);
        if last || (stream && lines >= LINES) {
            // The last line may be cut.
            let whole = match text.iter().rposition(|b| *b == b'\n') {
                Some(end) if more => &text[..=end],
                _ => text,
            };
            match shape(whole, options) {
                Some(shape) if last || shape.rows.len() >= LIVE_ROWS => return Ok(shape),
                None if !more || full => {
                    return Err(Error::malformed(&name, Place::File, "the table has no rows"));
                }
                _ => {}
            }
        }
        // Double the length each time: the first line may be long.
        more = source.peek_more(PEEK.max(seen))?;
    }
}

fn shape(text: &[u8], options: &CsvOptions) -> Option<Shape> {
    let comment = options.comment.clone().map_or_else(|| b"#".to_vec(), String::into_bytes);
    let skip = options.skip_rows;
    let declared = preamble::declared_delimiter(text);
    let skip_declared = if declared.is_some() { skip.max(1) } else { skip };
    let dialect = |delimiter| Dialect { delimiter, comment: comment.clone() };
    let rows_of = |delimiter| sample_rows(text, &dialect(delimiter), skip_declared, ROWS);
    let delimiter = options.delimiter.or(declared).unwrap_or_else(|| delimiter(rows_of));
    let rows = rows_of(delimiter);
    if rows.is_empty() {
        return None;
    }
    let comma = match options.decimal {
        Some(b',') => Comma::Decimal,
        Some(_) => Comma::Thousands,
        None => comma_of(rows.iter().flat_map(Record::iter), delimiter == b','),
    };
    let body = Body::find(&rows, comma, options.header);
    let header = body.header.map(|at| &rows[at]);
    let units = body.units.map(|at| &rows[at]);
    let width = rows[body.start.min(rows.len())..].iter().map(Record::len).max().unwrap_or(0);
    let width = width.max(header.map_or(0, Record::len));
    let field = |row: Option<&Record>, i: usize| {
        let field = row.and_then(|row| row.get(i)).map(<[u8]>::trim_ascii).filter(|field| !field.is_empty());
        field.map(|field| String::from_utf8_lossy(field).into_owned())
    };
    let names = (0..width).map(|i| field(header, i).unwrap_or_else(|| format!("col{}", i + 1))).collect();
    let units = (0..width).map(|i| field(units, i).map(|text| unit::bare(&text).to_owned())).collect();
    let first = body.header.unwrap_or(body.start);
    let mut notes = Vec::new();
    if first > 0 {
        let shown_line =
            rows[0].iter().map(shown).collect::<Vec<_>>().join(&char::from(delimiter).to_string());
        notes.push(match first {
            1 => format!("the line before the table was skipped: '{}'", shown(shown_line.as_bytes())),
            n => format!(
                "{n} lines before the table were skipped, the first: '{}'",
                shown(shown_line.as_bytes())
            ),
        });
    }
    let last_before = body.start.checked_sub(1).map_or(skip_declared, |at| rows[at].line);
    let rate = preamble::rate(text, rows.get(first).map_or(u64::MAX, |row| row.line));
    if let Some((rate, line)) = &rate {
        notes.push(format!("rate {rate} Hz from the line '{line}'"));
    }
    Some(Shape {
        dialect: dialect(delimiter),
        comma,
        header: body.header.is_some(),
        names,
        units,
        skip: last_before,
        rate: rate.map(|(rate, _)| rate),
        notes,
        rows: rows.into_iter().skip(body.start).collect(),
    })
}

/// Returns the first delimiter that makes all rows of the second half equally wide; otherwise the one for which most
/// rows are equally wide.
fn delimiter(rows_of: impl Fn(u8) -> Vec<Record>) -> u8 {
    let mut best = (b',', 0.0);
    for candidate in DELIMITERS {
        let rows = rows_of(candidate);
        let tail = &rows[rows.len() / 2..];
        let Some(usual) = usual_width(tail) else { continue };
        let share = tail.iter().filter(|row| row.len() == usual).count() as f64 / tail.len() as f64;
        if usual > 1 && share > best.1 {
            best = (candidate, share);
        }
    }
    if best.1 >= 0.5 { best.0 } else { b',' }
}

fn usual_width(rows: &[Record]) -> Option<usize> {
    let mut widths: Vec<_> = rows.iter().map(Record::len).collect();
    widths.sort_unstable();
    widths.get(widths.len() / 2).copied()
}

/// Class of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Class {
    Number,
    Date,
    Missing,
    Text,
}

impl Class {
    fn of(field: &[u8], comma: Comma) -> Self {
        match Value::of(field, comma) {
            Value::Number(_) => Self::Number,
            Value::Missing => Self::Missing,
            Value::Text if std::str::from_utf8(field).is_ok_and(is_date) => Self::Date,
            Value::Text => Self::Text,
        }
    }

    fn is_data(self) -> bool {
        matches!(self, Self::Number | Self::Date)
    }
}

/// Parts of a table, as indices of rows.
struct Body {
    header: Option<usize>,
    units: Option<usize>,
    start: usize,
}

impl Body {
    fn find(rows: &[Record], comma: Comma, header: Option<bool>) -> Self {
        let tail = &rows[rows.len() / 2..];
        let usual = usual_width(tail).unwrap_or(1);
        let first_usual = rows.iter().position(|row| row.len() == usual).unwrap_or(0);
        match header {
            Some(false) => return Self { header: None, units: None, start: first_usual },
            Some(true) => {
                let units = rows.get(first_usual + 1).filter(|row| is_units(row)).map(|_| first_usual + 1);
                let start = units.unwrap_or(first_usual) + 1;
                return Self { header: Some(first_usual), units, start };
            }
            None => {}
        }
        let classes: Vec<Vec<Class>> =
            rows.iter().map(|row| row.iter().map(|field| Class::of(field, comma)).collect()).collect();
        // Columns of numbers or dates, by the second half.
        let half = &classes[rows.len() / 2..];
        let is_body = |column: usize| {
            let of = |class: fn(Class) -> bool| {
                half.iter().filter_map(|row| row.get(column)).filter(|c| class(**c)).count()
            };
            let data = of(Class::is_data);
            data > 0 && data >= of(|class| class == Class::Text)
        };
        let body: Vec<usize> = (0..usual).filter(|column| is_body(*column)).collect();
        let fits = |row: &Vec<Class>| {
            let of = |column: &usize| row.get(*column).copied().unwrap_or(Class::Text);
            row.len() == usual
                && body.iter().all(|column| of(column) != Class::Text)
                && body.iter().any(|column| of(column).is_data())
        };
        let Some(mut start) = classes.iter().position(fits) else {
            // No numbers: the first row may still contain names.
            return Self { header: Some(first_usual), units: None, start: (first_usual + 1).min(rows.len()) };
        };
        let data = |row: &[Class]| row.iter().filter(|class| class.is_data()).count();
        // A row with as many numbers as those below it is damaged data, not a header.
        while start > 0
            && classes[start - 1].len() == usual
            && data(&classes[start - 1]) > 0
            && classes[start..]
                .iter()
                .any(|below| below.len() == usual && data(below) <= data(&classes[start - 1]))
        {
            start -= 1;
        }
        let near =
            |row: usize| usual == rows[row].len() || (usual > 2 && usual.abs_diff(rows[row].len()) == 1);
        let named = |row: usize| near(row) && classes[row].contains(&Class::Text);
        let above = start.checked_sub(1).filter(|row| near(*row));
        if let Some(units) = above.filter(|row| is_units(&rows[*row]))
            && let Some(header) = units.checked_sub(1).filter(|row| named(*row))
        {
            return Self { header: Some(header), units: Some(units), start };
        }
        Self { header: above.filter(|row| named(*row)), units: None, start }
    }
}

/// Returns whether all non-empty fields of a row are units.
fn is_units(row: &Record) -> bool {
    let mut fields = row.iter().map(<[u8]>::trim_ascii).filter(|field| !field.is_empty()).peekable();
    fields.peek().is_some() && fields.all(|field| std::str::from_utf8(field).is_ok_and(unit::is_unit))
}
