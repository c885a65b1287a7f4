//! The JSON half of a recording.

use crate::read::{Annotation, RawFormat};
use crate::{Error, Place, Result};
use serde::Deserialize;
use std::path::Path;

/// Largest size of a description.
pub(super) const MAX_META: u64 = 64 << 20;

/// The fields that are used. Numbers are read as floats, because some programs write `1e6` instead of an integer.
#[derive(Debug, Deserialize)]
pub(super) struct Meta {
    pub(super) global: Global,
    #[serde(default)]
    pub(super) captures: Vec<Capture>,
    #[serde(default)]
    pub(super) annotations: Vec<Remark>,
}

/// An annotation in SigMF's notation.
#[derive(Debug, Deserialize)]
pub(super) struct Remark {
    #[serde(rename = "core:sample_start", default)]
    sample_start: f64,
    #[serde(rename = "core:sample_count")]
    sample_count: Option<f64>,
    #[serde(rename = "core:freq_lower_edge")]
    lower: Option<f64>,
    #[serde(rename = "core:freq_upper_edge")]
    upper: Option<f64>,
    #[serde(rename = "core:label")]
    label: Option<String>,
    #[serde(rename = "core:description")]
    description: Option<String>,
    #[serde(rename = "core:comment")]
    comment: Option<String>,
}

/// Largest number of annotations that are kept per file.
const MAX_ANNOTATIONS: usize = 1 << 20;

/// Returns the annotations on the time axis of the recording; none without a rate.
pub(super) fn annotations(meta: &Meta, positions: &[u64], rate: Option<f64>) -> Vec<Annotation> {
    let Some(rate) = rate else { return Vec::new() };
    let seconds = |sample: f64| {
        // The capture that the sample lies in has the time.
        let capture = meta.captures.iter().rposition(|c| c.sample_start <= sample);
        let shift = capture.zip(capture.and_then(|i| positions.get(i)));
        let shift = shift.map_or(0.0, |(i, position)| *position as f64 - meta.captures[i].sample_start);
        (sample + shift) / rate
    };
    let shown = |remark: &Remark| {
        let parts = [&remark.label, &remark.description, &remark.comment];
        let mut text: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        text.dedup();
        Annotation {
            start_s: seconds(remark.sample_start),
            duration_s: remark.sample_count.map(|count| count / rate),
            text: text.join(": "),
            band_hz: remark.lower.zip(remark.upper),
        }
    };
    meta.annotations.iter().take(MAX_ANNOTATIONS).map(shown).collect()
}

#[derive(Debug, Deserialize)]
pub(super) struct Global {
    #[serde(rename = "core:datatype")]
    pub(super) datatype: String,
    #[serde(rename = "core:sample_rate")]
    pub(super) sample_rate: Option<f64>,
    #[serde(rename = "core:num_channels")]
    pub(super) channels: Option<f64>,
    #[serde(rename = "core:dataset")]
    pub(super) dataset: Option<String>,
    #[serde(rename = "core:trailing_bytes")]
    pub(super) trailing_bytes: Option<f64>,
    #[serde(rename = "core:metadata_only", default)]
    pub(super) metadata_only: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Capture {
    #[serde(rename = "core:sample_start", default)]
    pub(super) sample_start: f64,
    #[serde(rename = "core:frequency")]
    pub(super) frequency: Option<f64>,
    #[serde(rename = "core:global_index")]
    pub(super) global_index: Option<f64>,
    #[serde(rename = "core:header_bytes")]
    pub(super) header_bytes: Option<f64>,
    #[serde(rename = "core:datetime")]
    pub(super) datetime: Option<String>,
}

impl Capture {
    /// Converts to the form of results; `position` is its first sample on the time axis of the recording.
    pub(super) fn shown(&self, position: u64, rate: Option<f64>) -> crate::read::Capture {
        crate::read::Capture {
            sample: self.sample_start as u64,
            start_s: rate.map(|rate| position as f64 / rate),
            center_freq: self.frequency,
            datetime: self.datetime.clone(),
        }
    }
}

pub(super) fn parse(path: &Path, text: &[u8]) -> Result<Meta> {
    serde_json::from_slice(text).map_err(|error| {
        let place = Place::Line { line: error.line() as u64, column: None };
        Error::malformed(path, place, format!("character {}: {error}", error.column()))
    })
}

/// `cf32_le`, `ri16_be`, `cu8`, …
pub(super) fn datatype(path: &Path, text: &str) -> Result<RawFormat> {
    let unknown = || {
        let expected = "r or c, then f32 f64 i32 i16 i8 u32 u16 u8, then _le or _be";
        Error::unsupported(
            path,
            Place::File,
            format!("core:datatype '{text}' is not supported, expected {expected}"),
        )
    };
    let name = text.replacen('_', "", 1);
    let raw = match name.split_at_checked(1) {
        Some(("c", kind)) => format!("iq-{kind}"),
        Some(("r", kind)) => kind.to_owned(),
        _ => return Err(unknown()),
    };
    raw.parse().map_err(|_| unknown())
}

/// Returns a count or an index: a whole number that is not negative.
pub(super) fn whole(path: &Path, value: f64, name: &str) -> Result<u64> {
    if value.fract() == 0.0 && (0.0..9.0e15).contains(&value) {
        return Ok(value as u64);
    }
    Err(Error::malformed(path, Place::File, format!("{name} is {value}, not a whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datatypes() {
        for (text, name) in [
            ("cf32_le", "iq-f32le"),
            ("ri16_be", "s16be"),
            ("cu8", "iq-u8"),
            ("ri8", "s8"),
            ("ru32_le", "u32le"),
        ] {
            assert_eq!(datatype(Path::new("a"), text).unwrap().to_string(), name);
        }
        for bad in ["", "f32_le", "cf32_xx", "r", "cx8", "é"] {
            assert!(datatype(Path::new("a"), bad).is_err(), "{bad}");
        }
    }
}
