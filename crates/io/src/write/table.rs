//! Aligned columns for people.

use super::{Cell, Column, Report, Result};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Writes the caption (dimmed, behind `# `), the heading (bold) and the rows.
pub(super) fn write<R: Report>(
    out: &mut dyn Write,
    report: &R,
    colour: bool,
    wrap: &dyn Fn(io::Error) -> super::Error,
) -> Result<()> {
    let columns = report.columns();
    let shown: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].in_table).collect();
    let mut grid = Grid::new(shown.iter().map(|&i| heading(&columns[i])).collect());
    report.rows(&mut |cells| {
        grid.push(shown.iter().map(|&i| text(&cells[i], &columns[i])));
        Ok(())
    })?;
    (|| {
        for line in report.caption() {
            if colour {
                writeln!(out, "{DIM}# {line}{RESET}")?;
            } else {
                writeln!(out, "# {line}")?;
            }
        }
        grid.write(out, colour)
    })()
    .map_err(wrap)
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
    if column.unit.is_empty() { name.into() } else { format!("{name} [{}]", column.unit) }
}

/// A cell's text, and whether it is a number: those are aligned on the right.
fn text(cell: &Cell<'_>, column: &Column) -> (String, bool) {
    match *cell {
        Cell::Text(text) => (text.into(), false),
        Cell::Int(value) => (value.to_string(), true),
        Cell::Real(value) if column.name.ends_with("_db") => (format!("{value:.2}"), true),
        Cell::Real(value) => (rounded(value), true),
        Cell::Empty => ("-".into(), false),
    }
}

/// Five significant digits, as an exponent only where zeros would be counted.
fn rounded(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        format!("{value}")
    } else if (1e-3..1e6).contains(&size) {
        // At most 8 decimals follow: size ≥ 1e-3.
        let decimals = (4 - size.log10().floor() as i32).max(0);
        format!("{value:.*}", usize::try_from(decimals).unwrap_or(0))
    } else {
        format!("{value:.4e}")
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

    fn write(&self, out: &mut dyn Write, colour: bool) -> io::Result<()> {
        let right: Vec<bool> =
            (0..self.heading.len()).map(|i| self.rows.iter().any(|row| row[i].1)).collect();
        if colour {
            out.write_all(BOLD.as_bytes())?;
        }
        self.line(out, self.heading.iter(), &right)?;
        if colour {
            out.write_all(RESET.as_bytes())?;
        }
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
    fn five_digits_whatever_the_size() {
        assert_eq!(rounded(0.977_123_4), "0.97712");
        assert_eq!(rounded(12_345.678), "12346");
        assert_eq!(rounded(1.234_567e-9), "1.2346e-9");
        assert_eq!(rounded(0.0), "0");
        assert_eq!(rounded(f64::NAN), "NaN");
    }

    #[test]
    fn columns_line_up() {
        let mut grid = Grid::new(vec!["name".into(), "x".into()]);
        grid.push([("µV²".into(), false), ("1.5".into(), true)].into_iter());
        grid.push([("longer".into(), false), ("10.25".into(), true)].into_iter());
        let mut out = Vec::new();
        grid.write(&mut out, false).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  name        x\n  µV²       1.5\n  longer  10.25\n");
    }
}
