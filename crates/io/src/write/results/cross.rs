//! Cross spectra and coherence of pairs of channels.

use super::Header;
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Cross spectra of one source: conj(X)·Y, as `scipy.signal.csd`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossResult {
    /// How they were estimated.
    #[serde(flatten)]
    pub header: Header,
    /// One entry per pair.
    pub channels: Vec<CrossChannel>,
}

/// The cross spectrum of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossChannel {
    /// `A:B`.
    pub name: String,
    /// Frequencies.
    pub freq: Vec<f64>,
    /// Real part.
    pub re: Vec<f64>,
    /// Imaginary part.
    pub im: Vec<f64>,
    /// Magnitude.
    pub magnitude: Vec<f64>,
    /// Phase by which B leads A, in radians.
    pub phase_rad: Vec<f64>,
}

/// Coherence of one source: |Pxy|² / (Pxx·Pyy), from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoherenceResult {
    /// How it was estimated.
    #[serde(flatten)]
    pub header: Header,
    /// One entry per pair.
    pub channels: Vec<CoherenceChannel>,
}

/// The coherence of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoherenceChannel {
    /// `A:B`.
    pub name: String,
    /// Frequencies.
    pub freq: Vec<f64>,
    /// Coherence.
    pub coherence: Vec<f64>,
}

/// Returns the columns of cross spectra; that of the pair's name can be hidden.
pub(super) fn columns(header: &Header, hides_name: bool) -> Vec<Column> {
    vec![
        Column::text("source").hidden_if(true),
        Column::text("channel").hidden_if(hides_name),
        Column::new("freq", &header.x_unit).with_step(header.bin_width),
        Column::new("re", &header.unit).hidden_if(true),
        Column::new("im", &header.unit).hidden_if(true),
        Column::new("magnitude", &header.unit),
        Column::new("phase_rad", "rad"),
    ]
}

/// Returns a row of [`columns`]: frequency, parts, magnitude and phase of a pair.
pub(super) fn cells<'a>(header: &'a Header, name: &'a str, numbers: [f64; 5]) -> [Cell<'a>; 7] {
    let [freq, re, im, magnitude, phase] = numbers.map(Cell::from);
    [header.source.as_str().into(), name.into(), freq, re, im, magnitude, phase]
}

impl Report for CrossResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        lines.extend(self.channels.iter().map(|c| format!("cross spectrum {}", c.name)));
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        columns(&self.header, self.channels.len() == 1)
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for c in &self.channels {
            for i in 0..c.freq.len() {
                row(&cells(
                    &self.header,
                    &c.name,
                    [c.freq[i], c.re[i], c.im[i], c.magnitude[i], c.phase_rad[i]],
                ))?;
            }
        }
        Ok(())
    }

    /// `csd` is `[pairs, bins, 2]`, the last axis real and imaginary part.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let bins = self.channels.first().map_or(0, |c| c.freq.len());
        let parts: Vec<f64> = self
            .channels
            .iter()
            .flat_map(|c| c.re.iter().zip(&c.im).flat_map(|(&re, &im)| [re, im]))
            .collect();
        let freq = self.channels.first().map(|c| c.freq.as_slice()).unwrap_or_default();
        vec![
            NamedArray::real("csd", &[self.channels.len(), bins, 2], parts),
            NamedArray::real("freq", &[bins], freq),
            NamedArray::text("channel_names", self.channels.iter().map(|c| c.name.clone()).collect()),
            self.header.meta(),
        ]
    }
}

impl Report for CoherenceResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        lines.extend(self.channels.iter().map(|c| format!("coherence {}", c.name)));
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("source").hidden_if(true),
            Column::text("channel").hidden_if(self.channels.len() == 1),
            Column::new("freq", &self.header.x_unit).with_step(self.header.bin_width),
            Column::new("coherence", ""),
        ]
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for c in &self.channels {
            for (&freq, &coherence) in c.freq.iter().zip(&c.coherence) {
                let (source, name) = (self.header.source.as_str(), c.name.as_str());
                row(&[source.into(), name.into(), freq.into(), coherence.into()])?;
            }
        }
        Ok(())
    }

    /// `coherence` is `[pairs, bins]`.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let bins = self.channels.first().map_or(0, |c| c.freq.len());
        let values: Vec<f64> = self.channels.iter().flat_map(|c| c.coherence.iter().copied()).collect();
        let freq = self.channels.first().map(|c| c.freq.as_slice()).unwrap_or_default();
        vec![
            NamedArray::real("coherence", &[self.channels.len(), bins], values),
            NamedArray::real("freq", &[bins], freq),
            NamedArray::text("channel_names", self.channels.iter().map(|c| c.name.clone()).collect()),
            self.header.meta(),
        ]
    }
}
