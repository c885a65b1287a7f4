//! Dates in a format that the user gives: `strptime`'s directives, or an order.

use super::date::{DateOrder, Instant, days, full_year, month};
use crate::{Error, Result};
use std::str::FromStr;

/// Notation of the dates of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat(pub(super) Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `dmy` or `mdy`: order of day and month in a numeric date.
    Order(DateOrder),
    /// `%d/%m/%Y %H:%M:%S`.
    Pattern(Vec<Item>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Directive(char),
    /// Any run of blanks.
    Blank,
    Literal(char),
}

const DIRECTIVES: &str = "YymdeHIMSfpbBhjzsaA";

impl FromStr for DateFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "dmy" => return Ok(Self(Kind::Order(DateOrder::DayMonth))),
            "mdy" => return Ok(Self(Kind::Order(DateOrder::MonthDay))),
            _ => {}
        }
        let bad = |reason: String| Err(Error::argument("date-format", reason));
        if !text.contains('%') {
            return bad(format!("'{text}' is neither dmy, mdy nor a pattern such as %d/%m/%Y %H:%M:%S"));
        }
        let text = text.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d").replace("%R", "%H:%M");
        let mut items = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            items.push(match c {
                '%' => match chars.next() {
                    Some('%') => Item::Literal('%'),
                    Some(d) if DIRECTIVES.contains(d) => Item::Directive(d),
                    other => {
                        let shown = other.map_or(String::new(), String::from);
                        return bad(format!("%{shown} is unknown; supported are {DIRECTIVES}"));
                    }
                },
                c if c.is_whitespace() => Item::Blank,
                c => Item::Literal(c),
            });
        }
        Ok(Self(Kind::Pattern(items)))
    }
}

/// Reads a date by a pattern.
pub(super) fn parse(text: &str, pattern: &[Item]) -> Option<Instant> {
    let mut rest = text.trim();
    let (mut year, mut month_of, mut day, mut of_year) = (None, None, None, None);
    let (mut hours, mut minutes, mut seconds, mut below) = (0u32, 0u32, 0u32, 0.0);
    let (mut step, mut half, mut offset, mut epoch) = (0.0, None, 0.0, None);
    for item in pattern {
        match item {
            Item::Blank => rest = rest.trim_start(),
            Item::Literal(c) => rest = rest.strip_prefix(*c)?,
            Item::Directive(d) => match d {
                'Y' => year = Some(number(&mut rest, 4)?),
                'y' => year = Some(full_year(number(&mut rest, 2)?, 2)),
                'm' => month_of = Some(number(&mut rest, 2)?),
                'd' | 'e' => {
                    rest = rest.trim_start();
                    day = Some(number(&mut rest, 2)?);
                }
                'j' => of_year = Some(number(&mut rest, 3)?),
                'H' | 'I' => (hours, step) = (number(&mut rest, 2)?, 3600.0),
                'M' => (minutes, step) = (number(&mut rest, 2)?, 60.0),
                'S' => (seconds, step) = (number(&mut rest, 2)?, 1.0),
                'f' => {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                    below = format!("0.{}", rest.get(..digits).filter(|d| !d.is_empty())?).parse().ok()?;
                    step = 10f64.powi(-i32::try_from(digits).ok()?);
                    rest = &rest[digits..];
                }
                'p' => {
                    let word = rest.get(..2)?.to_ascii_lowercase();
                    half = Some(match word.as_str() {
                        "am" => 0,
                        "pm" => 12,
                        _ => return None,
                    });
                    rest = &rest[2..];
                }
                'b' | 'B' | 'h' => month_of = Some(month(word(&mut rest))?),
                'a' | 'A' => {
                    word(&mut rest);
                }
                's' => epoch = Some(number(&mut rest, 12).map(f64::from)?),
                _ => offset = zone(&mut rest)?,
            },
        }
    }
    if !rest.trim().is_empty() {
        return None;
    }
    if let Some(seconds) = epoch {
        return Some(Instant { seconds: seconds + below, step, clock_only: false });
    }
    if let Some(half) = half {
        if !(1..=12).contains(&hours) {
            return None;
        }
        hours = hours % 12 + half;
    }
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    let clock = f64::from(hours * 3600 + minutes * 60 + seconds) + below - offset;
    let date = match (year, month_of, day, of_year) {
        (None, None, None, None) => None,
        (year, _, _, Some(of_year)) => {
            Some(days(year.unwrap_or(1970), 1, 1)? + i64::from(of_year.max(1)) - 1)
        }
        (year, month, day, None) => Some(days(year.unwrap_or(1970), month.unwrap_or(1), day.unwrap_or(1))?),
    };
    Some(Instant {
        seconds: date.unwrap_or(0) as f64 * 86_400.0 + clock,
        step: if date.is_some() && step == 0.0 { 0.0 } else { step },
        clock_only: date.is_none(),
    })
}

/// Parses at most `most` digits.
fn number(rest: &mut &str, most: usize) -> Option<u32> {
    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (own, other) = rest.split_at(digits);
    *rest = other;
    own.parse().ok()
}

fn word<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (own, other) = rest.split_at(end);
    *rest = other.strip_prefix('.').unwrap_or(other);
    own
}

/// `Z`, `+0100`, `-03:30`.
fn zone(rest: &mut &str) -> Option<f64> {
    if let Some(other) = rest.strip_prefix(['Z', 'z']) {
        *rest = other;
        return Some(0.0);
    }
    let sign = if rest.starts_with('-') { -1.0 } else { 1.0 };
    *rest = rest.strip_prefix(['+', '-'])?;
    let hours = number(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.starts_with(|c: char| c.is_ascii_digit()) { number(rest, 2)? } else { 0 };
    Some(sign * f64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, seconds) in [
            ("%d/%m/%Y %H:%M:%S", "01/03/2000 00:00:01", 951_868_801.0),
            ("%m/%d/%y %I:%M %p", "03/01/00 12:01 AM", 951_868_860.0),
            ("%Y-%m-%dT%H:%M:%S.%f%z", "2000-03-01T01:00:00.25+01:00", 951_868_800.25),
            ("%j %Y", "061 2000", 951_868_800.0),
            ("%d. %B %Y", "1. März 2000", 951_868_800.0),
            ("%s.%f", "951868800.5", 951_868_800.5),
            ("%M:%S", "01:02", 62.0),
        ] {
            let format: DateFormat = pattern.parse().unwrap();
            let Kind::Pattern(items) = format.0 else { panic!("{pattern}") };
            assert_eq!(parse(text, &items).map(|i| i.seconds), Some(seconds), "{pattern} {text}");
            assert_eq!(parse("x", &items), None);
        }
        for bad in ["", "ymd?", "%Q", "%"] {
            assert!(bad.parse::<DateFormat>().is_err(), "{bad}");
        }
    }
}
