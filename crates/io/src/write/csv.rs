//! Comma-separated values (RFC 4180 quoting, `\n` line ends).

use super::{Cell, Report, Result, escaped};
use std::io::{self, Write};

/// Writes the header line.
pub(super) fn header(out: &mut dyn Write, report: &dyn Fn() -> Vec<super::Column>) -> io::Result<()> {
    let names: Vec<_> = report().iter().map(|c| c.name).collect();
    writeln!(out, "{}", names.join(","))
}

/// Writes one line per row. `wrap` gives errors the name of the target.
pub(super) fn rows<R: Report>(
    out: &mut dyn Write,
    report: &R,
    safe: bool,
    wrap: &dyn Fn(io::Error) -> super::Error,
) -> Result<()> {
    report.rows(&mut |cells| line(out, cells, safe).map_err(wrap))
}

fn line(out: &mut dyn Write, cells: &[Cell<'_>], safe: bool) -> io::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        match cell {
            Cell::Text(text) if safe => field(out, &harmless(text))?,
            Cell::Text(text) => field(out, text)?,
            Cell::Int(value) => write!(out, "{value}")?,
            // The shortest text that reads back as the same number; exponents only for very small and very large
            // values.
            Cell::Real(value) if *value == 0.0 || (1e-4..1e15).contains(&value.abs()) => {
                write!(out, "{value}")?;
            }
            Cell::Real(value) if value.is_finite() => write!(out, "{value:e}")?,
            // Spreadsheets and data frames read an empty field as missing.
            Cell::Real(value) if value.is_nan() => {}
            Cell::Real(value) => out.write_all(if *value > 0.0 { b"inf" } else { b"-inf" })?,
            Cell::Empty => {}
        }
    }
    out.write_all(b"\n")
}

/// Returns a text that spreadsheets do not treat as a formula: an apostrophe, which marks text, is put before formula
/// characters. Control characters are escaped.
fn harmless(text: &str) -> String {
    let text = escaped(text);
    let formula = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if text.trim_start().starts_with(formula) { format!("'{text}") } else { text.into_owned() }
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
    fn formulas_become_texts_where_that_is_asked_for() {
        for (text, plain, safe) in [
            ("=1+1", "=1+1", "'=1+1"),
            ("@SUM(A1)", "@SUM(A1)", "'@SUM(A1)"),
            ("-2,x", "\"-2,x\"", "\"'-2,x\""),
            (" +cmd|' /C calc'!A0", " +cmd|' /C calc'!A0", "' +cmd|' /C calc'!A0"),
            ("Fp1-A2", "Fp1-A2", "Fp1-A2"),
            ("\t=1", "\t=1", "\\t=1"),
        ] {
            for (safe, want) in [(false, plain), (true, safe)] {
                let mut out = Vec::new();
                line(&mut out, &[Cell::Text(text), Cell::Real(-1.0)], safe).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), format!("{want},-1\n"));
            }
        }
    }

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
        line(&mut out, &cells, false).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a,\"\"b\"\"\",-3,0.1,1.25e-20,,\n");
    }
}
