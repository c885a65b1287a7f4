//! Which columns are signals.

use super::sniff::Shape;
use super::stamp::Stamp;
use super::value::Value;
use crate::read::CsvOptions;
use crate::{Error, Result};

/// The choice and what to tell of it.
pub(super) struct Choice {
    pub(super) columns: Vec<usize>,
    pub(super) time: Option<usize>,
    pub(super) notes: Vec<String>,
}

pub(super) fn choose(shape: &Shape, options: &CsvOptions) -> Result<Choice, Error> {
    let time = options.time.as_deref().map(|name| find(shape, name, "time")).transpose()?;
    let mut notes = Vec::new();
    let columns = if options.columns.is_empty() {
        all_numeric(shape, time, &mut notes)
    } else {
        options.columns.iter().map(|name| find(shape, name, "column")).collect::<Result<_, _>>()?
    };
    Ok(Choice { columns, time, notes })
}

/// A column by its name, or by its number from 1.
fn find(shape: &Shape, wanted: &str, option: &'static str) -> Result<usize, Error> {
    let by_name = shape.names.iter().position(|name| name == wanted);
    let by_number =
        || wanted.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|i| *i < shape.names.len());
    let loose = || shape.names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    by_name.or_else(by_number).or_else(loose).ok_or_else(|| {
        let some: Vec<_> = shape.names.iter().take(20).map(String::as_str).collect();
        Error::argument(option, format!("no column '{wanted}', the table has: {}", some.join(", ")))
    })
}

fn all_numeric(shape: &Shape, time: Option<usize>, notes: &mut Vec<String>) -> Vec<usize> {
    let kinds: Vec<_> = (0..shape.names.len()).map(|column| kind(shape, column)).collect();
    let axis =
        (0..kinds.len()).find(|c| time.is_none() && kinds[*c] == Kind::Numbers && is_time_axis(shape, *c));
    // The only numbers of a table are its signal, whatever their name.
    let axis = axis.filter(|axis| kinds.iter().enumerate().any(|(i, k)| i != *axis && *k == Kind::Numbers));
    let mut columns = Vec::new();
    for (column, kind) in kinds.iter().enumerate() {
        let name = &shape.names[column];
        match kind {
            _ if time == Some(column) => {}
            _ if axis == Some(column) => notes.push(format!(
                "column '{name}' looks like a time axis and was left out; ask for it by name, or take it as the time"
            )),
            Kind::Numbers => columns.push(column),
            Kind::Dates => notes.push(format!("column '{name}' has dates and was left out")),
            Kind::Text => notes.push(format!("column '{name}' has text and was left out")),
            Kind::Nothing => notes.push(format!("column '{name}' is empty in the first rows and was left out")),
        }
    }
    columns
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Numbers,
    Dates,
    Text,
    Nothing,
}

/// What most of a column's first fields are; a rare text among numbers is an error to be found later.
fn kind(shape: &Shape, column: usize) -> Kind {
    let (mut numbers, mut dates, mut texts) = (0, 0, 0);
    for field in shape.rows.iter().filter_map(|row| row.get(column)) {
        match Value::of(field, shape.decimal_comma()) {
            Value::Number(_) => numbers += 1,
            Value::Missing => {}
            Value::Text if Stamp::of(field).is_some() => dates += 1,
            Value::Text => texts += 1,
        }
    }
    match (numbers, dates, texts) {
        (0, 0, 0) => Kind::Nothing,
        _ if numbers >= dates + texts => Kind::Numbers,
        _ if dates > texts => Kind::Dates,
        _ => Kind::Text,
    }
}

/// Named like time (`t`, `time`, `Time [s]`, `year`, …), or the nameless first column that data frames
/// write, and increasing throughout.
fn is_time_axis(shape: &Shape, column: usize) -> bool {
    const NAMES: [&str; 12] = [
        "t",
        "time",
        "times",
        "date",
        "datetime",
        "timestamp",
        "timestamps",
        "year",
        "seconds",
        "index",
        "sample",
        "frame",
    ];
    if !shape.header {
        return false;
    }
    let name = shape.names[column].to_ascii_lowercase();
    let word: String = name.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    let nameless = column == 0 && name == "col1";
    if !(NAMES.contains(&word.as_str()) || nameless) {
        return false;
    }
    let values: Vec<_> = shape.rows.iter().filter_map(|row| row.get(column)).collect();
    let mut last = f64::NEG_INFINITY;
    values.iter().all(|field| match Value::of(field, shape.decimal_comma()) {
        Value::Number(now) => std::mem::replace(&mut last, now) < now,
        _ => false,
    })
}
