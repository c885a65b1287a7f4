//! Units of frequency and time: not everything is Hz.

/// Units of frequencies and times.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// Samples per unit of time: per second, or per U if the unit of frequency is `cycles/U`.
    pub(crate) rate: f64,
    /// Unit of frequency.
    pub(crate) x_unit: String,
    /// Frequencies in `x_unit` for one cycle per unit of time.
    pub(crate) scale: f64,
}

/// Units of frequency that are a multiple of Hz: the time stays in seconds.
const MULTIPLES: [(&str, f64); 7] =
    [("Hz", 1.0), ("mHz", 1e3), ("kHz", 1e-3), ("MHz", 1e-6), ("GHz", 1e-9), ("bpm", 60.0), ("rpm", 60.0)];

/// Seconds in the units of time after `cycles/`.
const TIMES: [(&str, f64); 7] = [
    ("second", 1.0),
    ("minute", 60.0),
    ("hour", 3600.0),
    ("day", 86_400.0),
    ("week", 604_800.0),
    // A twelfth of the mean Gregorian year, and that year.
    ("month", 31_556_952.0 / 12.0),
    ("year", 31_556_952.0),
];

impl Axis {
    /// Creates an axis. `in_hz`: whether the rate is known to be per second.
    pub(crate) fn new(rate: f64, in_hz: bool, x_unit: &str) -> Self {
        let time = x_unit.strip_prefix("cycles/").map(|unit| unit.strip_suffix('s').unwrap_or(unit));
        let seconds = time.and_then(|unit| TIMES.iter().find(|(name, _)| *name == unit));
        let multiple = MULTIPLES.iter().find(|(name, _)| *name == x_unit).map_or(1.0, |(_, scale)| *scale);
        let rate = match seconds {
            Some((_, seconds)) if in_hz => rate * seconds,
            _ => rate,
        };
        Self { rate, x_unit: x_unit.to_owned(), scale: multiple }
    }

    /// Returns the unit of times.
    pub(crate) fn time_unit(&self) -> &str {
        self.x_unit.strip_prefix("cycles/").unwrap_or("s")
    }

    /// Returns the rate in units of frequency: with this rate, frequencies and densities are in `x_unit`.
    pub(crate) fn rate_in_x(&self) -> f64 {
        self.rate * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_converted_only_from_hertz() {
        let weekly = Axis::new(1.0 / 604_800.0, true, "cycles/year");
        assert!((weekly.rate_in_x() - 52.1775).abs() < 1e-9, "{weekly:?}");
        assert_eq!(Axis::new(1.0, false, "cycles/year").rate_in_x(), 1.0);
        assert_eq!(Axis::new(100.0, false, "bpm").rate_in_x(), 6000.0);
        assert_eq!(Axis::new(48_000.0, true, "kHz").rate_in_x(), 48.0);
        assert_eq!(Axis::new(8.0, true, "cycles/pixel").rate_in_x(), 8.0);
    }
}
