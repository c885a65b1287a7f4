//! Power over time and frequency.

use super::{Header, level_db};
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Spectrograms of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpectrogramResult {
    /// How they were computed.
    #[serde(flatten)]
    pub header: Header,
    /// One entry per channel.
    pub channels: Vec<ChannelSpectrogram>,
    /// Whether more columns follow; their number is then unknown.
    #[serde(skip)]
    pub part: bool,
}

/// The spectrogram of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelSpectrogram {
    /// Name of the channel.
    pub name: String,
    /// Middle of each frame.
    pub t_s: Vec<f64>,
    /// Frequencies, ascending.
    pub freq: Vec<f64>,
    /// Powers, `[frames][bins]`.
    pub power: Vec<Vec<f64>>,
}

impl Report for SpectrogramResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        for c in &self.channels {
            lines.push(match self.part {
                true => format!("channel {}: frames of {} bins", c.name, c.freq.len()),
                false => format!("channel {}: {} frames of {} bins", c.name, c.t_s.len(), c.freq.len()),
            });
        }
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::text("source").hidden_if(true),
            Column::text("channel").hidden_if(self.channels.len() == 1),
            Column::new("t_s", self.header.time_unit()).with_step(self.header.frame_step()),
            Column::new("freq", &self.header.x_unit).with_step(self.header.bin_width),
            Column::new("power", &self.header.unit),
            Column::new("level_db", "dB"),
        ]
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for c in &self.channels {
            for (&t, frame) in c.t_s.iter().zip(&c.power) {
                for (&freq, &power) in c.freq.iter().zip(frame) {
                    row(&[
                        self.header.source.as_str().into(),
                        c.name.as_str().into(),
                        t.into(),
                        freq.into(),
                        power.into(),
                        level_db(power).into(),
                    ])?;
                }
            }
        }
        Ok(())
    }

    /// `power` is `[channels, frames, bins]`.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let first = self.channels.first();
        let (frames, bins) = first.map_or((0, 0), |c| (c.t_s.len(), c.freq.len()));
        let power: Vec<f64> = self.channels.iter().flat_map(|c| c.power.iter().flatten().copied()).collect();
        let freq = first.map(|c| c.freq.as_slice()).unwrap_or_default();
        let times = first.map(|c| c.t_s.as_slice()).unwrap_or_default();
        vec![
            NamedArray::real("power", &[self.channels.len(), frames, bins], power),
            NamedArray::real("t_s", &[frames], times),
            NamedArray::real("freq", &[bins], freq),
            NamedArray::text("channel_names", self.channels.iter().map(|c| c.name.clone()).collect()),
            self.header.meta(),
        ]
    }
}
