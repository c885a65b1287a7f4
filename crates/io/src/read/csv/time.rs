//! Computes the sample rate from a time column.

use super::date::{self, DateOrder, Instant};
use super::date_format::{self, Kind};
use super::fit::{DATES, Fit, Line, NUMBERS, Uneven};
use super::rate::{Times, Unit, step_of};
use super::sniff::Shape;
use super::text::Rows;
use super::unit;
use super::value::{Value, shown};
use crate::read::CsvOptions;
use crate::read::source::Source;
use crate::{Error, Place, Result};

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
    if fields().any(|field| shape.number(field).is_none() && is_date(&text(field))) {
        return Stamp::EitherOrder;
    }
    let numbers: Vec<f64> = fields().filter_map(|field| shape.number(field)).collect();
    Stamp::Numbers { unit: Unit::of(named, &numbers) }
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
        match self {
            Self::Numbers { unit } => unit.times(line, name),
            Self::EitherOrder if orders == 1 => {
                let order = match order {
                    DateOrder::DayMonth => "day/month",
                    DateOrder::MonthDay => "month/day",
                };
                let mut times = Unit::Named(1.0).times(line, name);
                let note = format!("the dates of column '{name}' are {order}: only so they are uniform");
                times.notes.insert(0, note);
                times
            }
            Self::Days | Self::Dates(_) | Self::EitherOrder => Unit::Named(1.0).times(line, name),
        }
    }
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
