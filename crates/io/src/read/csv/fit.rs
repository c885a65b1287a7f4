//! The rate of timestamps: a line through all of them.

/// Number of first steps whose median is the usual step.
const FIRST: usize = 1001;
/// Largest deviation of a single step, as a share of the usual step, in addition to the rounding of written digits.
/// Clocks of data loggers jitter; dates do not, and months are nearly equal.
pub(in crate::read) const NUMBERS: f64 = 0.1;
pub(in crate::read) const DATES: f64 = 1e-3;
/// Largest relative change of the period when it is rounded to fewer digits.
const PLAIN: f64 = 2e-3;

/// Fits a line through timestamps that arrive one by one.
#[derive(Debug)]
pub(in crate::read) struct Fit {
    jitter: f64,
    /// Timestamps kept until the usual step is known.
    first: Vec<(f64, f64, u64)>,
    usual: Option<f64>,
    count: u64,
    start: f64,
    last: f64,
    rounding: f64,
    /// Sums over the residuals from the usual step: Σr, Σi·r, Σr².
    sums: [f64; 3],
    largest: f64,
}

/// The fitted line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::read) struct Line {
    /// Timestamps per unit of time.
    pub(in crate::read) rate: f64,
    /// Root mean square of the timestamps' distances from the line, in units of time; 0 if they lie on it.
    pub(in crate::read) residual: f64,
    pub(in crate::read) count: u64,
}

/// Error for timestamps that are not uniform: the line of the table, and the reason.
pub(in crate::read) type Uneven = (u64, String);

impl Fit {
    /// Creates a fit. `jitter`: largest deviation of a single step as a share of the usual step.
    pub(in crate::read) fn new(jitter: f64) -> Self {
        Self {
            jitter,
            first: Vec::new(),
            usual: None,
            count: 0,
            start: 0.0,
            last: 0.0,
            rounding: 0.0,
            sums: [0.0; 3],
            largest: 0.0,
        }
    }

    /// Takes a timestamp and the unit of its last written digit.
    pub(in crate::read) fn push(&mut self, now: f64, step: f64, line: u64) -> Result<(), Uneven> {
        if self.usual.is_some() {
            return self.take(now, step, line);
        }
        self.first.push((now, step, line));
        if self.first.len() > FIRST { self.settle() } else { Ok(()) }
    }

    /// Finds the usual step and processes the timestamps kept until then.
    fn settle(&mut self) -> Result<(), Uneven> {
        let mut steps: Vec<f64> = self.first.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        steps.sort_unstable_by(f64::total_cmp);
        self.usual = steps.get(steps.len() / 2).copied();
        // The finest written digit: some programs omit trailing zeros.
        self.rounding = self.first.iter().map(|(_, step, _)| *step).fold(f64::INFINITY, f64::min);
        for (now, step, line) in std::mem::take(&mut self.first) {
            self.take(now, step, line)?;
        }
        Ok(())
    }

    fn take(&mut self, now: f64, step: f64, line: u64) -> Result<(), Uneven> {
        self.rounding = self.rounding.min(step);
        let usual = self.usual.unwrap_or(0.0);
        if self.count == 0 {
            self.start = now;
        } else {
            self.check(now, usual).map_err(|reason| (line, reason))?;
        }
        let index = self.count as f64;
        let residual = (now - self.start) - index * usual;
        self.sums[0] += residual;
        self.sums[1] += index * residual;
        self.sums[2] += residual * residual;
        self.largest = self.largest.max(residual.abs());
        self.count += 1;
        self.last = now;
        Ok(())
    }

    /// If the usual step is at most one unit of the last digit, rounding cannot be distinguished from a missing row:
    /// such steps must be equal.
    fn check(&self, now: f64, usual: f64) -> Result<(), String> {
        let step = now - self.last;
        let rounding = if usual < 1.5 * self.rounding { 0.0 } else { self.rounding };
        let allowed = self.jitter * usual.abs() + rounding * 1.001 + 8.0 * f64::EPSILON * now.abs();
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

    /// Returns the line; the inner `Err` contains the number of timestamps if there are too few.
    pub(in crate::read) fn line(mut self) -> Result<Result<Line, u64>, Uneven> {
        if self.usual.is_none() {
            self.settle()?;
        }
        let Some(usual) = self.usual.filter(|_| self.count > 1) else { return Ok(Err(self.count)) };
        let n = self.count as f64;
        let exact = (n - 1.0) / (self.last - self.start);
        if self.largest <= 1e-6 * usual + 16.0 * f64::EPSILON * self.last.abs() {
            let noise = 16.0 * f64::EPSILON * self.last.abs() / (n - 1.0);
            return Ok(Ok(Line { rate: plain(1.0 / exact, noise), residual: 0.0, count: self.count }));
        }
        let [sum, with_index, squares] = self.sums;
        let variance = n * (n * n - 1.0) / 12.0;
        let covariance = with_index - (n - 1.0) / 2.0 * sum;
        let slope = usual + covariance / variance;
        let residual = ((squares - sum * sum / n - covariance * covariance / variance) / n).max(0.0).sqrt();
        // Six standard errors of the slope for independent residuals, and a bound for rounding errors, which are not
        // independent.
        let tolerance = (6.0 * residual * (12.0 / n).sqrt() / n).max(self.rounding / n);
        let tolerance = tolerance.min(PLAIN * slope);
        Ok(Ok(Line { rate: plain(slope, tolerance), residual, count: self.count }))
    }
}

/// Returns the rate with the fewest digits (its own or its period's) whose period is within the tolerance.
fn plain(period: f64, tolerance: f64) -> f64 {
    for digits in 0..9 {
        let rounded = |value: f64| format!("{value:.digits$e}").parse().unwrap_or(value);
        let rate: f64 = rounded(1.0 / period);
        if (1.0 / rate - period).abs() <= tolerance {
            return rate;
        }
        let own: f64 = rounded(period);
        if (own - period).abs() <= tolerance {
            return 1.0 / own;
        }
    }
    1.0 / period
}

/// Rounds to six digits, because differences of decimals have rounding noise.
pub(in crate::read) fn short(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(times: impl Iterator<Item = f64>, step: f64) -> Line {
        let mut fit = Fit::new(NUMBERS);
        for (i, time) in times.enumerate() {
            fit.push(time, step, i as u64).unwrap();
        }
        fit.line().unwrap().unwrap()
    }

    #[test]
    fn written_in_milliseconds() {
        for rate in [256.0, 128.0, 600.0 / 7.0, 44.1, 250.0, 500.0, 333.0, 1000.0 / 3.0] {
            for (count, truncate) in [(5000, false), (300, false), (3000, true), (100_000, false)] {
                let of = |i: i32| {
                    let time = f64::from(i) / rate * 1000.0;
                    (if truncate { (time + 1e-9).floor() } else { time.round() }) / 1000.0
                };
                let found = line((0..count).map(of), 1e-3);
                let decimals = 10.0 * rate;
                if decimals.fract() == 0.0 {
                    assert!((found.rate - rate).abs() < 1e-9 * rate, "{rate} {count}: {found:?}");
                } else {
                    assert!((found.rate - rate).abs() < 2e-4 * rate, "{rate} {count}: {found:?}");
                }
                assert!(found.residual < 0.6e-3, "{found:?}");
            }
        }
    }

    #[test]
    fn steps_of_three_are_a_third() {
        assert_eq!(line((0..4).map(|i| f64::from(3 * i)), 1.0).rate, 1.0 / 3.0);
        assert_eq!(
            line((0..5).map(|i| f64::from(i) * 0.5), 0.1),
            Line { rate: 2.0, residual: 0.0, count: 5 }
        );
    }

    #[test]
    fn zeros_that_are_left_out_do_not_coarsen_the_rate() {
        let mut fit = Fit::new(NUMBERS);
        for i in 0..500 {
            let text = format!("{}", (f64::from(i) / 256.0 * 1000.0).round() / 1000.0);
            let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
            fit.push(text.parse().unwrap(), 10f64.powi(-i32::try_from(digits).unwrap()), 1).unwrap();
        }
        assert_eq!(fit.line().unwrap().unwrap().rate, 256.0);
    }

    #[test]
    fn jitter_is_told_and_a_missing_row_refused() {
        let jitter = |i: i32| f64::from(i) * 0.01 + if i % 2 == 0 { 2e-4 } else { -2e-4 };
        let found = line((0..2000).map(jitter), 1e-6);
        assert!((found.rate - 100.0).abs() < 1e-9 && (found.residual - 2e-4).abs() < 1e-5, "{found:?}");
        let mut fit = Fit::new(NUMBERS);
        let times = (0..3000).filter(|i| *i != 2500).map(|i| (f64::from(i) / 256.0 * 1000.0).round());
        let refused = times.enumerate().find_map(|(i, t)| fit.push(t, 1.0, i as u64).err());
        assert_eq!(refused.map(|(line, _)| line), Some(2500));
    }
}
