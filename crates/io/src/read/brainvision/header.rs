//! The text of a header.

use crate::read::sample::{SampleKind, SampleType};
use crate::{Error, Place, Result};
use std::path::Path;

/// Content of a header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) data_file: String,
    pub(super) marker_file: Option<String>,
    pub(super) sample: SampleType,
    /// Whether channels are stored one after the other instead of interleaved.
    pub(super) planar: bool,
    pub(super) rate: f64,
    /// Samples per channel, if the header states them.
    pub(super) points: Option<u64>,
    pub(super) channels: Vec<Channel>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) resolution: f64,
}

const MAX_CHANNELS: usize = 65_536;

/// Returns whether a text begins like a header.
pub(super) fn is_header(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    [&b"Brain Vision Data Exchange Header"[..], b"BrainVision Data Exchange Header"]
        .iter()
        .any(|tag| head.starts_with(tag))
}

/// Decodes UTF-8, or Latin-1 as in older versions.
pub(super) fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

/// Returns the lines `KEY=VALUE` as (line, section, key, value), sections and keys in lower case. The section
/// `[Comment]` ends them.
pub(super) fn entries(text: &str) -> Vec<(u64, String, String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_ascii_lowercase();
        } else if section == "comment" || line.starts_with(';') {
        } else if let Some((key, value)) = line.split_once('=') {
            found.push((
                i as u64 + 1,
                section.clone(),
                key.trim().to_ascii_lowercase(),
                value.trim().to_owned(),
            ));
        }
    }
    found
}

pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Header> {
    if !is_header(bytes) {
        let reason = "no line 'Brain Vision Data Exchange Header File' at the start";
        return Err(Error::malformed(path, Place::Line { line: 1, column: None }, reason));
    }
    let text = text(bytes);
    let entries = entries(&text);
    let find = |section: &str, key: &str| {
        entries
            .iter()
            .find(|(_, s, k, _)| s == section && k == key)
            .map(|(line, _, _, value)| (*line, value.as_str()))
    };
    let common = |key: &str| find("common infos", key);
    let bad = |line: u64, reason: String| Error::malformed(path, Place::Line { line, column: None }, reason);
    let unread =
        |line: u64, reason: String| Error::unsupported(path, Place::Line { line, column: None }, reason);
    let missing = |key: &str| Error::malformed(path, Place::File, format!("the header has no {key}"));
    match common("dataformat") {
        Some((_, value)) if value.eq_ignore_ascii_case("BINARY") => {}
        Some((line, value)) => {
            let reason = format!(
                "DataFormat {value} is not supported, only BINARY is: export the recording as binary, or read the samples as a table \
                 (--input-format csv)"
            );
            return Err(unread(line, reason));
        }
        None => {}
    }
    if let Some((line, value)) = common("datatype")
        && !value.eq_ignore_ascii_case("TIMEDOMAIN")
    {
        return Err(unread(line, format!("DataType {value} is not supported, only TIMEDOMAIN is")));
    }
    let planar = match common("dataorientation") {
        Some((_, value)) if value.eq_ignore_ascii_case("MULTIPLEXED") => false,
        Some((_, value)) if value.eq_ignore_ascii_case("VECTORIZED") => true,
        Some((line, value)) => return Err(unread(line, format!("DataOrientation {value} is not known"))),
        None => false,
    };
    let big_endian =
        find("binary infos", "usebigendianorder").is_some_and(|(_, value)| value.eq_ignore_ascii_case("YES"));
    let kind = match find("binary infos", "binaryformat") {
        Some((_, value)) if value.eq_ignore_ascii_case("INT_16") => SampleKind::S16,
        Some((_, value)) if value.eq_ignore_ascii_case("UINT_16") => SampleKind::U16,
        Some((_, value)) if value.eq_ignore_ascii_case("INT_32") => SampleKind::S32,
        Some((_, value)) if value.eq_ignore_ascii_case("IEEE_FLOAT_32") => SampleKind::F32,
        Some((line, value)) => {
            let known = "supported are INT_16, UINT_16, INT_32 and IEEE_FLOAT_32";
            return Err(unread(line, format!("BinaryFormat {value} is not supported; {known}")));
        }
        None => return Err(missing("BinaryFormat")),
    };
    let (line, count) = common("numberofchannels").ok_or_else(|| missing("NumberOfChannels"))?;
    let count: usize = count
        .parse()
        .ok()
        .filter(|count| (1..=MAX_CHANNELS).contains(count))
        .ok_or_else(|| bad(line, format!("the number of channels is '{count}'")))?;
    let (line, interval) = common("samplinginterval").ok_or_else(|| missing("SamplingInterval"))?;
    let interval: f64 = interval
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite() && *value > 0.0)
        .ok_or_else(|| bad(line, format!("the sampling interval is '{interval}' µs")))?;
    let mut channels = Vec::new();
    for index in 1..=count {
        // Missing descriptions of stated channels end the loop.
        let Some((line, value)) = find("channel infos", &format!("ch{index}")) else {
            let reason =
                format!("the header promises {count} channels and does not describe channel {index}");
            return Err(Error::malformed(path, Place::File, reason));
        };
        channels.push(channel(value, index).map_err(|reason| bad(line, reason))?);
    }
    let (_, data_file) = common("datafile").ok_or_else(|| missing("DataFile"))?;
    Ok(Header {
        data_file: data_file.to_owned(),
        marker_file: common("markerfile").map(|(_, value)| value.to_owned()).filter(|name| !name.is_empty()),
        sample: SampleType { kind, big_endian },
        planar,
        rate: 1e6 / interval,
        points: common("datapoints").and_then(|(_, value)| value.parse().ok()).filter(|points| *points > 0),
        channels,
    })
}

/// Parses `NAME,REFERENCE,RESOLUTION,UNIT`, with `\1` for a comma in a field.
fn channel(value: &str, index: usize) -> std::result::Result<Channel, String> {
    let mut fields = value.split(',').map(|field| field.trim().replace("\\1", ","));
    let name = fields.next().filter(|name| !name.is_empty()).unwrap_or_else(|| format!("ch{index}"));
    let _reference = fields.next();
    let resolution = match fields.next().filter(|text| !text.is_empty()) {
        None => 1.0,
        Some(text) => text
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite() && *value != 0.0)
            .ok_or_else(|| format!("channel '{name}': the resolution '{text}' is not a number"))?,
    };
    let unit = fields.next().filter(|unit| !unit.is_empty()).unwrap_or_else(|| "µV".into());
    Ok(Channel { name, unit, resolution })
}
