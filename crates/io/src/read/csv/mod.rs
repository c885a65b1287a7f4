//! Tables of numbers: CSV, TSV, and other text with fields delimited by one character or by blanks.
//!
//! Delimiter, names, units and the lines before the table are found from the first rows unless they are given.
//! Quoted fields, a byte order mark, UTF-16, `#` comments, empty lines, decimal commas and a first line `sep=;` are
//! understood. An empty field, `NA`, `NaN`, `null`, `none`, `-`, `?` and a spreadsheet's `#N/A`, `#DIV/0!`, … are
//! missing values and become NaN. The first lines may have 16 MiB, as any row.
//!
//! Rows are delivered as they arrive. A time column ([`super::CsvOptions::time`]) holds numbers, dates or clock
//! times. It is read to its end before the first sample, because the rate depends on all rows; a stream is copied to
//! a temporary file for this. The rate of dates and of numbers whose unit is known is in Hz, that of other numbers
//! per their own unit.

mod columns;
mod date;
mod date_format;
mod fit;
mod preamble;
mod rate;
mod sniff;
mod text;
mod time;
mod unit;
mod utf16;
mod value;

#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
pub(super) use columns::{find, is_named_like_time, rises};
pub(super) use date::days;
pub use date_format::DateFormat;
#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
pub(super) use fit::{DATES, Fit, NUMBERS, Uneven};
#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
pub(super) use rate::{Times, Unit, step_of};
pub use unit::time_unit;
#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
pub(super) use unit::{of_name as unit_of_name, time_of_name};

use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded};
use super::sample::Target;
use super::source::Source;
use super::{ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use text::Rows;
use value::{Comma, Value, shown};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "csv",
    aliases: &["tsv"],
    title: "CSV",
    extensions: &["csv", "tsv"],
    named_extensions: &["txt", "dat", "tab", "asc"],
    detect: |head| if is_text(head.bytes) { Certainty::Possible } else { Certainty::No },
    open,
    fuzz: |_, bytes| fuzz::table(bytes),
};

/// Returns whether bytes may be the beginning of a table: text, or UTF-16.
pub(super) fn is_text(head: &[u8]) -> bool {
    let plain = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    match head {
        [] => false,
        // UTF-16 without a mark: its first characters are ASCII.
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if *a != 0 && *b != 0 => head.iter().all(|b| *b == 0 || plain(b)),
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => rest.iter().all(|b| *b == 0 || plain(b)),
        _ => head.iter().all(plain),
    }
}

/// Largest number of values per read.
const BUDGET: usize = 1 << 20;

struct CsvReader {
    info: SignalInfo,
    rows: Rows,
    /// Indices of the columns, in the order of the planes.
    columns: Vec<usize>,
    comma: Comma,
    stream: bool,
}

fn open(source: Source, options: &OpenOptions) -> Result<Readers> {
    let mut source = utf16::decoded(source)?;
    if options.csv.time.is_some() {
        source = source.into_seekable(u64::MAX)?;
    }
    let shape = sniff::sniff(&mut source, &options.csv)?;
    let choice = columns::choose(&shape, &options.csv)?;
    let mut info = SignalInfo::new(source.name(), Format::Csv);
    info.notes.clone_from(&shape.notes);
    info.notes.extend(choice.notes);
    info.precision = Precision::F64;
    if choice.columns.is_empty() {
        let place = Place::Line { line: shape.skip + 1, column: None };
        let reason = match choice.axis {
            Some(axis) => format!(
                "the table has no column of numbers but '{}', which looks like a time axis (--column analyses it)",
                shape.names[axis]
            ),
            None => "the table has no column of numbers".into(),
        };
        return Err(Error::malformed(source.name(), place, reason));
    }
    info.channels =
        choice.columns.iter().enumerate().map(|(i, column)| channel(i + 1, *column, &shape)).collect();
    let times = match (choice.time, source.fork()) {
        (Some(column), Some(fork)) => Some(time::rate(fork, &shape, column, &options.csv)?),
        _ => None,
    };
    info.set_rate(times.as_ref().map(|t| t.rate).or(shape.rate), options.rate)?;
    info.rate_in_hz &= times.as_ref().is_none_or(|t| t.in_hz);
    info.notes.extend(times.into_iter().flat_map(|t| t.notes));
    let mut rows = Rows::new(source, shape.dialect.clone());
    rows.skip_lines(shape.skip)?;
    let stream = rows.is_stream();
    let reader = CsvReader { info, rows, comma: shape.comma, columns: choice.columns, stream };
    Ok(vec![Box::new(Guarded::new(reader))])
}

/// Returns the description of a channel; its unit comes from the row of units or from the name.
fn channel(number: usize, column: usize, shape: &sniff::Shape) -> ChannelInfo {
    let name = shape.names[column].clone();
    let own = shape.units.get(column).cloned().flatten();
    ChannelInfo { number, unit: own.or_else(|| unit::of_name(&name)), name }
}

impl BlockReader for CsvReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let most = max_frames.min((BUDGET / planes.len()).max(1));
        let mut frames = 0;
        while frames < most {
            // Rows of a stream are delivered as they arrive.
            if self.stream && frames > 0 && !self.rows.is_ready() {
                break;
            }
            let Some((row, line)) = self.rows.next()? else { break };
            for ((plane, column), channel) in planes.iter_mut().zip(&self.columns).zip(&self.info.channels) {
                let wrong = |reason: String| {
                    let place = Place::Line { line, column: Some(channel.name.clone()) };
                    Err(Error::malformed(&self.info.path, place, reason))
                };
                let Some(field) = row.get(*column) else {
                    return wrong(format!(
                        "the row has {} fields, this column is number {}",
                        row.len(),
                        column + 1
                    ));
                };
                match Value::of(field, self.comma) {
                    Value::Number(value) => plane.push(T::of_f64(value)),
                    Value::Missing => plane.push(T::of_f64(f64::NAN)),
                    Value::Text if self.comma == Comma::Unclear && field.contains(&b',') => {
                        return wrong(format!(
                            "'{}': a decimal comma, or one that groups thousands? Use --decimal ',' or '.'",
                            shown(field)
                        ));
                    }
                    Value::Text => return wrong(format!("'{}' is not a number", shown(field))),
                }
            }
            frames += 1;
        }
        if frames > 0 {
            return Ok(Chunk::Data(frames));
        }
        if let 1.. = self.rows.comments {
            let count = std::mem::take(&mut self.rows.comments);
            self.info.notes.push(format!("{count} comment lines between the rows were skipped"));
        }
        Ok(Chunk::End)
    }
}
