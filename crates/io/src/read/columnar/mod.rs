//! Columnar tables: Parquet, and Arrow IPC as a file (Feather) or a stream.
//!
//! A column of numbers is a channel, as in a table of text; a column of lists has a signal per row, and several such
//! columns are its channels. [`super::CsvOptions::by`] joins rows: those with one value in a column form a signal,
//! in the order of the file; lists are separated by pauses. [`super::CsvOptions::time`] gives the rate.
//!
//! Nulls are NaN. Integers, decimals and booleans keep their values.

mod codec;
mod groups;
mod ipc;
mod kinds;
mod labels;
mod parquet;
mod rows;
mod select;
mod spool;
mod table;
mod times;
mod values;
mod wide;

use super::format::{Certainty, Descriptor, Readers};
use super::reader::Guarded;
use super::source::Source;
use super::{ChannelInfo, Format, OpenOptions, Precision, SignalInfo, fuzz};
use crate::read::csv::unit_of_name;
use crate::{Error, Place, Result};
use arrow_schema::Field;
use ipc::IpcTable;
use parquet::ParquetTable;
use select::Choice;
use std::sync::Arc;
use table::Table;

/// Parquet's entry.
pub(super) static PARQUET: Descriptor = Descriptor {
    name: "parquet",
    aliases: &[],
    title: "Parquet",
    extensions: &["parquet", "parq", "pq"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, parquet::MAGIC)),
    open: |source, options| open(Format::Parquet, source, options),
    fuzz: fuzz::columns,
};

/// Arrow's entry.
pub(super) static ARROW: Descriptor = Descriptor {
    name: "arrow",
    aliases: &["feather", "ipc"],
    title: "Arrow IPC",
    extensions: &["arrow", "arrows", "feather", "ipc"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, ipc::MAGIC) || ipc::is_stream(head.bytes)),
    open: |source, options| open(Format::Arrow, source, options),
    fuzz: fuzz::columns,
};

/// Largest number of channels.
const MAX_CHANNELS: usize = 1 << 17;

fn open(format: Format, source: Source, options: &OpenOptions) -> Result<Readers> {
    // Times and groups are read before the samples.
    let twice = options.csv.time.is_some() || options.csv.by.is_some();
    let source = if twice { source.into_seekable(u64::MAX)? } else { source };
    let table: Arc<dyn Table> = match format {
        Format::Parquet => Arc::new(ParquetTable::open(source)?),
        _ => Arc::new(IpcTable::open(source)?),
    };
    let choice = select::choose(&table, &options.csv)?;
    let mut info = SignalInfo::new(table.name(), format);
    info.notes.clone_from(&choice.notes);
    if choice.columns.is_empty() {
        let reason = match choice.notes.first() {
            Some(first) => format!("no column of numbers or of lists of numbers: {first}"),
            None => "no column of numbers or of lists of numbers".into(),
        };
        return Err(Error::malformed(table.name(), Place::File, reason));
    }
    if choice.columns.len() > MAX_CHANNELS {
        let reason = format!("{} columns; at most {MAX_CHANNELS} are supported", choice.columns.len());
        return Err(Error::unsupported(table.name(), Place::File, reason));
    }
    describe(&mut info, &table, &choice);
    info.frames = table.rows().filter(|_| !choice.lists);
    match (choice.by, choice.lists) {
        (Some(by), _) => groups::open(table, info, &choice, by, options),
        (None, true) => {
            info.set_rate(None, options.rate)?;
            rows::open(table, info, choice.columns)
        }
        (None, false) => {
            let times = choice.time.map(|column| times::rate(&table, column, &options.csv)).transpose()?;
            info.set_rate(times.as_ref().map(|t| t.rate), options.rate)?;
            info.rate_in_hz &= times.as_ref().is_none_or(|t| t.in_hz);
            info.notes.extend(times.into_iter().flat_map(|t| t.notes));
            Ok(vec![Box::new(Guarded::new(wide::WideReader::new(table, info, choice.columns)))])
        }
    }
}

/// Sets channels and precision.
fn describe(info: &mut SignalInfo, table: &Arc<dyn Table>, choice: &Choice) {
    let schema = table.schema();
    let channel = |(at, column): (usize, &usize)| {
        let field = schema.field(*column);
        ChannelInfo { number: at + 1, name: field.name().clone(), unit: unit(field) }
    };
    info.channels = choice.columns.iter().enumerate().map(channel).collect();
    let narrow = |column: &usize| kinds::is_narrow(kinds::number(schema.field(*column).data_type()));
    info.precision = if choice.columns.iter().all(narrow) { Precision::F32 } else { Precision::F64 };
}

/// Returns the unit from a column's metadata, or from its name.
fn unit(field: &Field) -> Option<String> {
    let own = ["unit", "units"].iter().find_map(|key| field.metadata().get(*key));
    own.filter(|text| !text.is_empty()).cloned().or_else(|| unit_of_name(field.name()))
}
