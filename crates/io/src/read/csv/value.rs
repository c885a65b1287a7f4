//! What one field is.

/// A field's content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A number, or NaN for a missing one.
    Number(f64),
    /// Empty, `NA`, `NaN`, `null`, …
    Missing,
    /// Anything else.
    Text,
}

impl Value {
    /// `decimal_comma`: a comma may stand for the point (the delimiter is another character).
    pub(super) fn of(field: &[u8], decimal_comma: bool) -> Self {
        let field = field.trim_ascii();
        if is_missing(field) {
            return Self::Missing;
        }
        let Ok(text) = std::str::from_utf8(field) else { return Self::Text };
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        let commas = field.iter().filter(|b| **b == b',').count();
        if decimal_comma
            && commas == 1
            && !field.contains(&b'.')
            && let Ok(number) = text.replace(',', ".").parse()
        {
            return Self::Number(number);
        }
        Self::Text
    }
}

fn is_missing(field: &[u8]) -> bool {
    const WORDS: [&[u8]; 9] = [b"", b"na", b"n/a", b"nan", b"-nan", b"null", b"none", b"-", b"?"];
    field.len() <= 4 && WORDS.iter().any(|word| field.eq_ignore_ascii_case(word))
}

/// A field for a message: cut, and with what is not text replaced.
pub(super) fn shown(field: &[u8]) -> String {
    let mut text: String = String::from_utf8_lossy(field.trim_ascii()).chars().take(40).collect();
    if field.len() > 40 {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        for (text, value) in [
            (" 1.5 ", Value::Number(1.5)),
            ("-3e-2", Value::Number(-0.03)),
            ("+7", Value::Number(7.0)),
            ("", Value::Missing),
            ("NA", Value::Missing),
            ("NaN", Value::Missing),
            ("null", Value::Missing),
            ("inf", Value::Number(f64::INFINITY)),
            ("1,5", Value::Text),
            ("12:30", Value::Text),
            ("abc", Value::Text),
        ] {
            assert_eq!(Value::of(text.as_bytes(), false), value, "{text}");
        }
        assert_eq!(Value::of(b"1,5", true), Value::Number(1.5));
        assert_eq!(Value::of(b"1,000,5", true), Value::Text);
        assert_eq!(Value::of(&[0xff, 0xfe], false), Value::Text);
    }
}
