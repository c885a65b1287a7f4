//! The sample rate of a column of times.

use super::kinds::tick;
use super::table::{Table, at_row};
use super::values::{append, integers};
use crate::read::CsvOptions;
use crate::read::csv::{DATES, Fit, NUMBERS, Times, Uneven, Unit, step_of, time_of_name};
use crate::{Error, Place, Result};
use arrow_array::Array;
use arrow_schema::{DataType, Field};
use std::sync::Arc;

/// Number of first values from which Unix time is recognised.
const FIRST: usize = 200;
/// Seconds from which steps are those of a calendar: months must not pass for uniform.
const CALENDAR: f64 = 43_200.0;

/// Times that arrive one by one.
pub(super) struct Series {
    /// Length of a tick, if the type contains it.
    tick: Option<f64>,
    fit: Option<Fit>,
    /// The first integer: differences of nanoseconds since 1970 are exact.
    base: Option<i64>,
    /// The first time, until the second one shows which steps are usual.
    pending: Option<(f64, f64, u64)>,
    first: Vec<f64>,
}

impl Series {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self { tick: tick(data_type), fit: None, base: None, pending: None, first: Vec::new() }
    }

    /// Takes the times of some rows, the first of which is number `row`.
    pub(super) fn push(&mut self, array: &dyn Array, row: u64) -> std::result::Result<(), Uneven> {
        let missing = |row: u64| (row, "the time is missing".to_owned());
        if let Some(all) = integers(array) {
            for (at, value) in (row..).zip(all) {
                let value = value.ok_or_else(|| missing(at))?;
                let base = *self.base.get_or_insert(value);
                self.remember(value as f64);
                // Differences of unsigned numbers wrap as those of signed ones.
                self.take(value.wrapping_sub(base) as f64, digits(value), at)?;
            }
            return Ok(());
        }
        let narrow = *array.data_type() == DataType::Float32 || *array.data_type() == DataType::Float16;
        let mut values: Vec<f64> = Vec::new();
        if !append(array, 0, array.len(), &mut values) {
            return Err((row, "the column has no times".into()));
        }
        for (at, value) in (row..).zip(values) {
            if !value.is_finite() {
                return Err(missing(at));
            }
            self.remember(value);
            // The digits that the number would be written with.
            let written = if narrow { format!("{}", value as f32) } else { format!("{value}") };
            let value = written.parse().unwrap_or(value);
            self.take(value, step_of(written.as_bytes()), at)?;
        }
        Ok(())
    }

    fn remember(&mut self, value: f64) {
        if self.first.len() < FIRST {
            self.first.push(value);
        }
    }

    fn take(&mut self, now: f64, step: f64, row: u64) -> std::result::Result<(), Uneven> {
        if let Some(fit) = &mut self.fit {
            return fit.push(now, step, row);
        }
        let Some((before, own, first)) = self.pending.take() else {
            self.pending = Some((now, step, row));
            return Ok(());
        };
        let is_calendar = self.tick.is_some_and(|tick| (now - before) * tick >= CALENDAR);
        let fit = self.fit.insert(Fit::new(if is_calendar { DATES } else { NUMBERS }));
        fit.push(before, own, first)?;
        fit.push(now, step, row)
    }

    /// Returns the rate of the times taken.
    pub(super) fn finish(self, field: &Field, options: &CsvOptions) -> std::result::Result<Times, Uneven> {
        let line = match self.fit {
            Some(fit) => fit.line()?,
            None => Err(u64::from(self.pending.is_some())),
        };
        let line = line.map_err(|count| (0, format!("{count} timestamps give no rate")))?;
        let unit = match self.tick {
            Some(tick) => Unit::Named(tick),
            None => Unit::of(options.time_unit.or_else(|| time_of_name(field.name())), &self.first),
        };
        let mut times = unit.times(line, field.name());
        times.notes.extend(self.base.and_then(|first| start(first, field)));
        Ok(times)
    }
}

/// Returns the unit of the last decimal digit that is not 0: milliseconds are often stored as nanoseconds.
fn digits(value: i64) -> f64 {
    let mut step = 1.0;
    let mut rest = value;
    while rest != 0 && rest % 10 == 0 {
        rest /= 10;
        step *= 10.0;
    }
    if value == 0 { 1e18 } else { step }
}

/// Reads the whole column and returns its rate, or the row where it is irregular.
pub(super) fn rate(table: &Arc<dyn Table>, column: usize, options: &CsvOptions) -> Result<Times> {
    let field = table.schema().field(column).clone();
    let uneven = |(row, reason): Uneven| at_row(table.name(), row, field.name(), reason);
    let mut series = Series::new(field.data_type());
    let mut scan = Arc::clone(table).scan(&[column], 0)?;
    let mut row = 0;
    while let Some(batch) = scan.next()? {
        series.push(batch.column(0), row).map_err(uneven)?;
        row += batch.num_rows() as u64;
    }
    match series.finish(&field, options) {
        Ok(times) => Ok(times),
        Err((0, reason)) => Err(Error::malformed(table.name(), Place::File, reason)),
        Err(other) => Err(uneven(other)),
    }
}

/// Returns the note about the date of the first row.
fn start(first: i64, field: &Field) -> Option<String> {
    let tick = tick(field.data_type())?;
    let zone = match field.data_type() {
        DataType::Timestamp(_, zone) => zone.as_deref(),
        DataType::Date32 | DataType::Date64 => None,
        _ => return None,
    };
    // Ticks per second are powers of ten, except for days.
    let per_second = if tick >= 1.0 { 1 } else { (1.0 / tick).round() as i64 };
    let seconds = if tick > 1.0 { first.checked_mul(tick as i64)? } else { first.div_euclid(per_second) };
    let below = if tick > 1.0 { 0 } else { first.rem_euclid(per_second) };
    let day = seconds.div_euclid(86_400);
    let of_day = seconds.rem_euclid(86_400);
    let (year, month, date) = civil(day)?;
    let mut text = format!(
        "{year:04}-{month:02}-{date:02} {:02}:{:02}:{:02}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    );
    if below > 0 {
        let decimals = per_second.ilog10() as usize;
        text += format!(".{below:0decimals$}").trim_end_matches('0');
    }
    let zone = match zone {
        // Times with a zone are stored in UTC.
        Some("UTC" | "Z" | "+00:00") => " UTC".to_owned(),
        Some(zone) => format!(" UTC (the time zone is {zone})"),
        None => String::new(),
    };
    Some(format!("column '{}' begins at {text}{zone}", field.name()))
}

/// Returns year, month and day of a number of days since 1970 (H. Hinnant, "chrono-compatible low-level date
/// algorithms").
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    let days = days.checked_add(719_468)?;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Some((year + era * 400 + i64::from(month <= 2), month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::csv::days;
    use arrow_schema::TimeUnit;

    #[test]
    fn dates_of_days_are_the_inverse_of_days_of_dates() {
        for day in (-200_000..200_000).step_by(97) {
            let (year, month, date) = civil(day).unwrap();
            if year > 0 {
                assert_eq!(days(year as u32, month as u32, date as u32), Some(day));
            }
        }
    }

    #[test]
    fn the_beginning_is_written_with_its_zone() {
        let of = |unit, zone: Option<&str>, value| {
            let data_type = DataType::Timestamp(unit, zone.map(Into::into));
            start(value, &Field::new("ts", data_type, true)).unwrap()
        };
        let text = of(TimeUnit::Nanosecond, Some("Europe/Berlin"), 951_868_800_250_000_000);
        assert_eq!(text, "column 'ts' begins at 2000-03-01 00:00:00.25 UTC (the time zone is Europe/Berlin)");
        assert_eq!(of(TimeUnit::Millisecond, None, -1), "column 'ts' begins at 1969-12-31 23:59:59.999");
        assert_eq!(of(TimeUnit::Second, Some("UTC"), 0), "column 'ts' begins at 1970-01-01 00:00:00 UTC");
        assert!(start(i64::MAX, &Field::new("d", DataType::Date32, true)).is_none());
    }

    #[test]
    fn zeros_at_the_end_are_not_digits() {
        assert_eq!((digits(1_500), digits(7), digits(-20), digits(0)), (100.0, 1.0, 10.0, 1e18));
    }
}
