//! Contents of a file.

use super::SCHEMA;
use crate::read::{Annotation, SignalInfo};
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::Serialize;

/// Properties of one signal of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InfoResult {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name of the program or library that made the result.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// `info`.
    pub command: String,
    /// File name, and the part of a file that holds several signals.
    pub source: String,
    /// Duration of the samples in seconds (in the unit of time of the rate), if length and rate are known.
    pub duration_s: Option<f64>,
    /// Time from the first sample to the end of the last one, pauses included.
    pub span_s: Option<f64>,
    /// Annotations of the file, in order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Properties reported by the reader.
    #[serde(flatten)]
    pub info: SignalInfo,
}

impl InfoResult {
    /// Creates a result for one signal.
    pub fn new(
        tool: &str,
        version: &str,
        source: String,
        info: SignalInfo,
        annotations: Vec<Annotation>,
    ) -> Self {
        let duration_s = info.frames.zip(info.sample_rate).map(|(frames, rate)| frames as f64 / rate);
        let span_s = info.end_s().map(|end| end - info.start_s);
        let (tool, version, command) = (tool.into(), version.into(), "info".into());
        Self { schema: SCHEMA, tool, version, command, source, duration_s, span_s, annotations, info }
    }
}

/// Largest number of annotations and captures in the caption; JSON has all.
const SHOWN: usize = 10;

impl InfoResult {
    fn captures(&self) -> Vec<String> {
        let of = |c: &crate::read::Capture| {
            let mut text = format!("sample {}", c.sample);
            text += &c.start_s.map_or_else(String::new, |at| format!(" at {at} s"));
            text += &c.center_freq.map_or_else(String::new, |hz| format!(", {hz} Hz"));
            text + &c.datetime.as_ref().map_or_else(String::new, |when| format!(", {when}"))
        };
        self.info.captures.iter().take(SHOWN).map(of).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let of = |a: &Annotation| match a.duration_s {
            Some(length) => format!("{} s (+{length} s) {}", a.start_s, a.text),
            None => format!("{} s {}", a.start_s, a.text),
        };
        self.annotations.iter().take(SHOWN).map(of).collect()
    }

    fn listed(&self, shown: &[String]) -> String {
        let all = if shown.len() < SHOWN { "" } else { "; …" };
        format!("{}{all}", shown.join("; "))
    }
}

impl Report for InfoResult {
    fn caption(&self) -> Vec<String> {
        let info = &self.info;
        let rate = match info.sample_rate {
            Some(rate) if info.rate_in_hz => format!("{rate} Hz"),
            Some(rate) => format!("{rate} samples per unit of time"),
            None => "rate unknown (--rate)".into(),
        };
        let length = match (info.frames, self.duration_s) {
            (Some(frames), Some(duration)) => match self.span_s.filter(|_| !info.pauses.is_empty()) {
                Some(span) => format!("{frames} samples, {duration:.3} s in {span:.3} s with pauses"),
                None => format!("{frames} samples, {duration:.3} s"),
            },
            (Some(frames), None) => format!("{frames} samples"),
            (None, _) => "length unknown".into(),
        };
        let kind = if info.complex { "complex " } else { "" };
        let count = info.channels.len();
        let channels = if count == 1 { "1 channel".into() } else { format!("{count} channels") };
        let mut lines = vec![format!("{}: {kind}{}, {channels}, {rate}, {length}", self.source, info.format)];
        lines.extend(info.center_freq.map(|f| format!("centre frequency {f} Hz")));
        if info.start_s != 0.0 {
            lines.push(format!("begins at {} s", info.start_s));
        }
        if !info.captures.is_empty() {
            lines.push(format!("{} captures: {}", info.captures.len(), self.listed(&self.captures())));
        }
        if !self.annotations.is_empty() {
            lines.push(format!("{} annotations: {}", self.annotations.len(), self.listed(&self.remarks())));
        }
        lines.extend(info.notes.iter().map(|n| format!("note: {n}")));
        lines
    }

    fn columns(&self) -> Vec<Column> {
        let number = |name| Column::new(name, "").hidden_if(true);
        vec![
            Column::text("source").hidden_if(true),
            Column::text("channel"),
            Column::text("unit"),
            Column::text("format").hidden_if(true),
            number("sample_rate"),
            Column::int("frames").hidden_if(true),
            number("duration_s"),
        ]
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        let format = self.info.format.to_string();
        for channel in &self.info.channels {
            row(&[
                self.source.as_str().into(),
                channel.name.as_str().into(),
                channel.unit.as_deref().map_or(Cell::Empty, Cell::Text),
                format.as_str().into(),
                self.info.sample_rate.into(),
                self.info.frames.map_or(Cell::Empty, |f| Cell::Int(i64::try_from(f).unwrap_or(i64::MAX))),
                self.duration_s.into(),
            ])?;
        }
        Ok(())
    }

    fn arrays(&self) -> Vec<NamedArray<'_>> {
        Vec::new()
    }
}
