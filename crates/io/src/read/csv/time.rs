//! The rate that uniform timestamps give.

use super::sniff::Shape;
use super::stamp::Stamp;
use super::text::Rows;
use super::value::shown;
use crate::read::source::Source;
use crate::{Error, Place, Result};

/// Steps that the usual one is the median of.
const FIRST_STEPS: usize = 1001;

/// Reads the whole column and gives its rate, and whether dates gave it (in Hz then); or says where it is
/// irregular.
///
/// A step may differ from the usual one by one thousandth and by the rounding of the written digits. Where the usual step
/// is no more than one unit of the last digit, rounding cannot be told from a missing row: such steps must be equal.
pub(super) fn rate(source: Source, shape: &Shape, column: usize) -> Result<(f64, bool)> {
    let name = source.name().to_owned();
    let stamp = Stamp::of_column(&shape.rows, column);
    let at = |line| Place::Line { line, column: Some(shape.names[column].clone()) };
    let mut rows = Rows::new(source, shape.delimiter);
    let mut first: Vec<(f64, u64)> = Vec::new();
    let mut check: Option<Steps> = None;
    let (mut count, mut start, mut last, mut rounding) = (0u64, 0.0, 0.0, 0.0f64);
    let mut header = shape.header;
    while let Some((row, line)) = rows.next()? {
        if std::mem::take(&mut header) {
            continue;
        }
        let field = row.get(column).unwrap_or_default();
        let Some(now) = stamp.parse(field, shape.decimal_comma()) else {
            let expected = match stamp {
                Stamp::Number => "a number",
                Stamp::Digits => "a date YYYYMMDD",
                Stamp::Iso => "a date YYYY-MM-DD[ HH:MM[:SS[.fff]]]",
            };
            return Err(Error::malformed(&name, at(line), format!("'{}' is not {expected}", shown(field))));
        };
        rounding = rounding.max(now.step);
        if count == 0 {
            start = now.seconds;
        } else if let Some(check) = &check {
            check
                .one(now.seconds - last, now.seconds, rounding)
                .map_err(|r| Error::malformed(&name, at(line), r))?;
        } else {
            first.push((now.seconds - last, line));
            if first.len() == FIRST_STEPS {
                check = Some(
                    Steps::from(&first, start, rounding)
                        .map_err(|(l, r)| Error::malformed(&name, at(l), r))?,
                );
            }
        }
        (count, last) = (count + 1, now.seconds);
    }
    if count < 2 {
        return Err(Error::malformed(&name, Place::File, format!("{count} timestamps give no rate")));
    }
    if check.is_none() {
        Steps::from(&first, start, rounding).map_err(|(l, r)| Error::malformed(&name, at(l), r))?;
    }
    Ok(((count - 1) as f64 / (last - start), stamp != Stamp::Number))
}

struct Steps {
    usual: f64,
}

impl Steps {
    fn from(first: &[(f64, u64)], start: f64, rounding: f64) -> Result<Self, (u64, String)> {
        let mut sorted: Vec<f64> = first.iter().map(|(step, _)| *step).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let steps = Self { usual: sorted[sorted.len() / 2] };
        let mut now = start;
        for (step, line) in first {
            now += step;
            steps.one(*step, now, rounding).map_err(|reason| (*line, reason))?;
        }
        Ok(steps)
    }

    fn one(&self, step: f64, now: f64, rounding: f64) -> Result<(), String> {
        let usual = self.usual;
        let rounding = if usual < 1.5 * rounding { 0.0 } else { rounding };
        let allowed = 1e-3 * usual.abs() + rounding * 1.001 + 8.0 * f64::EPSILON * now.abs();
        if step > 0.0 && usual > 0.0 && (step - usual).abs() <= allowed {
            return Ok(());
        }
        Err(format!(
            "the timestamps are not uniform: this one is {} after the one before, the usual step is {}; \
             without a time column, give the rate yourself",
            short(step),
            short(usual)
        ))
    }
}

/// Six digits: differences of decimals have a tail of noise.
fn short(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}
