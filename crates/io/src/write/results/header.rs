//! Provenance of a spectral result.

use serde::{Deserialize, Serialize};

/// Version of the results' names.
pub const SCHEMA: u32 = 1;

/// The fields at the beginning of every spectral result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name of the program or library that made the result.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Kind of result: `peaks`, `psd`, `cross`, `coherence`, `spectrogram`, `mel`.
    pub command: String,
    /// File name, or `-` for standard input.
    pub source: String,
    /// Samples per second, or per U where `x_unit` is `cycles/U`.
    pub sample_rate: f64,
    /// Unit of the frequency axis: `Hz`, `cycles/year`, …
    pub x_unit: String,
    /// Transform length.
    pub n_fft: usize,
    /// Distance between two bins in `x_unit`, for the digits of a table; 0 if unknown.
    #[serde(skip)]
    pub bin_width: f64,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// The window, with its parameter.
    pub window: String,
    /// Detrending of each segment.
    pub detrend: String,
    /// How segments are averaged.
    pub average: String,
    /// `spectrum`, `density` or `raw`.
    pub scaling: String,
    /// Unit of the powers.
    pub unit: String,
    /// Segments averaged into one spectrum (the largest number of any channel or frame).
    pub segments: u64,
    /// Names of the fields above whose values are defaults.
    #[serde(default)]
    pub defaults: Vec<String>,
    /// Notes: samples filled, segments skipped, gaps.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Header {
    /// Returns the caption's lines: source and rate, then the estimate, then the notes.
    pub(super) fn caption(&self) -> Vec<String> {
        let marked = |name: &str, value: String| {
            if self.defaults.iter().any(|d| d == name) { format!("{value} (default)") } else { value }
        };
        let mut parts = vec![marked("n_fft", format!("n_fft {}", self.n_fft))];
        parts.push(marked("hop", format!("hop {}", self.hop)));
        parts.push(marked("window", format!("window {}", self.window)));
        if !self.detrend.is_empty() {
            parts.push(marked("detrend", format!("detrend {}", self.detrend)));
        }
        if !self.average.is_empty() {
            let plural = if self.segments == 1 { "" } else { "s" };
            let text = format!("{} of {} segment{plural}", self.average, self.segments);
            parts.push(marked("average", text));
        }
        if !self.scaling.is_empty() {
            parts.push(marked("scaling", format!("scaling {}", self.scaling)));
        }
        let rate = match self.x_unit.strip_prefix("cycles/") {
            Some(unit) => format!("{} samples/{unit}", self.sample_rate),
            None => format!("{} Hz", self.sample_rate),
        };
        let mut lines = vec![format!("{}: {}, {}", self.command, self.source, rate), parts.join(", ")];
        lines.extend(self.notes.iter().map(|n| format!("note: {n}")));
        lines
    }

    /// Returns the unit of times: `s`, or U if `x_unit` is `cycles/U`.
    pub(super) fn time_unit(&self) -> &str {
        self.x_unit.strip_prefix("cycles/").unwrap_or("s")
    }

    /// Returns the time from one segment to the next.
    pub(super) fn frame_step(&self) -> f64 {
        self.hop as f64 / self.sample_rate
    }

    /// Returns this header as one line of JSON, for the `meta` array of an NPZ.
    pub(super) fn meta(&self) -> super::super::NamedArray<'static> {
        super::super::NamedArray::scalar_text("meta", self.json())
    }

    /// Returns this header as one line of JSON.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Returns the unit of a power: `V²` for spectra, `V²/Hz` for densities, `raw` for unscaled powers.
pub fn power_unit(scaling: &str, unit: Option<&str>, x_unit: &str) -> String {
    let base = match unit {
        Some(unit) if !unit.is_empty() => unit,
        _ => "unit",
    };
    let squared = if base.contains(['/', ' ', '*']) { format!("({base})²") } else { format!("{base}²") };
    match scaling {
        "density" if x_unit.contains('/') => format!("{squared}/({x_unit})"),
        "density" => format!("{squared}/{x_unit}"),
        "raw" => "raw".into(),
        _ => squared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_powers() {
        assert_eq!(power_unit("density", Some("uV"), "Hz"), "uV²/Hz");
        assert_eq!(power_unit("spectrum", None, "Hz"), "unit²");
        assert_eq!(power_unit("density", Some("m/s"), "cycles/year"), "(m/s)²/(cycles/year)");
        assert_eq!(power_unit("raw", Some("V"), "Hz"), "raw");
    }
}
