//! Parsers of quantities: `1.5s`, `0.5:45`, `50%`, `Fp1:Fp2`.

/// A frequency band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Band {
    /// Lower end; `None` is open.
    pub(crate) lo: Option<f64>,
    /// Upper end; `None` is open.
    pub(crate) hi: Option<f64>,
}

impl Band {
    /// Returns whether a frequency is in the band, ends included.
    pub(crate) fn contains(&self, freq: f64) -> bool {
        self.lo.is_none_or(|lo| freq >= lo) && self.hi.is_none_or(|hi| freq <= hi)
    }
}

/// Two channels, by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The first.
    pub(crate) a: String,
    /// The second.
    pub(crate) b: String,
}

fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("'{text}' is not a number")),
    }
}

/// Parses a duration: `1.5`, `1.5s`, `250ms`, `40us`, `2min`, `1h`, `3d`. Without a unit it is in seconds (in the
/// unit of `--x-unit cycles/…`).
pub(crate) fn duration(text: &str) -> Result<f64, String> {
    const UNITS: [(&str, f64); 8] = [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("min", 60.0),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("d", 86_400.0),
    ];
    let text = text.trim();
    let (digits, factor) = UNITS
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, *factor)))
        .unwrap_or((text, 1.0));
    let value = number(digits)
        .map_err(|_| format!("'{text}' is not a length of time such as 1.5s, 250ms or 2min"))?;
    if value < 0.0 {
        return Err(format!("'{text}' is negative"));
    }
    Ok(value * factor)
}

/// Parses `LO:HI`; either end may be omitted.
pub(crate) fn band(text: &str) -> Result<Band, String> {
    let (lo, hi) = text.split_once(':').ok_or_else(|| format!("'{text}' is not LO:HI, such as 0.5:45"))?;
    let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
    let band = Band { lo: end(lo)?, hi: end(hi)? };
    match (band.lo, band.hi) {
        (None, None) => Err("both ends are missing".into()),
        (Some(lo), Some(hi)) if lo >= hi => {
            Err(format!("the lower end {lo} is not below the upper end {hi}"))
        }
        _ => Ok(band),
    }
}

/// Parses a share below 1: `50%`, `50` or `0.5`.
pub(crate) fn overlap(text: &str) -> Result<f64, String> {
    let value = match text.trim().strip_suffix('%') {
        Some(percent) => number(percent)? / 100.0,
        None => {
            let value = number(text)?;
            if value >= 1.0 { value / 100.0 } else { value }
        }
    };
    if (0.0..1.0).contains(&value) {
        Ok(value)
    } else {
        Err(format!("'{text}' is not in 0 % … 100 % (without its end)"))
    }
}

/// Channels of cross spectra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cross {
    /// Two channels.
    Pair(Pair),
    /// All pairs of the selected channels.
    All,
}

/// Parses `A:B` or `all`.
pub(crate) fn cross(text: &str) -> Result<Cross, String> {
    if text.trim() == "all" {
        return Ok(Cross::All);
    }
    let pair = pair(text).map_err(|reason| format!("{reason}; all means all pairs"))?;
    Ok(Cross::Pair(pair))
}

/// Parses `A:B`; a name that contains a colon is quoted: `"EEG:1":Resp`, where `""` means a quote.
pub(crate) fn pair(text: &str) -> Result<Pair, String> {
    let wrong = || {
        format!(
            "'{text}' is not A:B, two channels by name or number; quote a name that contains a colon: '\"A:1\":B'"
        )
    };
    let (a, rest) = name(text).ok_or_else(wrong)?;
    let rest = rest.strip_prefix(':').ok_or_else(wrong)?;
    let (b, rest) = name(rest).ok_or_else(wrong)?;
    if a.is_empty() || b.is_empty() || !rest.is_empty() {
        return Err(wrong());
    }
    Ok(Pair { a, b })
}

/// Returns the name at the start of a text, quoted or up to a colon, and what follows it.
fn name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(':').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

/// Parses a number with an optional prefix: `100M`, `2.4G`, `433920k`.
pub(crate) fn with_prefix(text: &str) -> Result<f64, String> {
    const PREFIXES: [(char, f64); 3] = [('k', 1e3), ('M', 1e6), ('G', 1e9)];
    let text = text.trim();
    match PREFIXES.iter().find_map(|(prefix, factor)| Some((text.strip_suffix(*prefix)?, factor))) {
        Some((digits, factor)) => Ok(number(digits)? * factor),
        None => number(text),
    }
}

/// Parses a sample rate above 0: `48000`, `48k`, `2.048M`.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let value = with_prefix(text)?;
    if value > 0.0 { Ok(value) } else { Err(format!("{value} is not above 0")) }
}

/// Parses a number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 { Ok(value) } else { Err(format!("{value} is not above 0")) }
}

/// Parses a finite number.
pub(crate) fn finite(text: &str) -> Result<f64, String> {
    number(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("1", 1.0), ("1.5s", 1.5), ("250ms", 0.25), ("2min", 120.0), ("2m", 120.0), ("1h", 3600.0)]
        {
            assert_eq!(duration(text), Ok(seconds), "{text}");
        }
        assert!((duration("40us").unwrap() - 4e-5).abs() < 1e-20);
        for text in ["", "s", "-1s", "1x", "nan", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bands_and_their_open_ends() {
        assert_eq!(band("0.5:45"), Ok(Band { lo: Some(0.5), hi: Some(45.0) }));
        assert_eq!(band(":45"), Ok(Band { lo: None, hi: Some(45.0) }));
        assert!(band("2:").unwrap().contains(2.0));
        assert!(!band("-2:2").unwrap().contains(2.1));
        for text in ["45", "5:5", "6:5", ":", "a:b"] {
            assert!(band(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs() {
        let two = |a: &str, b: &str| Ok(Pair { a: a.into(), b: b.into() });
        assert_eq!(pair("Fp1:O2"), two("Fp1", "O2"));
        assert_eq!(pair("\"EEG:1\":Resp"), two("EEG:1", "Resp"));
        assert_eq!(pair("1:\"a:\"\"b\"\"\""), two("1", "a:\"b\""));
        for text in ["", "a", "a:", ":b", "a:b:c", "\"a:b", "\"a\"b:c", "\"\":b"] {
            assert!(pair(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_may_have_prefixes() {
        for (text, hz) in [("48000", 48e3), ("48k", 48e3), ("2.048M", 2.048e6), ("1G", 1e9)] {
            assert_eq!(rate(text), Ok(hz), "{text}");
        }
        for text in ["", "M", "-1k", "0", "1T"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn overlaps() {
        for (text, share) in [("50%", 0.5), ("50", 0.5), ("0.5", 0.5), ("0", 0.0), ("87.5 %", 0.875)] {
            assert_eq!(overlap(text), Ok(share), "{text}");
        }
        for text in ["100", "100%", "-1", "x"] {
            assert!(overlap(text).is_err(), "{text}");
        }
    }
}
