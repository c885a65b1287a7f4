//! Comma-separated values (RFC 4180 quoting, `\n` line ends).

use super::{Cell, Report, Result};
use std::io::{self, Write};

/// Writes the names of the columns.
pub(super) fn header(out: &mut dyn Write, report: &dyn Fn() -> Vec<super::Column>) -> io::Result<()> {
    let names: Vec<_> = report().iter().map(|c| c.name).collect();
    writeln!(out, "{}", names.join(","))
}

/// Writes one line a row. `wrap` gives errors the name of the target.
pub(super) fn rows<R: Report>(
    out: &mut dyn Write,
    report: &R,
    wrap: &dyn Fn(io::Error) -> super::Error,
) -> Result<()> {
    report.rows(&mut |cells| line(out, cells).map_err(wrap))
}

fn line(out: &mut dyn Write, cells: &[Cell<'_>]) -> io::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        match cell {
            Cell::Text(text) => field(out, text)?,
            Cell::Int(value) => write!(out, "{value}")?,
            // The shortest text that reads back as the same number; exponents only where they help.
            Cell::Real(value) if *value == 0.0 || (1e-4..1e15).contains(&value.abs()) => {
                write!(out, "{value}")?;
            }
            Cell::Real(value) if value.is_finite() => write!(out, "{value:e}")?,
            Cell::Real(value) if value.is_nan() => out.write_all(b"nan")?,
            Cell::Real(value) => out.write_all(if *value > 0.0 { b"inf" } else { b"-inf" })?,
            Cell::Empty => {}
        }
    }
    out.write_all(b"\n")
}

fn field(out: &mut dyn Write, text: &str) -> io::Result<()> {
    if text.contains([',', '"', '\n', '\r']) {
        write!(out, "\"{}\"", text.replace('"', "\"\""))
    } else {
        out.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_needs_it_and_keeps_numbers_whole() {
        let mut out = Vec::new();
        let cells = [
            Cell::Text("a,\"b\""),
            Cell::Int(-3),
            Cell::Real(0.1),
            Cell::Real(1.25e-20),
            Cell::Real(f64::NAN),
            Cell::Empty,
        ];
        line(&mut out, &cells).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a,\"\"b\"\"\",-3,0.1,1.25e-20,nan,\n");
    }
}
