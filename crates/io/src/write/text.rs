//! Escapes untrusted text for display.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns `text` with an escape (`
/// `, `\u{1b}`) for every character that would control a terminal, forge lines or change the reading direction.
///
/// Names of channels, units and files are untrusted. Escaped are control characters (C0, DEL, C1), line and paragraph
/// separators, direction marks, and characters that XML cannot represent.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if acts(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Returns whether a character must be escaped.
pub(super) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Direction marks, embeddings and overrides, isolates; zero-width and invisible characters.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            // Line and paragraph separators, annotations, noncharacters, tags.
            | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_and_everything_else_stays() {
        for plain in ["", "Fp1", "µV²/Hz", "Größe 温度 ☃ é", "a\\b \"<&>\" = 1", "e\u{301}"] {
            assert!(matches!(escaped(plain), Cow::Borrowed(text) if text == plain));
        }
        for (raw, shown) in [
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("\x1b]0;x\x07", "\\u{1b}]0;x\\u{7}"),
            ("one\ntwo\r\tthree", "one\\ntwo\\r\\tthree"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("\u{0}\u{ffff}\u{2028}", "\\u{0}\\u{ffff}\\u{2028}"),
        ] {
            assert_eq!(escaped(raw), shown);
            assert!(!escaped(raw).contains(acts));
        }
    }
}
