//! Information in the lines before a table.

use super::value::shown;

/// Returns the delimiter of a first line `sep=;`, which spreadsheets understand.
pub(super) fn declared_delimiter(text: &[u8]) -> Option<u8> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let line = text.split(|b| matches!(b, b'\n' | b'\r')).next()?;
    let line = match line {
        [b'"', inner @ .., b'"'] => inner,
        line => line,
    };
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// Returns the sample rate that a line before line `end` states, in Hz, and that line.
pub(super) fn rate(text: &[u8], end: u64) -> Option<(f64, String)> {
    const KEYS: [&str; 8] = [
        "sample rate",
        "sampling rate",
        "sample_rate",
        "samplerate",
        "sampling frequency",
        "sampling_frequency",
        "sample frequency",
        "abtastrate",
    ];
    let lines =
        text.split(|b| *b == b'\n').take(usize::try_from(end.saturating_sub(1)).unwrap_or(usize::MAX));
    for line in lines {
        let lower = String::from_utf8_lossy(line).to_lowercase();
        let Some(rest) = KEYS.iter().find_map(|key| lower.split_once(key)).map(|(_, rest)| rest) else {
            continue;
        };
        let unit_before =
            rest.split_once([')', ']']).filter(|(unit, _)| unit.trim_start().starts_with(['(', '[']));
        let after = unit_before.map_or(rest, |(_, after)| after);
        let number = after.trim_start_matches([' ', '=', ':', ',', ';', '\t', '"']);
        let len =
            number.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e'))).unwrap_or(number.len());
        let Some(value) = number.get(..len).and_then(|digits| digits.parse::<f64>().ok()) else { continue };
        let unit = unit_before.map_or(&number[len..], |(unit, _)| unit);
        let unit = unit.trim_start_matches([' ', '(', '[', '"', ',', ';', '\t']);
        let factor = if unit.starts_with("khz") || unit.starts_with("ks/s") {
            1e3
        } else if unit.starts_with("mhz") || unit.starts_with("ms/s") {
            1e6
        } else {
            1.0
        };
        if value > 0.0 {
            return Some((value * factor, shown(line)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_in_lines() {
        let of = |text: &str| rate(text.as_bytes(), 9).map(|(rate, _)| rate);
        assert_eq!(of("%Sample Rate = 250 Hz\n"), Some(250.0));
        assert_eq!(of("x\nSampling frequency (kHz);2.5\n"), Some(2500.0));
        assert_eq!(of("# sample_rate: 1e3"), Some(1000.0));
        assert_eq!(of("\"Sample Rate\",\"48 kHz\""), Some(48_000.0));
        assert_eq!(of("Sample rate: unknown"), None);
        assert_eq!(rate(b"a\nSample Rate: 5\n", 2), None);
    }

    #[test]
    fn delimiters_by_declaration() {
        assert_eq!(declared_delimiter(b"sep=;\r\na;b"), Some(b';'));
        assert_eq!(declared_delimiter(b"\xef\xbb\xbf\"SEP=\t\"\n"), Some(b'\t'));
        assert_eq!(declared_delimiter(b"sep=;;\n"), None);
        assert_eq!(declared_delimiter(b"time,x\n"), None);
    }
}
