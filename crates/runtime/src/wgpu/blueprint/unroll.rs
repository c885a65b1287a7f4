//! Constants of a shader, and unrolling of loops of constant length.
//!
//! A loop over registers must be unrolled, otherwise the registers become memory. Compilers usually do so; here it is
//! certain. The files remain valid WGSL: `for (var m = 0u; m < R; m++) { // unroll` is expanded, every other loop is
//! unchanged.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::error::{Error, Result};

/// Names and values of a shader's `u32` constants.
pub(super) type Constants = BTreeMap<&'static str, u32>;

const MARK: &str = "// unroll";

/// Returns the text with every marked loop unrolled: each iteration is a block with the loop variable as a constant.
pub(super) fn unroll(text: &str, constants: &Constants) -> Result<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len() * 4);
    expand(&lines, constants, &mut out)?;
    Ok(out)
}

fn expand(lines: &[&str], constants: &Constants, out: &mut String) -> Result<()> {
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if !line.trim_end().ends_with(MARK) {
            out.push_str(line);
            out.push('\n');
            at += 1;
            continue;
        }
        let wrong = || Error::unsupported(format!("a shader's loop cannot be unrolled: {}", line.trim()));
        let (name, turns) = header(line, constants).ok_or_else(wrong)?;
        let indent = &line[..line.len() - line.trim_start().len()];
        let close = format!("{indent}}}");
        let end = lines[at..].iter().position(|l| **l == close).ok_or_else(wrong)? + at;
        for turn in turns {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{indent}{{\n{indent}    const {name} = {turn}u;");
            expand(&lines[at + 1..end], constants, out)?;
            let _ = writeln!(out, "{close}");
        }
        at = end + 1;
    }
    Ok(())
}

/// `for (var NAME = FROM; NAME < TO; NAME++) { // unroll`
fn header<'a>(line: &'a str, constants: &Constants) -> Option<(&'a str, std::ops::Range<u32>)> {
    let inside = line.trim_start().strip_prefix("for (var ")?.split_once(") {")?.0;
    let mut parts = inside.split("; ");
    let (name, from) = parts.next()?.split_once(" = ")?;
    let to = parts.next()?.strip_prefix(name)?.strip_prefix(" < ")?;
    (parts.next()? == format!("{name}++")).then_some((name, value(from, constants)?..value(to, constants)?))
}

/// Evaluates constants and literals joined by `/`, from left to right.
fn value(text: &str, constants: &Constants) -> Option<u32> {
    let term = |t: &str| {
        let t = t.trim();
        constants.get(t).copied().or_else(|| t.strip_suffix('u')?.parse().ok())
    };
    let mut terms = text.split('/').map(term);
    let first = terms.next()??;
    terms.try_fold(first, |a, b| a.checked_div(b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_written_out_and_nested_ones_too() {
        let text = "for (var i = 1u; i < R / 2u; i++) { // unroll\n    a[i] = 0;\n    for (var q = 0u; q < 2u; q++) { // unroll\n        b;\n    }\n}\nfor (;;) {\n}\n";
        let out = unroll(text, &Constants::from([("R", 6)])).unwrap();
        assert_eq!(out.matches("a[i] = 0;").count(), 2);
        assert_eq!(out.matches("b;").count(), 4);
        assert!(
            out.contains("const i = 1u;") && out.contains("const i = 2u;") && !out.contains("const i = 0u;")
        );
        assert!(out.ends_with("for (;;) {\n}\n"));
        assert!(unroll("for (var i = 0u; i < Q; i++) { // unroll\n}\n", &Constants::new()).is_err());
    }
}
