//! The fixed-width ASCII header of EDF, EDF+ and BDF.

use crate::read::source::Source;
use crate::{Error, Place, Result};

/// The whole header.
pub(super) struct Header {
    /// Whether samples have 24 bits (BDF) instead of 16.
    pub(super) bdf: bool,
    /// Whether the records are not contiguous in time (EDF+D).
    pub(super) discontinuous: bool,
    /// Offset of the first record.
    pub(super) start: u64,
    /// Stated number of records; `None` if the recording was not closed (−1).
    pub(super) records: Option<u64>,
    /// Seconds of one record.
    pub(super) duration: f64,
    pub(super) signals: Vec<Signal>,
    /// Bytes of one record.
    pub(super) record_bytes: u64,
}

/// One signal of the recording.
pub(super) struct Signal {
    pub(super) label: String,
    pub(super) unit: String,
    /// Samples in each record.
    pub(super) samples: u64,
    /// Offset in a record, in bytes.
    pub(super) offset: u64,
    /// Physical value = digital × gain + zero.
    pub(super) gain: f64,
    pub(super) zero: f64,
    pub(super) annotations: bool,
    /// The reason, if the samples have no usable scale and are returned as stored.
    pub(super) unscaled: Option<String>,
}

impl Header {
    pub(super) fn sample_bytes(&self) -> u64 {
        if self.bdf { 3 } else { 2 }
    }
}

/// Widths of the fields; each kind is stored for all signals before the next kind.
const WIDTHS: [usize; 10] = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32];
const LABEL: usize = 0;
const UNIT: usize = 2;
const PHYSICAL: [usize; 2] = [3, 4];
const DIGITAL: [usize; 2] = [5, 6];
const SAMPLES: usize = 8;

/// Returns whether the fixed part has numbers where the format requires them; names may be in any encoding.
pub(super) fn is_plausible(head: &[u8]) -> bool {
    let numeric = |at: usize, width: usize| head.get(at..at + width).and_then(parse_number).is_some();
    numeric(184, 8) && numeric(236, 8) && numeric(244, 8) && numeric(252, 4)
}

pub(super) fn parse(source: &mut Source) -> Result<Header> {
    let fixed: [u8; 256] = source.exact("the EDF header")?;
    let bdf = fixed.starts_with(b"\xffBIOSEMI");
    if !bdf && !fixed.starts_with(b"0       ") {
        let reason = "neither the version of EDF (0) nor that of BDF at the start";
        return Err(Error::malformed(source.name(), Place::Byte(0), reason));
    }
    let count = number(source, &fixed, 252, 4, "number of signals")?;
    let records = number(source, &fixed, 236, 8, "number of records")?;
    let duration = number(source, &fixed, 244, 8, "duration of a record")?;
    if !(1.0..=9999.0).contains(&count) || duration < 0.0 {
        let reason = format!("{count} signals in records of {duration} s");
        return Err(Error::malformed(source.name(), Place::Byte(244), reason));
    }
    let count = count as usize;
    // At most 9,999 signals of 256 bytes.
    let mut table = vec![0; count * 256];
    let got = source.fill(&mut table)?;
    if got < table.len() {
        let reason = format!("the header of {count} signals needs {} bytes, {got} are left", table.len());
        return Err(Error::truncated(source.name(), source.position(), reason));
    }
    let mut header = Header {
        bdf,
        discontinuous: matches!(&fixed[192..197], b"EDF+D" | b"BDF+D"),
        start: source.position(),
        records: (records >= 0.0).then_some(records as u64),
        duration,
        signals: Vec::with_capacity(count),
        record_bytes: 0,
    };
    for index in 0..count {
        let signal = signal(source, &table, count, index, header.record_bytes)?;
        header.record_bytes += signal.samples * header.sample_bytes();
        header.signals.push(signal);
    }
    if header.record_bytes == 0 {
        return Err(Error::malformed(source.name(), Place::Byte(256), "the records hold no samples"));
    }
    Ok(header)
}

fn signal(source: &Source, table: &[u8], count: usize, index: usize, offset: u64) -> Result<Signal> {
    let at = |kind: usize| WIDTHS[..kind].iter().sum::<usize>() * count + WIDTHS[kind] * index;
    let text = |kind: usize| latin(&table[at(kind)..at(kind) + WIDTHS[kind]]);
    let label = text(LABEL);
    let value = |kind: usize, what: &str| {
        let place = Place::Byte(256 + at(kind) as u64);
        parse_number(&table[at(kind)..at(kind) + WIDTHS[kind]]).ok_or_else(|| {
            let reason = format!("signal '{label}': the {what} '{}' is not a number", text(kind));
            Error::malformed(source.name(), place, reason)
        })
    };
    let annotations = matches!(label.as_str(), "EDF Annotations" | "BDF Annotations");
    let samples = value(SAMPLES, "number of samples")?;
    if !(0.0..1e9).contains(&samples) {
        let reason = format!("signal '{label}' has {samples} samples in a record");
        return Err(Error::malformed(source.name(), Place::Byte(256 + at(SAMPLES) as u64), reason));
    }
    // A dead or unused channel often has no scale; this does not affect the others.
    let scale = || {
        let field = |kind: usize, what: &str| {
            parse_number(&table[at(kind)..at(kind) + WIDTHS[kind]])
                .ok_or_else(|| format!("its {what} '{}' is not a number", text(kind)))
        };
        let (low, high) = (field(PHYSICAL[0], "physical minimum")?, field(PHYSICAL[1], "physical maximum")?);
        let (from, to) = (field(DIGITAL[0], "digital minimum")?, field(DIGITAL[1], "digital maximum")?);
        let gain = (high - low) / (to - from);
        if !gain.is_finite() || gain == 0.0 {
            return Err(format!("digital {from} … {to} stands for {low} … {high}"));
        }
        Ok((gain, low - from * gain))
    };
    let (mut gain, mut zero, mut unscaled) = (1.0, 0.0, None);
    if !annotations {
        match scale() {
            Ok(found) => (gain, zero) = found,
            Err(reason) => unscaled = Some(reason),
        }
    }
    let unit = text(UNIT);
    Ok(Signal { label, unit, samples: samples as u64, offset, gain, zero, annotations, unscaled })
}

fn number(source: &Source, fixed: &[u8; 256], at: usize, width: usize, what: &str) -> Result<f64> {
    let field = &fixed[at..at + width];
    parse_number(field).ok_or_else(|| {
        let reason = format!("the {what} '{}' is not a number", latin(field));
        Error::malformed(source.name(), Place::Byte(at as u64), reason)
    })
}

/// Some programs pad with zero bytes and write decimal commas.
fn parse_number(field: &[u8]) -> Option<f64> {
    latin(field).replace(',', ".").parse().ok().filter(|value: &f64| value.is_finite())
}

/// Decodes a field. The header should be ASCII; micro signs and names also occur in UTF-8 or Latin-1.
fn latin(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    match std::str::from_utf8(&field[..end]) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => field[..end].iter().map(|b| char::from(*b)).collect::<String>().trim().to_owned(),
    }
}
