//! Tables of numbers: CSV, TSV, and anything that one character or blanks delimit.
//!
//! Delimiter and header line are found from the first rows unless they are given. Quoted fields, a byte order
//! mark, `#` comments, empty lines and (where the delimiter is not a comma) decimal commas are understood. An
//! empty field, `NA`, `NaN`, `null`, `none`, `-` and `?` are missing values and become NaN.
//!
//! A time column ([`super::CsvOptions::time`]) holds numbers, `YYYYMMDD` or ISO 8601 dates with or without a
//! clock. It is read to its end before the first sample, for the rate is that of all rows; a stream is
//! copied to a temporary file for that. The rate of dates is in Hz, that of numbers per their own unit.

mod columns;
mod sniff;
mod stamp;
mod text;
mod time;
mod value;

use super::format::{Certainty, Descriptor, Readers};
use super::reader::{BlockReader, Chunk, Guarded};
use super::sample::Target;
use super::source::Source;
use super::{ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::{Error, Place, Result};
use text::Rows;
use value::{Value, shown};

/// The format's entry.
pub(super) static FORMAT: Descriptor = Descriptor {
    name: "csv",
    aliases: &["tsv"],
    title: "CSV",
    extensions: &["csv", "tsv"],
    named_extensions: &["txt", "dat", "tab"],
    detect: |head| if is_text(head.bytes) { Certainty::Possible } else { Certainty::No },
    open: open,
    fuzz: |_, bytes| fuzz::table(bytes),
};

fn is_text(head: &[u8]) -> bool {
    !head.is_empty() && head.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))
}

/// Values that one read gives at most.
const BUDGET: usize = 1 << 20;

struct CsvReader {
    info: SignalInfo,
    rows: Rows,
    /// Indices of the columns, in the order of the planes.
    columns: Vec<usize>,
    decimal_comma: bool,
}

fn open(mut source: Source, options: &OpenOptions) -> Result<Readers> {
    if options.csv.time.is_some() {
        source = source.into_seekable(u64::MAX)?;
    }
    let shape = sniff::sniff(&mut source, &options.csv)?;
    let choice = columns::choose(&shape, &options.csv)?;
    let mut info = SignalInfo::new(source.name(), Format::Csv);
    info.notes = choice.notes;
    info.precision = Precision::F64;
    if choice.columns.is_empty() {
        let place = Place::Line { line: if shape.header { 2 } else { 1 }, column: None };
        return Err(Error::malformed(source.name(), place, "the table has no column of numbers"));
    }
    info.channels =
        choice.columns.iter().enumerate().map(|(i, column)| channel(i + 1, &shape.names[*column])).collect();
    let stamps = match (choice.time, source.fork()) {
        (Some(column), Some(fork)) => Some(time::rate(fork, &shape, column)?),
        _ => None,
    };
    info.set_rate(stamps.map(|(rate, _)| rate), options.rate)?;
    info.rate_in_hz &= stamps.is_some_and(|(_, dates)| dates);
    let mut rows = Rows::new(source, shape.delimiter);
    if shape.header {
        rows.next()?;
    }
    let reader = CsvReader { info, rows, decimal_comma: shape.decimal_comma(), columns: choice.columns };
    Ok(vec![Box::new(Guarded::new(reader))])
}

/// `Lead II [mV]` has the unit mV.
fn channel(number: usize, name: &str) -> ChannelInfo {
    let unit =
        name.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map(|(_, unit)| unit.trim().to_owned());
    ChannelInfo { number, name: name.to_owned(), unit: unit.filter(|unit| !unit.is_empty()) }
}

impl BlockReader for CsvReader {
    fn info(&self) -> &SignalInfo {
        &self.info
    }

    fn read_block<T: Target>(&mut self, planes: &mut [Vec<T>], max_frames: usize) -> Result<Chunk> {
        let most = max_frames.min((BUDGET / planes.len()).max(1));
        let mut frames = 0;
        while frames < most {
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
                match Value::of(field, self.decimal_comma) {
                    Value::Number(value) => plane.push(T::of_f64(value)),
                    Value::Missing => plane.push(T::of_f64(f64::NAN)),
                    Value::Text => return wrong(format!("'{}' is not a number", shown(field))),
                }
            }
            frames += 1;
        }
        Ok(if frames == 0 { Chunk::End } else { Chunk::Data(frames) })
    }
}
