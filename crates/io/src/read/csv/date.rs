//! Parses dates and clock times in common notations.

/// A date with or without a clock, or a clock alone, in seconds, and the unit of its last written digit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Instant {
    /// Seconds since 1970, or since midnight if there is no date.
    pub(super) seconds: f64,
    pub(super) step: f64,
    /// Whether there is no date: the clock restarts at midnight.
    pub(super) clock_only: bool,
}

/// Order of day and month in a numeric date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// 31/12/2020.
    DayMonth,
    /// 12/31/2020.
    MonthDay,
}

const MONTHS: [(&[&str], u32); 12] = [
    (
        &[
            "jan", "january", "januar", "jänner", "janvier", "janv", "enero", "ene", "gennaio", "gen",
            "januari", "janeiro",
        ],
        1,
    ),
    (
        &[
            "feb",
            "february",
            "februar",
            "février",
            "fevrier",
            "févr",
            "fevr",
            "fév",
            "febrero",
            "febbraio",
            "februari",
            "fevereiro",
            "fev",
        ],
        2,
    ),
    (&["mar", "march", "märz", "maerz", "mär", "mrz", "mars", "marzo", "maart", "mrt", "março"], 3),
    (&["apr", "april", "avril", "avr", "abril", "abr", "aprile"], 4),
    (&["may", "mai", "mayo", "maggio", "mag", "mei", "maio"], 5),
    (&["jun", "june", "juni", "juin", "junio", "giugno", "giu", "junho"], 6),
    (&["jul", "july", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho"], 7),
    (&["aug", "august", "août", "aout", "agosto", "ago", "augustus"], 8),
    (&["sep", "sept", "september", "septembre", "septiembre", "settembre", "set", "setembro"], 9),
    (&["oct", "october", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out"], 10),
    (&["nov", "november", "novembre", "noviembre", "novembro"], 11),
    (
        &[
            "dec",
            "december",
            "dezember",
            "dez",
            "décembre",
            "decembre",
            "déc",
            "diciembre",
            "dic",
            "dicembre",
            "dezembro",
        ],
        12,
    ),
];

pub(super) fn month(word: &str) -> Option<u32> {
    let lower = word.trim_end_matches('.').to_lowercase();
    MONTHS.iter().find(|(names, _)| names.contains(&lower.as_str())).map(|(_, number)| *number)
}

/// Days from 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
pub(in crate::read) fn days(year: u32, month: u32, day: u32) -> Option<i64> {
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

/// A year of two digits is within 1970 … 2069.
pub(super) fn full_year(year: u32, digits: usize) -> u32 {
    match (digits, year) {
        (..=2, 0..=69) => 2000 + year,
        (..=2, _) => 1900 + year,
        _ => year,
    }
}

/// Reads a date, a date with a clock, or a clock. `order` matters only for dates such as 01/02/2020.
pub(super) fn parse(text: &str, order: DateOrder) -> Option<Instant> {
    let text = text.trim();
    if let Some(compact) = compact(text) {
        return Some(compact);
    }
    let (date, clock) = match text.find(':') {
        None => (text, None),
        Some(colon) => {
            let digits = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
            let (date, rest) = text.split_at(colon - digits);
            (date, Some(clock(rest)?))
        }
    };
    let date = date.trim().trim_end_matches([',', 'T', 't']).trim();
    let date = without_weekday(date);
    match (date.is_empty(), clock) {
        (true, None) => None,
        (true, Some(clock)) if clock.offset.is_some() => None,
        (true, Some(clock)) => Some(Instant { seconds: clock.seconds, step: clock.step, clock_only: true }),
        (false, clock) => {
            let day = day(date, order)? as f64 * 86_400.0;
            let of_day = clock.as_ref().map_or(0.0, |c| c.seconds - c.offset.unwrap_or(0.0));
            if clock.as_ref().is_some_and(|c| c.seconds > 86_401.0) {
                return None;
            }
            let step = clock.map_or(0.0, |c| c.step);
            Some(Instant { seconds: day + of_day, step, clock_only: false })
        }
    }
}

/// `20200131`, `20200131T102030[.5][Z]`, `20200131 102030`, `20200131102030`. A number of 8 digits alone is not a
/// date.
fn compact(text: &str) -> Option<Instant> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (date, clock) = match digits {
        8 => (&text[..8], text[8..].strip_prefix(['T', 't', ' ', '_', '-'])?),
        14 => text.split_at(8),
        _ => return None,
    };
    let days = eight_digits(date)?;
    let clock = clock.trim_end_matches(['Z', 'z']);
    let whole = clock.bytes().take_while(u8::is_ascii_digit).count();
    if whole != 6 {
        return None;
    }
    let part = |from: usize| clock[from..from + 2].parse::<u32>().ok();
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    let fraction = match clock[6..].strip_prefix(['.', ',']) {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) => rest,
        None if clock.len() == 6 => "",
        _ => return None,
    };
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    let below: f64 = if fraction.is_empty() { 0.0 } else { format!("0.{fraction}").parse().ok()? };
    let of_day = f64::from(hours * 3600 + minutes * 60 + seconds) + below;
    let step = 10f64.powi(-i32::try_from(fraction.len()).unwrap_or(0));
    Some(Instant { seconds: days as f64 * 86_400.0 + of_day, step, clock_only: false })
}

/// Days of `YYYYMMDD`.
pub(super) fn eight_digits(text: &str) -> Option<i64> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = text[..4].parse().ok()?;
    let found = days(year, text[4..6].parse().ok()?, text[6..].parse().ok()?)?;
    (1500..=2500).contains(&year).then_some(found)
}

struct Clock {
    seconds: f64,
    step: f64,
    /// Seconds ahead of UTC.
    offset: Option<f64>,
}

/// `HH:MM[:SS[.fff]]`, then `AM` or `PM`, then a zone. `MM:SS.fff` has a fraction and one colon.
fn clock(text: &str) -> Option<Clock> {
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ','))).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let digits = digits.trim_end_matches(['.', ',']);
    let mut parts = digits.split(':');
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    // Milliseconds may follow a third colon.
    let fourth = parts.next();
    if parts.next().is_some() || first.is_empty() || first.len() > 4 {
        return None;
    }
    let whole = |text: &str| {
        (1..=2).contains(&text.len()).then_some(())?;
        text.parse::<u32>().ok().filter(|value| *value < 60)
    };
    let hours: u32 = first.parse().ok()?;
    let (mut seconds, step) = match (third, fourth) {
        (None, _) => match second.split_once(['.', ',']) {
            Some(_) => {
                let (seconds, step) = fraction(second)?;
                (f64::from(hours) * 60.0 + seconds, step)
            }
            None => (f64::from(hours) * 3600.0 + f64::from(whole(second)?) * 60.0, 60.0),
        },
        (Some(third), None) => {
            let (seconds, step) = fraction(third)?;
            (f64::from(hours) * 3600.0 + f64::from(whole(second)?) * 60.0 + seconds, step)
        }
        (Some(third), Some(fourth)) => {
            let (seconds, step) = fraction(&format!("{third}.{fourth}"))?;
            (f64::from(hours) * 3600.0 + f64::from(whole(second)?) * 60.0 + seconds, step)
        }
    };
    let rest = rest.trim();
    let lower = rest.to_lowercase();
    let half = ["am", "a.m.", "pm", "p.m."].into_iter().find(|half| lower.starts_with(half));
    if let Some(half) = half {
        if !(1..=12).contains(&hours) {
            return None;
        }
        let noon = f64::from(hours / 12) * 43_200.0;
        seconds += if half.starts_with('p') { 43_200.0 } else { 0.0 } - noon;
    }
    let rest = rest[half.map_or(0, str::len)..].trim();
    let offset = if rest.is_empty() || rest.eq_ignore_ascii_case("uhr") { None } else { Some(zone(rest)?) };
    Some(Clock { seconds, step, offset })
}

/// Seconds below 61 with their decimals, and the unit of the last one.
fn fraction(text: &str) -> Option<(f64, f64)> {
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if !(1..=2).contains(&whole.len()) || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: f64 = format!("{whole}.{decimals}0").parse().ok()?;
    (value < 61.0).then(|| (value, 10f64.powi(-i32::try_from(decimals.len()).unwrap_or(0))))
}

/// Seconds ahead of UTC: `Z`, `UTC`, `GMT+1`, `+01:00`, `-0330`, `+1`.
fn zone(text: &str) -> Option<f64> {
    let text = text.trim_start_matches('(').trim_end_matches(')');
    let named = ["utc", "gmt", "z"].into_iter().find(|name| text.to_ascii_lowercase().starts_with(name));
    let rest = text.get(named.map_or(0, str::len)..)?.trim();
    if rest.is_empty() {
        return named.map(|_| 0.0);
    }
    let sign = match rest.as_bytes()[0] {
        b'+' => 1.0,
        b'-' => -1.0,
        _ => return None,
    };
    let digits: String = rest[1..].chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    Some(sign * (hours.parse::<f64>().ok()? * 3600.0 + minutes.parse::<f64>().ok()? * 60.0))
}

/// Removes a leading weekday (`Mon`, `Friday,`, `Mittwoch`, …): a word that is not a month.
fn without_weekday(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let rest = text[end..].trim_start_matches(['.', ',', ' ']);
    let is_weekday = end >= 2 && month(&text[..end]).is_none() && !rest.is_empty();
    if is_weekday { rest } else { text }
}

/// Days of a date with a year.
fn day(text: &str, order: DateOrder) -> Option<i64> {
    let mut parts = Vec::with_capacity(3);
    for part in text.split(['/', '-', '.', ',', ' ', '_']).filter(|part| !part.is_empty()) {
        // Articles and prepositions are not part of the date.
        if !matches!(part, "de" | "of" | "den") {
            parts.push(part);
        }
    }
    let [a, b, c] = parts[..] else { return None };
    let number = |text: &str| {
        let bare =
            ["st", "nd", "rd", "th"].iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text);
        let fits = (1..=4).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| bare.parse::<u32>().ok().map(|value| (value, bare.len()))).flatten()
    };
    let year = |text: &str| number(text).map(|(value, digits)| full_year(value, digits));
    let plain = |text: &str| number(text).filter(|(_, digits)| *digits <= 2).map(|(value, _)| value);
    if let Some(month) = month(a) {
        return days(year(c)?, month, plain(b)?);
    }
    if let Some(month) = month(b) {
        return match number(a)? {
            (_, 4) => days(year(a)?, month, plain(c)?),
            _ => days(year(c)?, month, plain(a)?),
        };
    }
    if number(a)?.1 == 4 {
        return days(year(a)?, plain(b)?, plain(c)?);
    }
    if number(c)?.1 == 3 {
        return None;
    }
    let dots = text.contains('.') && !text.contains(['/', '-']);
    match if dots { DateOrder::DayMonth } else { order } {
        DateOrder::DayMonth => days(year(c)?, plain(b)?, plain(a)?),
        DateOrder::MonthDay => days(year(c)?, plain(a)?, plain(b)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, order: DateOrder) -> Option<f64> {
        parse(text, order).map(|i| i.seconds)
    }

    #[test]
    fn iso_dates() {
        let of = |text: &str| at(text, DateOrder::DayMonth);
        assert_eq!(of("1970-01-01"), Some(0.0));
        assert_eq!(of("2000-03-01T00:00:00Z"), Some(951_868_800.0));
        assert_eq!(of("2000-03-01 01:00:00.5+01:00"), Some(951_868_800.5));
        assert_eq!(of("2000/03/01 01:00:00,5 +0100"), Some(951_868_800.5));
        assert_eq!(of("20000301T000000Z"), Some(951_868_800.0));
        assert_eq!(of("20000301000000.25"), Some(951_868_800.25));
        assert_eq!(of("1969-12-31 23:59"), Some(-60.0));
        assert_eq!(of("2000-1-1"), of("2000-01-01"));
        for bad in [
            "2001-02-29",
            "2000-13-01",
            "2000-01-01T",
            "2000-01-01X10:00:61",
            "2000-01-01T10:00:",
            "x",
            "1.5",
            "12",
            "-",
        ] {
            assert!(of(bad).is_none() || bad == "2000-01-01T", "{bad}");
        }
        assert_eq!(eight_digits("19580329"), Some(-4296));
        assert_eq!(eight_digits("19580431"), None);
    }

    #[test]
    fn orders_names_and_halves_of_the_day() {
        let noon = 951_868_800.0 + 43_200.0;
        for (text, order) in [
            ("01/03/2000 12:00:00", DateOrder::DayMonth),
            ("03/01/2000 12:00:00 PM", DateOrder::MonthDay),
            ("1.3.2000 12:00", DateOrder::MonthDay),
            ("01-03-00 12:00", DateOrder::DayMonth),
            ("01-Mar-2000 12:00:00.000", DateOrder::MonthDay),
            ("Mar 1, 2000 12:00 pm", DateOrder::DayMonth),
            ("1. März 2000 12:00:00", DateOrder::MonthDay),
            ("1 mars 2000 12:00", DateOrder::MonthDay),
            ("Wed, 1 March 2000 12:00:00 GMT", DateOrder::DayMonth),
            ("Mittwoch, 1. März 2000, 12:00 Uhr", DateOrder::DayMonth),
            ("2000-03-01T14:00:00+02:00", DateOrder::DayMonth),
            ("March 1st, 2000 12:00", DateOrder::DayMonth),
        ] {
            assert_eq!(at(text, order), Some(noon), "{text}");
        }
        assert_eq!(at("01/03/2000 12:30:00 AM", DateOrder::DayMonth), Some(951_868_800.0 + 1800.0));
        assert_eq!(at("13/01/2000", DateOrder::MonthDay), None);
        assert_eq!(at("01/13/2000", DateOrder::DayMonth), None);
    }

    #[test]
    fn clocks() {
        for (text, seconds, step) in [
            ("00:00:01", 1.0, 1.0),
            ("23:59:59.250", 86_399.25, 1e-3),
            ("12:30", 45_000.0, 60.0),
            ("01:02:03 PM", 46_923.0, 1.0),
            ("00:05.5", 5.5, 0.1),
            ("100:00:00", 360_000.0, 1.0),
            ("10:20:30:125", 37_230.125, 1e-3),
        ] {
            let found = parse(text, DateOrder::DayMonth).unwrap_or_else(|| panic!("{text}"));
            assert!(
                (found.seconds - seconds).abs() < 1e-9 && (found.step - step).abs() < 1e-12,
                "{text}: {found:?}"
            );
            assert!(found.clock_only);
        }
        for bad in ["a:b", ":", "12:", "1:99", "13:00 PM", "12:30:61.5", "1:2:3:4:5"] {
            assert_eq!(parse(bad, DateOrder::DayMonth), None, "{bad}");
        }
    }
}
