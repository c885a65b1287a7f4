//! Power spectra.

use super::{Header, level_db};
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Power spectra of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PsdResult {
    /// How they were estimated.
    #[serde(flatten)]
    pub header: Header,
    /// Level of the band `psd_lo` … `psd_hi` in percent, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// One entry per channel.
    pub channels: Vec<ChannelPsd>,
}

/// The power spectrum of one channel, frequencies ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelPsd {
    /// Name of the channel.
    pub name: String,
    /// Segments that were averaged.
    pub segments: u64,
    /// Frequencies.
    pub freq: Vec<f64>,
    /// Powers.
    pub psd: Vec<f64>,
    /// Lower end of the confidence band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psd_lo: Option<Vec<f64>>,
    /// Upper end of the confidence band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psd_hi: Option<Vec<f64>>,
}

impl Report for PsdResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        if let Some(level) = self.confidence {
            lines.push(format!("psd_lo … psd_hi: {level} % confidence (chi-square)"));
        }
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        let unit = &self.header.unit;
        let mut columns = vec![
            Column::text("source").hidden_if(true),
            Column::text("channel").hidden_if(self.channels.len() == 1),
            Column::new("freq", &self.header.x_unit).with_step(self.header.bin_width),
            Column::new("psd", unit),
            Column::new("level_db", "dB"),
        ];
        if self.confidence.is_some() {
            columns.push(Column::new("psd_lo", unit));
            columns.push(Column::new("psd_hi", unit));
        }
        columns
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for channel in &self.channels {
            for (i, (&freq, &psd)) in channel.freq.iter().zip(&channel.psd).enumerate() {
                let mut cells = vec![
                    self.header.source.as_str().into(),
                    channel.name.as_str().into(),
                    freq.into(),
                    psd.into(),
                    level_db(psd).into(),
                ];
                if self.confidence.is_some() {
                    for band in [&channel.psd_lo, &channel.psd_hi] {
                        cells.push(band.as_ref().map(|b| b[i]).into());
                    }
                }
                row(&cells)?;
            }
        }
        Ok(())
    }

    /// `psd` is `[channels, bins]`.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let bins = self.channels.first().map_or(0, |c| c.freq.len());
        let matrix = |name: &str, of: &dyn Fn(&ChannelPsd) -> Option<&Vec<f64>>| {
            let rows: Option<Vec<_>> = self.channels.iter().map(of).collect();
            rows.map(|rows| {
                let values: Vec<f64> = rows.into_iter().flatten().copied().collect();
                NamedArray::real(name, &[self.channels.len(), bins], values)
            })
        };
        let freq = self.channels.first().map(|c| c.freq.as_slice()).unwrap_or_default();
        let mut arrays: Vec<_> = matrix("psd", &|c| Some(&c.psd)).into_iter().collect();
        arrays.push(NamedArray::real("freq", &[bins], freq));
        arrays.extend(matrix("psd_lo", &|c| c.psd_lo.as_ref()));
        arrays.extend(matrix("psd_hi", &|c| c.psd_hi.as_ref()));
        let names = self.channels.iter().map(|c| c.name.clone()).collect();
        arrays.push(NamedArray::text("channel_names", names));
        arrays.push(self.header.meta());
        arrays
    }
}
