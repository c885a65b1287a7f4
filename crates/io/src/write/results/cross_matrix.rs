//! Cross spectra of all pairs of channels.

use super::Header;
use super::cross::{cells, columns};
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Cross-spectral matrix of one source: conj(X)·Y per bin, as `scipy.signal.csd` of each pair. It is Hermitian; `pairs` contains
/// the diagonal (the powers) and what is above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossMatrixResult {
    /// How it was estimated.
    #[serde(flatten)]
    pub header: Header,
    /// Names of the channels, in the order of both axes.
    pub channel_names: Vec<String>,
    /// Frequencies of all pairs.
    pub freq: Vec<f64>,
    /// The pairs i ≤ j, row by row.
    pub pairs: Vec<CrossPair>,
}

/// One entry of the matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossPair {
    /// `A:B`.
    pub name: String,
    /// Index of A, the row.
    pub i: usize,
    /// Index of B, the column.
    pub j: usize,
    /// Real part per frequency.
    pub re: Vec<f64>,
    /// Imaginary part per frequency.
    pub im: Vec<f64>,
}

impl Report for CrossMatrixResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        let (channels, pairs) = (self.channel_names.len(), self.pairs.len());
        lines.push(format!("cross spectra of all pairs of {channels} channels ({pairs} with the powers)"));
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        columns(&self.header, false)
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for pair in &self.pairs {
            for ((&freq, &re), &im) in self.freq.iter().zip(&pair.re).zip(&pair.im) {
                row(&cells(&self.header, &pair.name, [freq, re, im, re.hypot(im), im.atan2(re)]))?;
            }
        }
        Ok(())
    }

    /// `csd` is the whole matrix, `[channels, channels, bins, 2]`, the last axis real and imaginary part.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let (channels, bins) = (self.channel_names.len(), self.freq.len());
        let mut parts = vec![0.0; channels * channels * bins * 2];
        for pair in &self.pairs {
            let mut write = |i: usize, j: usize, sign: f64| {
                let first = (i * channels + j) * bins * 2;
                let out = parts[first..first + 2 * bins].chunks_exact_mut(2);
                for (out, (&re, &im)) in out.zip(pair.re.iter().zip(&pair.im)) {
                    (out[0], out[1]) = (re, sign * im);
                }
            };
            // The diagonal last, so that its zeros have no sign.
            write(pair.j, pair.i, -1.0);
            write(pair.i, pair.j, 1.0);
        }
        vec![
            NamedArray::real("csd", &[channels, channels, bins, 2], parts),
            NamedArray::real("freq", &[bins], self.freq.as_slice()),
            NamedArray::text("channel_names", self.channel_names.clone()),
            self.header.meta(),
        ]
    }
}
