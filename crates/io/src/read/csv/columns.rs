//! Selects the columns that are signals.

use super::sniff::Shape;
use super::time::is_date;
use super::value::Value;
use crate::read::CsvOptions;
use crate::{Error, Result};

/// The selected columns, with notes.
pub(super) struct Choice {
    pub(super) columns: Vec<usize>,
    pub(super) time: Option<usize>,
    /// A column that was left out because it looks like a time axis.
    pub(super) axis: Option<usize>,
    pub(super) notes: Vec<String>,
}

pub(super) fn choose(shape: &Shape, options: &CsvOptions) -> Result<Choice, Error> {
    let find = |name: &str, option| find(&shape.names, name, option);
    let time = options.time.as_deref().map(|name| find(name, "time")).transpose()?;
    let mut choice = Choice { columns: Vec::new(), time, axis: None, notes: Vec::new() };
    if options.columns.is_empty() {
        all_numeric(shape, &mut choice);
    } else {
        choice.columns = options.columns.iter().map(|name| find(name, "column")).collect::<Result<_, _>>()?;
    }
    Ok(choice)
}

/// Returns a column by its name, or by its number from 1.
pub(in crate::read) fn find<S: AsRef<str>>(
    names: &[S],
    wanted: &str,
    option: &'static str,
) -> Result<usize, Error> {
    let by_name = names.iter().position(|name| name.as_ref() == wanted);
    let by_number =
        || wanted.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|i| *i < names.len());
    let loose = || names.iter().position(|name| name.as_ref().eq_ignore_ascii_case(wanted));
    by_name.or_else(by_number).or_else(loose).ok_or_else(|| {
        let some: Vec<_> = names.iter().take(20).map(AsRef::as_ref).collect();
        Error::argument(option, format!("no column '{wanted}', the table has: {}", some.join(", ")))
    })
}

fn all_numeric(shape: &Shape, choice: &mut Choice) {
    let kinds: Vec<_> = (0..shape.names.len()).map(|column| kind(shape, column)).collect();
    let numeric = kinds.iter().filter(|kind| **kind == Kind::Numbers).count();
    for (column, kind) in kinds.iter().enumerate() {
        let name = &shape.names[column];
        let axis = *kind == Kind::Numbers && is_time_axis(shape, column, numeric);
        let why = match kind {
            _ if choice.time == Some(column) => continue,
            Kind::Numbers if !axis => {
                choice.columns.push(column);
                continue;
            }
            Kind::Numbers => {
                choice.axis.get_or_insert(column);
                if choice.time.is_some() {
                    "looks like a time axis"
                } else {
                    "looks like a time axis (--time takes the rate from it, --column analyses it)"
                }
            }
            Kind::Dates => {
                choice.axis.get_or_insert(column);
                "has dates or clock times"
            }
            Kind::Text => "has text",
            Kind::Nothing => "is empty in the first rows",
        };
        choice.notes.push(format!("column '{name}' {why} and was left out"));
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Numbers,
    Dates,
    Text,
    Nothing,
}

/// Returns the kind of most of a column's first fields; an occasional text among numbers is reported as an error
/// later.
fn kind(shape: &Shape, column: usize) -> Kind {
    let (mut numbers, mut dates, mut texts) = (0, 0, 0);
    for field in shape.rows.iter().filter_map(|row| row.get(column)) {
        match Value::of(field, shape.comma) {
            Value::Number(_) => numbers += 1,
            Value::Missing => {}
            Value::Text if std::str::from_utf8(field).is_ok_and(is_date) => dates += 1,
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

/// Words that name a column of times or a counter.
const WORDS: [&str; 44] = [
    "t",
    "time",
    "times",
    "date",
    "datetime",
    "timestamp",
    "timestamps",
    "year",
    "seconds",
    "second",
    "sec",
    "secs",
    "millis",
    "milliseconds",
    "micros",
    "index",
    "idx",
    "sample",
    "samples",
    "frame",
    "counter",
    "elapsed",
    "epoch",
    "unix",
    "unixtime",
    "utc",
    "clock",
    "zeit",
    "zeitstempel",
    "uhrzeit",
    "datum",
    "sekunden",
    "temps",
    "heure",
    "horodatage",
    "tiempo",
    "hora",
    "fecha",
    "tempo",
    "ora",
    "tijd",
    "tid",
    "czas",
    "ms",
];

/// Number of evenly stepping rows from which the first column of a table without names counts as times.
const EVEN_ROWS: usize = 8;

/// Named like time (`t`, `Time [s]`, `Elapsed Time`, `Zeit`, `year`, …) and rising, except for a counter that
/// restarts; or the unnamed first column of several that rises in equal steps.
fn is_time_axis(shape: &Shape, column: usize, numeric: usize) -> bool {
    let mut values = Vec::with_capacity(shape.rows.len());
    for field in shape.rows.iter().filter_map(|row| row.get(column)) {
        match Value::of(field, shape.comma) {
            Value::Number(value) => values.push(value),
            // An axis has no gaps.
            _ => return false,
        }
    }
    let name = &shape.names[column];
    let nameless = column == 0 && name == "col1";
    if nameless && numeric > 1 {
        let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let first = steps.first().copied().unwrap_or(0.0);
        let even =
            steps.iter().all(|step| *step > 0.0 && (step - first).abs() <= 0.01 * first + 1e-9 * first);
        return even && (shape.header || values.len() >= EVEN_ROWS);
    }
    shape.header && is_named_like_time(name) && rises(&values)
}

/// Returns whether a name contains a word for time or a counter.
pub(in crate::read) fn is_named_like_time(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
    let single_letter = words.peek() == Some(&"t");
    single_letter || words.any(|word| word != "t" && WORDS.contains(&word))
}

/// Returns whether the values of an axis rise, except for a counter that restarts.
pub(in crate::read) fn rises(values: &[f64]) -> bool {
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let falls = steps.iter().filter(|step| **step < 0.0).count();
    let rises = steps.iter().any(|step| *step > 0.0) || steps.is_empty();
    rises && falls * 50 <= steps.len()
}
