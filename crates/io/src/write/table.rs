//! Aligned columns for people.

use super::{Cell, Column, Report, Result, escaped, rounded};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// A table under construction: its first part has caption and heading, and later parts go on below it.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Widths of the columns so far; empty before the first part.
    widths: Vec<usize>,
}

impl Table {
    /// Writes the caption (dimmed, behind `# `), the heading (bold) and the rows; only the rows of a later part.
    pub(super) fn write<R: Report>(
        &mut self,
        out: &mut dyn Write,
        report: &R,
        colour: bool,
        wrap: &dyn Fn(io::Error) -> super::Error,
    ) -> Result<()> {
        let columns = report.columns();
        let shown: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].in_table).collect();
        let mut grid = Grid::new(shown.iter().map(|&i| heading(&columns[i])).collect());
        let first = self.widths.is_empty();
        for (width, before) in grid.widths.iter_mut().zip(&self.widths) {
            *width = (*width).max(*before);
        }
        report.rows(&mut |cells| {
            grid.push(shown.iter().map(|&i| text(&cells[i], &columns[i])));
            Ok(())
        })?;
        self.widths.clone_from(&grid.widths);
        if first { grid.begin(out, &report.caption(), colour) } else { Ok(()) }
            .and_then(|()| grid.rows(out))
            .map_err(wrap)
    }
}

fn heading(column: &Column) -> String {
    let name = match column.name {
        // The unit column says these already.
        "level_db" => "level",
        "prominence_db" => "prominence",
        "t_start_s" => "from",
        "t_end_s" => "to",
        "t_s" => "time",
        other => other,
    };
    if column.unit.is_empty() { name.into() } else { format!("{name} [{}]", escaped(&column.unit)) }
}

/// Returns a cell's text, and whether it is a number: those are aligned on the right.
fn text(cell: &Cell<'_>, column: &Column) -> (String, bool) {
    match *cell {
        Cell::Text(text) => (escaped(text).into_owned(), false),
        Cell::Int(value) => (value.to_string(), true),
        Cell::Real(value) if column.name.ends_with("_db") => (format!("{value:.2}"), true),
        Cell::Real(value) => (rounded(value, column.step), true),
        Cell::Empty => ("-".into(), false),
    }
}

/// Texts with the width of each column.
struct Grid {
    heading: Vec<String>,
    widths: Vec<usize>,
    rows: Vec<Vec<(String, bool)>>,
}

impl Grid {
    fn new(heading: Vec<String>) -> Self {
        let widths = heading.iter().map(|h| h.width()).collect();
        Self { heading, widths, rows: Vec::new() }
    }

    fn push(&mut self, cells: impl Iterator<Item = (String, bool)>) {
        let row: Vec<_> = cells.collect();
        for (width, (cell, _)) in self.widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.width());
        }
        self.rows.push(row);
    }

    /// Returns which columns hold numbers.
    fn right(&self) -> Vec<bool> {
        (0..self.heading.len()).map(|i| self.rows.iter().any(|row| row[i].1)).collect()
    }

    fn begin(&self, out: &mut dyn Write, caption: &[String], colour: bool) -> io::Result<()> {
        let (dim, bold, reset) = if colour { (DIM, BOLD, RESET) } else { ("", "", "") };
        for line in caption {
            writeln!(out, "{dim}# {}{reset}", escaped(line))?;
        }
        out.write_all(bold.as_bytes())?;
        self.line(out, self.heading.iter(), &self.right())?;
        out.write_all(reset.as_bytes())
    }

    fn rows(&self, out: &mut dyn Write) -> io::Result<()> {
        let right = self.right();
        self.rows.iter().try_for_each(|row| self.line(out, row.iter().map(|(cell, _)| cell), &right))
    }

    fn line<'a>(
        &self,
        out: &mut dyn Write,
        cells: impl Iterator<Item = &'a String>,
        right: &[bool],
    ) -> io::Result<()> {
        let mut line = String::new();
        for ((cell, right), &width) in cells.zip(right).zip(&self.widths) {
            let padding = " ".repeat(width - cell.width());
            let (before, after) = if *right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.push_str("  ");
            line.push_str(before);
            line.push_str(cell);
            line.push_str(after);
        }
        writeln!(out, "{}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut grid = Grid::new(vec!["name".into(), "x".into()]);
        grid.push([("µV²".into(), false), ("1.5".into(), true)].into_iter());
        grid.push([("longer".into(), false), ("10.25".into(), true)].into_iter());
        let mut out = Vec::new();
        grid.begin(&mut out, &[], false).unwrap();
        grid.rows(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  name        x\n  µV²       1.5\n  longer  10.25\n");
    }
}
