//! Parses one field.

/// A field's content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A number, or NaN for a missing one.
    Number(f64),
    /// Empty, `NA`, `NaN`, `null`, a spreadsheet's error, …
    Missing,
    /// Anything else.
    Text,
}

/// Meaning of a comma inside a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comma {
    /// It separates whole from fraction; points group thousands.
    Decimal,
    /// It groups thousands.
    Thousands,
    /// Ambiguous: such fields are not numbers.
    Unclear,
}

/// Results that spreadsheets write for a failed formula, in English and German.
const ERRORS: [&str; 22] = [
    "#N/A N/A",
    "#N/A",
    "#NA",
    "#NUM!",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NAME?",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BUSY!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    "#GETTING_DATA",
    "#NV",
    "#WERT!",
    "#ZAHL!",
    "#BEZUG!",
    "#NULL",
];

impl Value {
    pub(super) fn of(field: &[u8], comma: Comma) -> Self {
        let field = field.trim_ascii();
        if is_missing(field) {
            return Self::Missing;
        }
        let Ok(text) = std::str::from_utf8(field) else { return Self::Text };
        if let Ok(number) = text.parse() {
            return Self::Number(number);
        }
        if !field.contains(&b',') {
            return Self::Text;
        }
        with_comma(text, comma).and_then(|text| text.parse().ok()).map_or(Self::Text, Self::Number)
    }
}

/// Returns the number with a point and without groups.
fn with_comma(text: &str, comma: Comma) -> Option<String> {
    let (decimal, group) = match comma {
        Comma::Decimal => (',', '.'),
        Comma::Thousands => ('.', ','),
        Comma::Unclear => return None,
    };
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|rest| rest.contains([',', '.'])) {
        return None;
    }
    let digits = whole.trim_start_matches(['+', '-']);
    let mut groups = digits.split(group);
    let grouped = digits.contains(group);
    let first_fits = groups.next().is_some_and(|first| !grouped || (1..=3).contains(&first.len()));
    if !first_fits || !groups.all(|part| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let whole = whole.replace(group, "");
    Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// Determines the meaning of commas from sample fields. `delimits`: the comma separates fields, so only quoted fields
/// contain one.
pub(super) fn comma_of<'a>(fields: impl Iterator<Item = &'a [u8]>, delimits: bool) -> Comma {
    let mut found = if delimits { Comma::Unclear } else { Comma::Decimal };
    for field in fields.filter(|field| field.contains(&b',')) {
        let field = field.trim_ascii();
        let numeric =
            field.iter().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.' | b'+' | b'-' | b'e' | b'E'));
        let Some(last) = field.iter().rposition(|b| *b == b',').filter(|_| numeric) else { continue };
        let count = field.iter().filter(|b| **b == b',').count();
        let after = field[last + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let point = field.iter().position(|b| *b == b'.');
        if count > 1 || point.is_some_and(|point| point > last) {
            return Comma::Thousands;
        }
        if point.is_some() || after != 3 || last == 0 || field[..last].ends_with(b"0") && last == 1 {
            found = Comma::Decimal;
        }
    }
    found
}

fn is_missing(field: &[u8]) -> bool {
    const WORDS: [&[u8]; 10] = [b"", b"na", b"n/a", b"nan", b"-nan", b"null", b"none", b"-", b"--", b"?"];
    match field.first() {
        Some(b'#') => is_error(field),
        _ => field.len() <= 4 && WORDS.iter().any(|word| field.eq_ignore_ascii_case(word)),
    }
}

/// Returns whether a field is a spreadsheet's error.
fn is_error(field: &[u8]) -> bool {
    ERRORS.iter().any(|error| field.eq_ignore_ascii_case(error.as_bytes()))
}

/// Returns whether a line that begins with `#` begins with a spreadsheet's error rather than being a comment.
pub(super) fn begins_with_error(line: &[u8], delimiter: u8) -> bool {
    let end = match delimiter {
        b' ' => line.iter().position(|b| matches!(b, b' ' | b'\t')),
        _ => line.iter().position(|b| *b == delimiter),
    };
    is_error(line[..end.unwrap_or(line.len())].trim_ascii())
}

/// Returns a field for a message: shortened, with non-text bytes replaced.
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
            ("#N/A", Value::Missing),
            ("#div/0!", Value::Missing),
            ("#1", Value::Text),
            ("inf", Value::Number(f64::INFINITY)),
            ("1,5", Value::Text),
            ("12:30", Value::Text),
            ("abc", Value::Text),
        ] {
            assert_eq!(Value::of(text.as_bytes(), Comma::Unclear), value, "{text}");
        }
        for (text, comma, value) in [
            ("1,5", Comma::Decimal, Value::Number(1.5)),
            ("-1.234.567,5", Comma::Decimal, Value::Number(-1_234_567.5)),
            ("1,5e3", Comma::Decimal, Value::Number(1500.0)),
            ("1,000,5", Comma::Decimal, Value::Text),
            ("1,234", Comma::Thousands, Value::Number(1234.0)),
            ("1,234.5", Comma::Thousands, Value::Number(1234.5)),
            ("1,23", Comma::Thousands, Value::Text),
            ("12345,678", Comma::Thousands, Value::Text),
        ] {
            assert_eq!(Value::of(text.as_bytes(), comma), value, "{text}");
        }
        assert_eq!(Value::of(&[0xff, 0xfe], Comma::Decimal), Value::Text);
    }

    #[test]
    fn commas_tell_what_they_are() {
        let of = |fields: &[&str], delimits| comma_of(fields.iter().map(|f| f.as_bytes()), delimits);
        assert_eq!(of(&["1,5", "2,25"], true), Comma::Decimal);
        assert_eq!(of(&["0,123", "0,456"], true), Comma::Decimal);
        assert_eq!(of(&["1,234", "2,345"], true), Comma::Unclear);
        assert_eq!(of(&["1,234", "2,345"], false), Comma::Decimal);
        assert_eq!(of(&["1,234.5"], true), Comma::Thousands);
        assert_eq!(of(&["1,234.5"], false), Comma::Thousands);
        assert_eq!(of(&["1.234,5"], true), Comma::Decimal);
        assert_eq!(of(&["Smith, John"], true), Comma::Unclear);
    }
}
