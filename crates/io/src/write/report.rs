//! The interface by which a result is written in every format.

use super::npy::NamedArray;
use serde::Serialize;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text, quoted if the format requires it.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A number: exact in CSV, rounded in tables.
    Real(f64),
    /// No value.
    Empty,
}

impl From<f64> for Cell<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Option<f64>> for Cell<'_> {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Real)
    }
}

impl From<usize> for Cell<'_> {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

/// Type of a column's values; any of them may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts.
    Text,
    /// Whole numbers.
    Int,
    /// Numbers.
    Real,
}

/// One column of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in CSV: the JSON field's name.
    pub name: &'static str,
    /// Unit, shown in the table's heading.
    pub unit: String,
    /// Whether the table shows it; values that are in the caption are not repeated.
    pub in_table: bool,
    /// Type of its values.
    pub kind: ColumnKind,
    /// Distance between values that the table must distinguish; if unknown, five digits are shown.
    pub step: Option<f64>,
}

impl Column {
    /// Creates a column of texts that the table shows.
    pub fn text(name: &'static str) -> Self {
        Self { kind: ColumnKind::Text, ..Self::new(name, "") }
    }

    /// Creates a column of whole numbers that the table shows.
    pub fn int(name: &'static str) -> Self {
        Self { kind: ColumnKind::Int, ..Self::new(name, "") }
    }

    /// Creates a column of numbers that the table shows.
    pub fn new(name: &'static str, unit: impl Into<String>) -> Self {
        Self { name, unit: unit.into(), in_table: true, kind: ColumnKind::Real, step: None }
    }

    /// Sets the distance between values that the table must distinguish.
    #[must_use]
    pub fn with_step(mut self, step: f64) -> Self {
        self.step = (step.is_finite() && step > 0.0).then_some(step);
        self
    }

    /// Hides the column from the table if `hidden`.
    #[must_use]
    pub fn hidden_if(mut self, hidden: bool) -> Self {
        self.in_table = !hidden;
        self
    }
}

/// A result that can be written in every [`Format`](super::Format).
///
/// Its JSON is its `serde` form; the other formats use these methods.
pub trait Report: Serialize {
    /// Returns the lines of the caption: source, parameters (defaults are marked) and notes.
    fn caption(&self) -> Vec<String>;

    /// Returns the parameters as JSON, for the metadata of a columnar file.
    fn parameters(&self) -> Option<String> {
        None
    }

    /// Returns the columns of [`rows`](Self::rows), `source` and `channel` first.
    fn columns(&self) -> Vec<Column>;

    /// Calls `row` once per peak, bin or cell, with one cell per column.
    ///
    /// # Errors
    /// The first error of `row`.
    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> super::Result<()>) -> super::Result<()>;

    /// Returns the arrays for NPY and NPZ, the main one first.
    fn arrays(&self) -> Vec<NamedArray<'_>>;
}
