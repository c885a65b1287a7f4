//! Units in names of columns and in rows of units.

/// Units of time: their spellings in lower case, and their seconds.
const TIMES: [(&[&str], f64); 7] = [
    (
        &["s", "sec", "secs", "second", "seconds", "sekunde", "sekunden", "seconde", "secondes", "segundos"],
        1.0,
    ),
    (&["ms", "msec", "msecs", "millis", "millisec", "millisecond", "milliseconds", "millisekunden"], 1e-3),
    (&["us", "µs", "μs", "usec", "usecs", "micros", "microsec", "microsecond", "microseconds"], 1e-6),
    (&["ns", "nsec", "nsecs", "nanos", "nanosec", "nanosecond", "nanoseconds"], 1e-9),
    (&["min", "mins", "minute", "minutes", "minuten"], 60.0),
    (&["h", "hr", "hrs", "hour", "hours", "std", "stunden", "heures"], 3600.0),
    (&["d", "day", "days", "tage", "jours"], 86_400.0),
];

/// Seconds of a unit of time: `ms`, `µs`, `min`, …
pub fn time_unit(text: &str) -> Option<f64> {
    let lower = text.trim().trim_end_matches('.').to_lowercase();
    TIMES.iter().find(|(names, _)| names.contains(&lower.as_str())).map(|(_, seconds)| *seconds)
}

/// Returns the unit that a column's name ends with: `Lead II [mV]`, `Channel 1 (V)`, `Zeit, s`.
///
/// Text in square brackets always counts as a unit; otherwise it must be a known unit.
pub(in crate::read) fn of_name(name: &str) -> Option<String> {
    let name = name.trim();
    let inside = |open: char, close: char| {
        let (_, inner) = name.strip_suffix(close)?.rsplit_once(open)?;
        Some(inner.trim()).filter(|inner| !inner.is_empty())
    };
    if let Some(unit) = inside('[', ']') {
        return Some(unit.to_owned());
    }
    let bare = inside('(', ')').or_else(|| {
        let (base, unit) = name.rsplit_once([',', '/'])?;
        Some(unit.trim()).filter(|_| !base.trim().is_empty())
    });
    bare.filter(|unit| is_unit(unit)).map(str::to_owned)
}

/// Returns the unit of time that the name of a column of times ends with, also `time_ms`, `t us` and `timeMs`.
pub(in crate::read) fn time_of_name(name: &str) -> Option<f64> {
    if let Some(unit) = of_name(name) {
        return time_unit(&unit);
    }
    let name = name.trim();
    if let Some((_, last)) = name.rsplit_once(['_', ' ', '.', '-'])
        && let Some(seconds) = time_unit(last)
    {
        return Some(seconds);
    }
    let camel = name.rfind(|c: char| c.is_uppercase()).filter(|at| *at > 0)?;
    time_unit(&name[camel..]).filter(|_| name[..camel].ends_with(|c: char| c.is_lowercase()))
}

/// Returns whether a text is a unit, such as `m/s²`, `µV`, `(ms)`.
pub(super) fn is_unit(text: &str) -> bool {
    let text = text.trim();
    let stripped = [('(', ')'), ('[', ']')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close)));
    let bare = stripped.unwrap_or(text).trim();
    if bare.is_empty() || bare.chars().count() > 16 {
        return false;
    }
    time_unit(bare).is_some() || bare.split(['/', '*', '·', ' ', '⋅']).all(|factor| is_factor(factor.trim()))
}

/// Returns a unit without its brackets.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    [('(', ')'), ('[', ']')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close)))
        .unwrap_or(text)
        .trim()
}

fn is_factor(factor: &str) -> bool {
    const BASES: [&str; 44] = [
        "V", "A", "W", "Hz", "g", "m", "s", "K", "Pa", "bar", "N", "J", "T", "Ω", "Ohm", "ohm", "F", "H",
        "C", "lx", "lm", "mol", "L", "l", "rad", "S", "sps", "B", "eV", "VA", "Wh", "Ah", "Gs", "G", "min",
        "h", "Volt", "Volts", "Ampere", "Amp", "Amps", "Watt", "volts", "volt",
    ];
    const WHOLE: [&str; 26] = [
        "%", "°", "°C", "°F", "deg", "degC", "degF", "rpm", "bpm", "mmHg", "psi", "ppm", "ppb", "count",
        "counts", "LSB", "a.u.", "au", "dB", "dBm", "dBV", "dBFS", "raw", "1", "-", "sqrt(Hz)",
    ];
    const PREFIXES: [char; 12] = ['p', 'n', 'u', 'µ', 'μ', 'm', 'c', 'd', 'h', 'k', 'M', 'G'];
    if WHOLE.contains(&factor) {
        return true;
    }
    let base = factor.trim_end_matches(['2', '3', '4', '²', '³', '^', '-', '¹', '⁻', '1']);
    let base = if base.is_empty() { factor } else { base };
    BASES.contains(&base)
        || WHOLE.contains(&base)
        || base.strip_prefix(PREFIXES).is_some_and(|rest| BASES.contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_times_in_names() {
        for (name, seconds) in [
            ("time [ms]", Some(1e-3)),
            ("Time (s)", Some(1.0)),
            ("t_us", Some(1e-6)),
            ("timestamp_ns", Some(1e-9)),
            ("Zeit, min", Some(60.0)),
            ("timeMs", Some(1e-3)),
            ("Elapsed h", Some(3600.0)),
            ("t (µs)", Some(1e-6)),
            ("time", None),
            ("t", None),
            ("year", None),
            ("Time (V)", None),
        ] {
            assert_eq!(time_of_name(name), seconds, "{name}");
        }
    }

    #[test]
    fn units_of_channels() {
        for (name, unit) in [
            ("Lead II [mV]", Some("mV")),
            ("Channel 1 (V)", Some("V")),
            ("Acc X (m/s²)", Some("m/s²")),
            ("EEG (Fp1)", None),
            ("a [anything]", Some("anything")),
            ("plain", None),
        ] {
            assert_eq!(of_name(name).as_deref(), unit, "{name}");
        }
        for unit in
            ["s", "ms", "m/s2", "m/s^2", "(V)", "[mV]", "°C", "%", "Hz", "kPa", "µT", "deg/s", "Volt", "g"]
        {
            assert!(is_unit(unit), "{unit}");
        }
        for text in ["Acc X", "time", "Fp1", "value", "x", "12", "ADP3450", ""] {
            assert!(!is_unit(text), "{text}");
        }
    }
}
