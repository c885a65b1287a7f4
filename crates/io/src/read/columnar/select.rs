//! Selects columns: signals, times and groups.

use super::kinds::{Kind, advice, kind};
use super::table::Table;
use super::values::append;
use crate::read::CsvOptions;
use crate::read::csv::{find, is_named_like_time, rises};
use crate::{Error, Result};
use arrow_schema::Schema;
use std::sync::Arc;

/// Largest number of notes about columns that were left out.
const NOTES: usize = 20;
/// Number of first rows in which an axis must rise.
const ROWS: usize = 200;

/// The selected columns, as indices.
pub(super) struct Choice {
    pub(super) columns: Vec<usize>,
    /// Whether they are lists: a row is a signal.
    pub(super) lists: bool,
    pub(super) time: Option<usize>,
    pub(super) by: Option<usize>,
    pub(super) notes: Vec<String>,
}

/// Selects by the options, or all columns of lists, or all columns of numbers.
pub(super) fn choose(table: &Arc<dyn Table>, options: &CsvOptions) -> Result<Choice> {
    let schema = table.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let one =
        |name: &Option<String>, option| name.as_deref().map(|name| find(&names, name, option)).transpose();
    let time = one(&options.time, "time")?;
    let by = one(&options.by, "by")?;
    if let Some(column) = time.filter(|column| !matches!(of(schema, *column), Kind::Time | Kind::Number)) {
        let reason = format!("column '{}' {}", names[column], advice(schema.field(column).data_type()));
        return Err(Error::argument("time", reason));
    }
    let mut choice = Choice { columns: Vec::new(), lists: false, time, by, notes: Vec::new() };
    if options.columns.is_empty() {
        all(table, &mut choice)?;
    } else {
        choice.columns =
            options.columns.iter().map(|name| find(&names, name, "column")).collect::<Result<_>>()?;
        given(schema, &mut choice)?;
    }
    if choice.lists && choice.time.is_some() {
        let reason = "the samples are in lists, of which a column of times has one time each: give --rate";
        return Err(Error::argument("time", reason));
    }
    Ok(choice)
}

fn of(schema: &Schema, column: usize) -> Kind {
    kind(schema.field(column).data_type())
}

/// Checks columns that the user named.
fn given(schema: &Schema, choice: &mut Choice) -> Result<()> {
    for &column in &choice.columns {
        let field = schema.field(column);
        if !matches!(of(schema, column), Kind::Number | Kind::List) {
            let reason = format!("column '{}' {}", field.name(), advice(field.data_type()));
            return Err(Error::argument("column", reason));
        }
    }
    let lists = choice.columns.iter().filter(|column| of(schema, **column) == Kind::List).count();
    if lists != 0 && lists != choice.columns.len() {
        let reason = "some of the columns have a list per row and others a number: analyse them separately";
        return Err(Error::argument("column", reason));
    }
    choice.lists = lists > 0;
    Ok(())
}

fn all(table: &Arc<dyn Table>, choice: &mut Choice) -> Result<()> {
    let schema = table.schema();
    choice.lists = (0..schema.fields().len())
        .any(|column| Some(column) != choice.by && of(schema, column) == Kind::List);
    let wanted = if choice.lists { Kind::List } else { Kind::Number };
    let used = [choice.time, choice.by];
    let axes = if choice.lists { Vec::new() } else { axes(table, &used)? };
    let mut left_out = 0;
    for (column, field) in schema.fields().iter().enumerate() {
        if used.contains(&Some(column)) {
            continue;
        }
        let found = of(schema, column);
        let why = if axes.contains(&column) {
            match choice.time {
                Some(_) => "looks like a time axis".into(),
                None => "looks like a time axis (--time takes the rate from it, --column analyses it)".into(),
            }
        } else if found == wanted {
            choice.columns.push(column);
            continue;
        } else if found == Kind::Number {
            "has a number per row, not a list (--column analyses it)".into()
        } else {
            advice(field.data_type())
        };
        left_out += 1;
        if left_out <= NOTES {
            choice.notes.push(format!("column '{}' {why} and was left out", field.name()));
        }
    }
    if left_out > NOTES {
        choice.notes.push(format!("{} more columns were left out", left_out - NOTES));
    }
    Ok(())
}

/// Returns the columns of numbers that are named like a time and rise in the first rows.
fn axes(table: &Arc<dyn Table>, used: &[Option<usize>]) -> Result<Vec<usize>> {
    let schema = table.schema();
    let named: Vec<usize> = (0..schema.fields().len())
        .filter(|column| !used.contains(&Some(*column)) && of(schema, *column) == Kind::Number)
        .filter(|column| is_named_like_time(schema.field(*column).name()))
        .collect();
    // The rows of a stream cannot be inspected and read again: there the name decides.
    if named.is_empty() || table.rows().is_none() {
        return Ok(named);
    }
    let Some(batch) = Arc::clone(table).scan(&named, 0)?.next()? else { return Ok(named) };
    let rows = batch.num_rows().min(ROWS);
    let rising = |array: &arrow_array::ArrayRef| {
        let mut values: Vec<f64> = Vec::new();
        append(array, 0, rows, &mut values) && values.iter().all(|v| !v.is_nan()) && rises(&values)
    };
    let axes = named.iter().zip(batch.columns()).filter(|(_, array)| rising(array));
    Ok(axes.map(|(column, _)| *column).collect())
}
