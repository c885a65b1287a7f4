//! Computes the sample rate from a time column.

use super::date::{self, DateOrder, Instant};
use super::date_format::{self, Kind};
use super::fit::{DATES, Fit, Line, NUMBERS, Uneven, short};
use super::sniff::Shape;
use super::text::Rows;
use super::unit;
use super::value::{Value, shown};
use crate::read::CsvOptions;
use crate::read::source::Source;
use crate::{Error, Place, Result};

/// Result of a time column.
pub(super) struct Times {
    pub(super) rate: f64,
    /// Whether the rate is known to be per second.
    pub(super) in_hz: bool,
    pub(super) notes: Vec<String>,
}

/// Notation of the times.
enum Stamp {
    Numbers {
        unit: Unit,
    },
    /// `YYYYMMDD`.
    Days,
    Dates(Kind),
    /// Dates whose order of day and month must be found from the data.
    EitherOrder,
}

/// The unit of numbers.
#[derive(Clone, Copy)]
enum Unit {
    /// Named, in seconds.
    Named(f64),
    /// Time since 1970, recognised by its magnitude, in seconds.
    Epoch(f64, &'static str),
    Unclear,
}

/// Present-day ranges of times since 1970.
const EPOCHS: [(f64, f64, f64, &str); 4] =
    [(3e8, 1e10, 1.0, "s"), (3e11, 1e13, 1e-3, "ms"), (3e14, 1e16, 1e-6, "µs"), (3e17, 1e19, 1e-9, "ns")];

/// Reads the whole column and returns its rate, or the line where it is irregular.
pub(super) fn rate(source: Source, shape: &Shape, column: usize, options: &CsvOptions) -> Result<Times> {
    let name = source.name().to_owned();
    let stamp = stamp(shape, column, options);
    let at = |line| Place::Line { line, column: Some(shape.names[column].clone()) };
    let uneven = |(line, reason): Uneven| Error::malformed(&name, at(line), reason);
    let mut rows = Rows::new(source, shape.dialect.clone());
    rows.skip_lines(shape.skip)?;
    let orders = match &stamp {
        Stamp::EitherOrder => vec![DateOrder::DayMonth, DateOrder::MonthDay],
        Stamp::Dates(Kind::Order(order)) => vec![*order],
        _ => vec![DateOrder::DayMonth],
    };
    // One fit per order that the data has not excluded, with the reason for exclusion.
    let mut open: Vec<(DateOrder, Series)> = orders.iter().map(|o| (*o, Series::new(&stamp))).collect();
    let mut ruled_out: Option<Error> = None;
    let mut example: Option<String> = None;
    while let Some((row, line)) = rows.next()? {
        let field = row.get(column).unwrap_or_default();
        let mut failed = None;
        open.retain_mut(|(order, series)| {
            let Some(now) = stamp.parse(field, *order, shape) else {
                failed = Some(Error::malformed(
                    &name,
                    at(line),
                    format!("'{}' is not {}", shown(field), stamp.expected()),
                ));
                return false;
            };
            match series.push(now, field, line, matches!(stamp, Stamp::Numbers { .. })) {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(uneven(error));
                    false
                }
            }
        });
        if let Some(error) = failed {
            if open.is_empty() {
                return Err(error);
            }
            ruled_out = Some(error);
        }
        example.get_or_insert_with(|| shown(field));
    }
    let mut found: Vec<(DateOrder, Line)> = Vec::new();
    for (order, series) in open {
        match series.fit.line() {
            Ok(Ok(line)) => found.push((order, line)),
            Ok(Err(count)) => {
                return Err(Error::malformed(&name, Place::File, format!("{count} timestamps give no rate")));
            }
            Err(error) => ruled_out = Some(uneven(error)),
        }
    }
    let Some(&(order, line)) = found.first() else {
        return Err(
            ruled_out.unwrap_or_else(|| Error::malformed(&name, Place::File, "0 timestamps give no rate"))
        );
    };
    if let [(_, a), (_, b)] = found[..]
        && (a.rate / b.rate - 1.0).abs() > 1e-9
    {
        let example = example.unwrap_or_default();
        let reason = format!("'{example}': day/month or month/day? Use --date-format dmy or mdy");
        return Err(Error::malformed(&name, at(shape.skip + 1), reason));
    }
    Ok(stamp.times(line, order, shape, column, found.len()))
}

/// One interpretation of the column.
struct Series {
    fit: Fit,
    /// The first number, exactly, if it is an integer.
    base: Option<i128>,
    started: bool,
    /// Number of midnights passed by a clock without a date.
    midnights: f64,
    last: f64,
}

impl Series {
    fn new(stamp: &Stamp) -> Self {
        let jitter = if matches!(stamp, Stamp::Numbers { .. }) { NUMBERS } else { DATES };
        Self { fit: Fit::new(jitter), base: None, started: false, midnights: 0.0, last: 0.0 }
    }

    fn push(&mut self, now: Instant, field: &[u8], line: u64, numbers: bool) -> Result<(), Uneven> {
        let mut seconds = now.seconds;
        if now.clock_only {
            if self.started && seconds + self.midnights < self.last - 43_200.0 {
                self.midnights += 86_400.0;
            }
            seconds += self.midnights;
        }
        if numbers {
            // Nanoseconds since 1970 have more digits than an f64.
            let whole = std::str::from_utf8(field).ok().and_then(|t| t.trim().parse::<i128>().ok());
            if !self.started {
                self.base = whole;
            }
            if let (Some(base), Some(whole)) = (self.base, whole)
                && base.unsigned_abs() > 1 << 50
            {
                seconds = whole.saturating_sub(base) as f64;
            }
        }
        self.started = true;
        self.last = seconds;
        self.fit.push(seconds, now.step, line)
    }
}

fn stamp(shape: &Shape, column: usize, options: &CsvOptions) -> Stamp {
    if let Some(format) = &options.date_format {
        return Stamp::Dates(format.0.clone());
    }
    let fields = || shape.rows.iter().filter_map(|row| row.get(column)).map(<[u8]>::trim_ascii);
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let named = options.time_unit.or_else(|| shape.time_unit(column));
    if named.is_none()
        && fields().next().is_some()
        && fields().all(|field| date::eight_digits(&text(field)).is_some())
    {
        return Stamp::Days;
    }
    let numbers = || fields().filter_map(|field| shape.number(field));
    if fields().any(|field| shape.number(field).is_none() && is_date(&text(field))) {
        return Stamp::EitherOrder;
    }
    let unit = match named {
        Some(seconds) => Unit::Named(seconds),
        None => {
            let epoch = EPOCHS.iter().find(|(from, to, _, _)| {
                numbers().next().is_some() && numbers().all(|value| (*from..*to).contains(&value))
            });
            // A sample counter may be as large as seconds since 1970, but does not start there.
            epoch.map_or(Unit::Unclear, |(_, _, seconds, name)| Unit::Epoch(*seconds, name))
        }
    };
    Stamp::Numbers { unit }
}

/// Returns whether a text is a date or a clock in any order.
pub(super) fn is_date(text: &str) -> bool {
    [DateOrder::DayMonth, DateOrder::MonthDay].iter().any(|order| date::parse(text, *order).is_some())
}

impl Stamp {
    fn expected(&self) -> String {
        match self {
            Self::Numbers { .. } => "a number".into(),
            Self::Days => "a date YYYYMMDD".into(),
            Self::Dates(Kind::Pattern(_)) => "a date of the given format".into(),
            Self::Dates(_) | Self::EitherOrder => {
                "a date or a clock time (--date-format tells how they are written)".into()
            }
        }
    }

    fn parse(&self, field: &[u8], order: DateOrder, shape: &Shape) -> Option<Instant> {
        let text = || std::str::from_utf8(field).ok();
        match self {
            Self::Numbers { .. } => match Value::of(field, shape.comma) {
                Value::Number(seconds) if seconds.is_finite() => {
                    Some(Instant { seconds, step: step_of(field), clock_only: false })
                }
                _ => None,
            },
            Self::Days => {
                let seconds = date::eight_digits(text()?.trim())? as f64 * 86_400.0;
                Some(Instant { seconds, step: 0.0, clock_only: false })
            }
            Self::Dates(Kind::Pattern(items)) => date_format::parse(text()?, items),
            Self::Dates(Kind::Order(_)) | Self::EitherOrder => date::parse(text()?, order),
        }
    }

    fn times(&self, line: Line, order: DateOrder, shape: &Shape, column: usize, orders: usize) -> Times {
        let name = &shape.names[column];
        let mut notes = Vec::new();
        let (seconds, in_hz) = match self {
            Self::Numbers { unit: Unit::Named(seconds) } => (*seconds, true),
            Self::Numbers { unit: Unit::Epoch(seconds, unit) } => {
                notes.push(format!(
                    "the numbers of column '{name}' are taken as Unix time in {unit} (--time-unit)"
                ));
                (*seconds, true)
            }
            Self::Numbers { unit: Unit::Unclear } => {
                notes.push(format!(
                    "column '{name}' names no unit: {} samples per unit of it are taken as its rate, in Hz if it is in \
                     seconds; otherwise say its unit, such as --time-unit ms",
                    short(line.rate)
                ));
                (1.0, false)
            }
            Self::EitherOrder if orders == 1 => {
                let order = match order {
                    DateOrder::DayMonth => "day/month",
                    DateOrder::MonthDay => "month/day",
                };
                notes.push(format!("the dates of column '{name}' are {order}: only so they are uniform"));
                (1.0, true)
            }
            Self::Days | Self::Dates(_) | Self::EitherOrder => (1.0, true),
        };
        let rate = line.rate / seconds;
        // Division by 1e-3 leaves rounding noise.
        let rate = if seconds == 1.0 { rate } else { format!("{rate:.13e}").parse().unwrap_or(rate) };
        if line.residual > 0.0 {
            notes.push(format!(
                "rate {} from {} timestamps of column '{name}', which deviate by {} s (rms) from even steps",
                short(rate),
                line.count,
                three(line.residual * seconds)
            ));
        }
        Times { rate, in_hz, notes }
    }
}

/// Three digits.
fn three(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
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
    10f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)))
}

impl Shape {
    /// Returns the unit of a column of times, in seconds, by the row of units or by its name.
    fn time_unit(&self, column: usize) -> Option<f64> {
        let row = self.units.get(column).and_then(Option::as_deref).and_then(unit::time_unit);
        row.or_else(|| unit::time_of_name(&self.names[column]))
    }

    fn number(&self, field: &[u8]) -> Option<f64> {
        match Value::of(field, self.comma) {
            Value::Number(value) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::step_of;

    #[test]
    fn rounding_of_digits() {
        assert_eq!(step_of(b"0.125"), 1e-3);
        assert_eq!(step_of(b"12"), 1.0);
        assert!((step_of(b"1.25e-3") / 1e-5 - 1.0).abs() < 1e-12);
    }
}
