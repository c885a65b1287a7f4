//! The unit of a column of times, and the rate in it.

use super::fit::{Line, short};

/// Result of a time column.
pub(in crate::read) struct Times {
    pub(in crate::read) rate: f64,
    /// Whether the rate is known to be per second.
    pub(in crate::read) in_hz: bool,
    pub(in crate::read) notes: Vec<String>,
}

/// The unit of numbers.
#[derive(Debug, Clone, Copy)]
pub(in crate::read) enum Unit {
    /// Named, in seconds.
    Named(f64),
    /// Time since 1970, recognised by its magnitude, in seconds.
    Epoch(f64, &'static str),
    Unclear,
}

/// Present-day ranges of times since 1970.
const EPOCHS: [(f64, f64, f64, &str); 4] =
    [(3e8, 1e10, 1.0, "s"), (3e11, 1e13, 1e-3, "ms"), (3e14, 1e16, 1e-6, "µs"), (3e17, 1e19, 1e-9, "ns")];

impl Unit {
    /// Returns the named unit in seconds, or the one that the first numbers suggest.
    pub(in crate::read) fn of(named: Option<f64>, numbers: &[f64]) -> Self {
        match named {
            Some(seconds) => Self::Named(seconds),
            None => {
                let epoch = EPOCHS.iter().find(|(from, to, _, _)| {
                    !numbers.is_empty() && numbers.iter().all(|value| (*from..*to).contains(value))
                });
                // A sample counter may be as large as seconds since 1970, but does not start there.
                epoch.map_or(Self::Unclear, |(_, _, seconds, name)| Self::Epoch(*seconds, name))
            }
        }
    }

    /// Returns the rate of a line through the times of a column.
    pub(in crate::read) fn times(self, line: Line, name: &str) -> Times {
        let mut notes = Vec::new();
        let (seconds, in_hz) = match self {
            Self::Named(seconds) => (seconds, true),
            Self::Epoch(seconds, unit) => {
                notes.push(format!(
                    "the numbers of column '{name}' are taken as Unix time in {unit} (--time-unit)"
                ));
                (seconds, true)
            }
            Self::Unclear => {
                notes.push(format!(
                    "column '{name}' names no unit: {} samples per unit of it are taken as its rate, in Hz if it is in \
                     seconds; otherwise say its unit, such as --time-unit ms",
                    short(line.rate)
                ));
                (1.0, false)
            }
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
pub(in crate::read) fn step_of(field: &[u8]) -> f64 {
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
