//! Readable JSON: one field of an object per line, arrays of numbers on one line.

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// `value` as indented JSON without a final line end.
pub(super) fn pretty<T: Serialize>(value: &T) -> io::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Layout::default()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// `value` on one line without a line end.
pub(super) fn compact<T: Serialize>(value: &T) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// Breaks lines between fields and before an object in an array, nowhere else.
#[derive(Default)]
struct Layout {
    depth: usize,
    /// For each open object or array: whether it is an array, and whether it broke a line.
    open: Vec<(bool, bool)>,
}

impl Layout {
    fn indent<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let (is_array, broke) = self.open.pop().unwrap_or_default();
        if !is_array || broke {
            self.depth -= 1;
        }
        if broke {
            self.indent(out)?;
        }
        out.write_all(bracket)
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open.push((true, false));
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if let Some((true, broke)) = self.open.last_mut() {
            if !*broke {
                *broke = true;
                self.depth += 1;
            }
            self.indent(out)?;
        }
        self.open.push((false, false));
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if let Some((_, broke)) = self.open.last_mut() {
            *broke = true;
        }
        if !first {
            out.write_all(b",")?;
        }
        self.indent(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn layout_is_readable_and_parses_back() {
        let value = json!({"a": [1, 2, 3], "b": [{"x": 1}, {"x": []}], "c": {}, "d": [[1, 2], [3]]});
        let text = pretty(&value).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(text.contains("\"a\": [1,2,3],\n"), "{text}");
        assert!(text.contains("\"d\": [[1,2],[3]]"), "{text}");
        assert!(text.ends_with('}') && text.contains("\n    {\n      \"x\": 1\n    }"), "{text}");
    }

    #[test]
    fn non_finite_numbers_are_null() {
        assert_eq!(compact(&vec![f64::NAN, f64::INFINITY, 1.0]).unwrap(), "[null,null,1.0]");
    }
}
