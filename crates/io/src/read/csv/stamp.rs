//! Timestamps in the ways that tables write them.

use super::value::Value;
use csv::ByteRecord;

/// How a column of timestamps is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Numbers; the unit of time is theirs (seconds, for a rate in Hz).
    Number,
    /// `YYYYMMDD`.
    Digits,
    /// ISO 8601: `YYYY-MM-DD`, with `T` or a blank `HH:MM`, `:SS`, `.fff`, and `Z` or `±HH:MM`.
    Iso,
}

/// A date or a date with time, in seconds since 1970, and its step of writing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Instant {
    pub(super) seconds: f64,
    pub(super) step: f64,
}

impl Stamp {
    /// The kind of date that a field is; numbers are none.
    pub(super) fn of(field: &[u8]) -> Option<Self> {
        iso(std::str::from_utf8(field).ok()?.trim()).map(|_| Self::Iso)
    }

    /// The kind that fits a column's first rows.
    pub(super) fn of_column(rows: &[ByteRecord], column: usize) -> Self {
        let fields = || rows.iter().filter_map(|row| row.get(column)).map(<[u8]>::trim_ascii);
        if fields().next().is_some() && fields().all(|field| digits(field).is_some()) {
            Self::Digits
        } else if fields().any(|field| Self::of(field).is_some()) {
            Self::Iso
        } else {
            Self::Number
        }
    }

    pub(super) fn parse(self, field: &[u8], decimal_comma: bool) -> Option<Instant> {
        match self {
            Self::Digits => digits(field.trim_ascii()),
            Self::Iso => iso(std::str::from_utf8(field).ok()?.trim()),
            Self::Number => match Value::of(field, decimal_comma) {
                Value::Number(seconds) if seconds.is_finite() => {
                    Some(Instant { seconds, step: step_of(field) })
                }
                _ => None,
            },
        }
    }
}

/// Unit of the last written digit.
fn step_of(field: &[u8]) -> f64 {
    let field = field.trim_ascii();
    let (mantissa, exponent) = match field.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (
            &field[..at],
            std::str::from_utf8(&field[at + 1..]).ok().and_then(|t| t.parse().ok()).unwrap_or(0),
        ),
        None => (field, 0i32),
    };
    let decimals =
        mantissa.iter().rposition(|b| matches!(b, b'.' | b',')).map_or(0, |at| mantissa.len() - at - 1);
    if decimals == 0 && exponent == 0 {
        // Whole numbers are not rounded ones.
        return 0.0;
    }
    10f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)))
}

fn number(text: &str, len: usize) -> Option<u32> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Days from 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let (year, month, day) = (i64::from(year) - i64::from(month <= 2), i64::from(month), i64::from(day));
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn digits(field: &[u8]) -> Option<Instant> {
    let text = std::str::from_utf8(field).ok()?;
    number(text, 8)?;
    let (year, month, day) = (number(&text[..4], 4)?, number(&text[4..6], 2)?, number(&text[6..], 2)?);
    let seconds = days(year, month, day)? as f64 * 86_400.0;
    (1500..=2500).contains(&year).then_some(Instant { seconds, step: 0.0 })
}

fn iso(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let dashed = bytes.get(4).zip(bytes.get(7)) == Some((&b'-', &b'-'))
        || bytes.get(4).zip(bytes.get(7)) == Some((&b'/', &b'/'));
    if !text.is_ascii() || !dashed {
        return None;
    }
    let date = days(number(&text[..4], 4)?, number(&text[5..7], 2)?, number(text.get(8..10)?, 2)?)? as f64
        * 86_400.0;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(Instant { seconds: date, step: 0.0 });
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = zone(clock)?;
    let mut parts = clock.splitn(3, ':');
    let (hours, minutes) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (mut seconds, mut step) = (0.0, 0.0);
    if let Some(text) = parts.next() {
        let text = text.replace(',', ".");
        number(text.split('.').next()?, 2)?;
        seconds = text.parse::<f64>().ok()?;
        step = step_of(text.as_bytes());
    }
    if hours > 24 || minutes > 59 || seconds >= 61.0 {
        return None;
    }
    let of_day = f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds - offset;
    Some(Instant { seconds: date + of_day, step })
}

/// The clock without its zone, and the zone's seconds ahead of UTC.
fn zone(clock: &str) -> Option<(&str, f64)> {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return Some((clock.trim_end(), 0.0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0.0)) };
    let (clock, zone) = clock.split_at(at);
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    let seconds = match digits.len() {
        2 => f64::from(number(&digits, 2)?) * 3600.0,
        4 => f64::from(number(&digits[..2], 2)?) * 3600.0 + f64::from(number(&digits[2..], 2)?) * 60.0,
        _ => return None,
    };
    Some((clock.trim_end(), if zone.starts_with('-') { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let of = |text: &str| iso(text).map(|i| i.seconds);
        assert_eq!(of("1970-01-01"), Some(0.0));
        assert_eq!(of("2000-03-01T00:00:00Z"), Some(951_868_800.0));
        assert_eq!(of("2000-03-01 01:00:00.5+01:00"), Some(951_868_800.5));
        assert_eq!(of("1969-12-31 23:59"), Some(-60.0));
        for bad in [
            "2001-02-29",
            "2000-13-01",
            "2000-1-1",
            "12:30",
            "2000-01-01T",
            "2000-01-01X10:00",
            "2000-01-01T10:00:",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(digits(b"19580329").map(|i| i.seconds), Some(-4296.0 * 86_400.0));
        assert_eq!(digits(b"19580431"), None);
    }

    #[test]
    fn rounding_of_digits() {
        assert_eq!(step_of(b"0.125"), 1e-3);
        assert_eq!(step_of(b"12"), 0.0);
        assert!((step_of(b"1.25e-3") / 1e-5 - 1.0).abs() < 1e-12);
    }
}
