//! The text of a header.

use super::samples::Coding;
use crate::{Error, Place, Result};
use std::path::Path;

/// Content of a header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    /// Frames per second.
    pub(super) rate: f64,
    /// Stated number of frames.
    pub(super) frames: Option<u64>,
    pub(super) signals: Vec<Signal>,
}

/// One line of a signal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signal {
    pub(super) file: String,
    pub(super) format: Coding,
    pub(super) per_frame: u64,
    pub(super) skew: u64,
    /// Bytes before the first sample of the file.
    pub(super) offset: u64,
    gain: f64,
    baseline: f64,
    pub(super) unit: String,
    pub(super) name: String,
}

impl Signal {
    /// Returns the physical value; NaN for a missing sample.
    pub(super) fn physical(&self, digital: i32) -> f64 {
        if digital == self.format.missing() {
            return f64::NAN;
        }
        (f64::from(digital) - self.baseline) / self.gain
    }
}

const MAX_SIGNALS: usize = 4096;
const MAX_PER_FRAME: u64 = 1 << 16;

pub(super) fn parse(path: &Path, text: &[u8]) -> Result<Header> {
    described(path, text, false)
}

/// Reads the layout of a record whose segments have different signals: its signals have no files (format 0).
pub(super) fn layout(path: &Path, text: &[u8]) -> Result<Header> {
    described(path, text, true)
}

fn described(path: &Path, text: &[u8], layout: bool) -> Result<Header> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i as u64 + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let bad = |line: u64, reason: String| Error::malformed(path, Place::Line { line, column: None }, reason);
    let (at, record) =
        lines.next().ok_or_else(|| Error::malformed(path, Place::File, "the header has no lines"))?;
    let mut fields = record.split_whitespace();
    let name = fields.next().unwrap_or_default();
    if name.contains('/') {
        let reason = "a segment that consists of segments itself";
        return Err(Error::unsupported(path, Place::Line { line: at, column: None }, reason));
    }
    let count: usize = match fields.next().map(str::parse) {
        Some(Ok(count)) if (1..=MAX_SIGNALS).contains(&count) => count,
        other => {
            let shown =
                other.and_then(std::result::Result::ok).map_or("none".into(), |n: usize| n.to_string());
            return Err(bad(at, format!("the number of signals must be 1 … {MAX_SIGNALS}: {shown}")));
        }
    };
    // The frequency of a counter may follow a slash.
    let rate = fields.next().map_or(Ok(250.0), |field| {
        let own = field.split('/').next().unwrap_or_default();
        own.parse::<f64>().ok().filter(|rate| *rate > 0.0 && rate.is_finite()).ok_or(field)
    });
    let rate = rate.map_err(|field| bad(at, format!("the rate '{field}' is not a number above 0")))?;
    let frames = match fields.next().map(|field| (field, field.parse::<u64>())) {
        Some((_, Ok(frames))) => Some(frames).filter(|frames| *frames > 0),
        Some((field, Err(_))) => {
            return Err(bad(at, format!("the number of samples '{field}' is not a number")));
        }
        None => None,
    };
    let mut signals = Vec::new();
    for index in 0..count {
        let Some((line, text)) = lines.next() else {
            return Err(bad(at, format!("the header promises {count} signals and describes {index}")));
        };
        signals.push(signal(text, index, layout).map_err(|reason| match reason {
            Problem::Bad(reason) => bad(line, reason),
            Problem::Unread(reason) => Error::unsupported(path, Place::Line { line, column: None }, reason),
        })?);
    }
    Ok(Header { rate, frames, signals })
}

enum Problem {
    Bad(String),
    Unread(String),
}

/// `FILE FORMAT[xPER][:SKEW][+OFFSET] [GAIN[(BASELINE)][/UNIT] [BITS [ZERO [INITIAL [CHECKSUM [BLOCK [NAME]]]]]]]`.
fn signal(text: &str, index: usize, layout: bool) -> Result<Signal, Problem> {
    let mut rest = text;
    let mut next = || {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (field, other) = rest.split_at(end);
        rest = other;
        field
    };
    let file = next().to_owned();
    let format_field = next();
    let digits = format_field.find(|c: char| !c.is_ascii_digit()).unwrap_or(format_field.len());
    let number: u32 = format_field[..digits]
        .parse()
        .map_err(|_| Problem::Bad(format!("the format '{format_field}' is not a number")))?;
    // A layout has no samples; any coding stands for its format.
    let format = if layout && number == 0 { Some(Coding::S16) } else { Coding::of(number) };
    let format = format.ok_or_else(|| {
        Problem::Unread(format!(
            "format {number} is not supported; supported are 8, 16, 24, 32, 61, 80, 160, 212, 310 and 311; convert it, for example \
             with wfdb's `wrsamp`"
        ))
    })?;
    let (mut per_frame, mut skew, mut offset) = (1, 0, 0);
    let mut extra = &format_field[digits..];
    while let Some(mark) = extra.chars().next() {
        let body = extra.get(mark.len_utf8()..).unwrap_or_default();
        let len = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
        let value: u64 = body[..len].parse().map_err(|_| {
            Problem::Bad(format!("the format '{format_field}' has unexpected text at its end"))
        })?;
        match mark {
            'x' => per_frame = value,
            ':' => skew = value,
            '+' => offset = value,
            _ => {
                return Err(Problem::Bad(format!(
                    "the format '{format_field}' has unexpected text at its end"
                )));
            }
        }
        extra = &body[len..];
    }
    if !(1..=MAX_PER_FRAME).contains(&per_frame) {
        return Err(Problem::Bad(format!("{per_frame} samples per frame")));
    }
    let gain_field = next();
    let (gain_text, unit) = gain_field.split_once('/').unwrap_or((gain_field, "mV"));
    let (gain_text, baseline) = match gain_text.split_once('(') {
        Some((gain, rest)) => (gain, rest.trim_end_matches(')').parse::<f64>().ok()),
        None => (gain_text, None),
    };
    let gain: f64 = if gain_text.is_empty() {
        0.0
    } else {
        gain_text.parse().map_err(|_| Problem::Bad(format!("the gain '{gain_text}' is not a number")))?
    };
    // 200 units per millivolt if the gain is unknown, as the format defines.
    let gain = if gain == 0.0 || !gain.is_finite() { 200.0 } else { gain };
    let _bits = next();
    let zero: f64 = next().parse().unwrap_or(0.0);
    let (_initial, _checksum, _block) = (next(), next(), next());
    let name = match rest.trim() {
        "" => format!("ch{}", index + 1),
        name => name.to_owned(),
    };
    let unit = unit.to_owned();
    Ok(Signal { file, format, per_frame, skew, offset, gain, baseline: baseline.unwrap_or(zero), unit, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_signals() {
        let text = b"# made by hand\n100 2 360/360(0) 650000 0:0:0 0/0/0\n100.dat 212 200 11 1024 995 -22131 0 MLII\n\
            100.dat 16x4:3+512 1e3(-5)/uV 16 0 0 0 0 a long name\n# Age: 69\n";
        let header = parse(Path::new("100.hea"), text).unwrap();
        assert_eq!((header.rate, header.frames), (360.0, Some(650_000)));
        let [a, b] = &header.signals[..] else { panic!() };
        assert_eq!((a.name.as_str(), a.unit.as_str(), a.physical(1224)), ("MLII", "mV", 1.0));
        assert_eq!((b.name.as_str(), b.per_frame, b.skew, b.offset), ("a long name", 4, 3, 512));
        assert_eq!((b.unit.as_str(), b.physical(995)), ("uV", 1.0));
        assert!(a.physical(-2048).is_nan() && b.physical(-32768).is_nan());
    }

    #[test]
    fn refusals() {
        let of = |text: &[u8]| parse(Path::new("a.hea"), text).unwrap_err().to_string();
        assert!(of(b"").contains("no lines"));
        assert!(of(b"x/3 2 100\n").contains("segment"));
        assert!(of(b"x 2 100\na.dat 16\n").contains("describes 1"));
        assert!(of(b"x 1 100\na.dat 508\n").contains("format 508 is not supported"));
        assert!(of(b"x 1 abc\n").contains("rate 'abc'"));
        assert!(of(b"x 0 100\n").contains("number of signals"));
        assert!(of(b"x 1\na.dat 16x0\n").contains("0 samples per frame"));
    }
}
