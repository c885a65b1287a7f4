//! What a result must tell about itself to be written in every format.

use super::npy::NamedArray;
use serde::Serialize;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text, quoted where the format needs it.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A number: in full in CSV, rounded in tables.
    Real(f64),
    /// Nothing is known.
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

/// One column of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in CSV: the JSON field's name.
    pub name: &'static str,
    /// Unit, shown in the table's heading.
    pub unit: String,
    /// Whether the table shows it: what the caption says already, it does not.
    pub in_table: bool,
    /// Distance between values that the table tells apart; five digits are shown where it is unknown.
    pub step: Option<f64>,
}

impl Column {
    /// Creates a column that the table shows.
    pub fn new(name: &'static str, unit: impl Into<String>) -> Self {
        Self { name, unit: unit.into(), in_table: true, step: None }
    }

    /// Values this far apart are told apart in the table.
    #[must_use]
    pub fn with_step(mut self, step: f64) -> Self {
        self.step = (step.is_finite() && step > 0.0).then_some(step);
        self
    }

    /// Hides the column from the table where `hidden`.
    #[must_use]
    pub fn hidden_if(mut self, hidden: bool) -> Self {
        self.in_table = !hidden;
        self
    }
}

/// A result that can be written in every [`Format`](super::Format).
///
/// Its JSON is its `serde` form; the other formats are built from what these methods give.
pub trait Report: Serialize {
    /// What was done to what, a line each; what was chosen by default says so.
    fn caption(&self) -> Vec<String>;

    /// Columns of [`rows`](Self::rows), `source` and `channel` first.
    fn columns(&self) -> Vec<Column>;

    /// Calls `row` once a peak, bin or cell, with one cell per column.
    ///
    /// # Errors
    /// The first error of `row`.
    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> super::Result<()>) -> super::Result<()>;

    /// Arrays for NPY and NPZ, the main one first.
    fn arrays(&self) -> Vec<NamedArray<'_>>;
}
