//! Log-mel features.

use super::Header;
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Log-mel features of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MelResult {
    /// How they were computed.
    #[serde(flatten)]
    pub header: Header,
    /// The preset: `librosa`, `whisper`, `kaldi`, `torchaudio` or `nemo`.
    pub preset: String,
    /// Mel bands.
    pub n_mels: usize,
    /// One entry per channel.
    pub channels: Vec<MelChannel>,
}

/// Log-mel features of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MelChannel {
    /// Name of the channel.
    pub name: String,
    /// Time of each frame.
    pub t_s: Vec<f64>,
    /// Centre frequency of each band.
    pub freq: Vec<f64>,
    /// Features, `[n_mels][frames]`, in the preset's own unit.
    pub mel: Vec<Vec<f64>>,
}

impl Report for MelResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        lines.push(format!("preset {}, {} mel bands", self.preset, self.n_mels));
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
            Column::int("band"),
            Column::new("freq", &self.header.x_unit),
            Column::new("mel", &self.header.unit),
        ]
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for c in &self.channels {
            for (i, &t) in c.t_s.iter().enumerate() {
                for (band, (&freq, values)) in c.freq.iter().zip(&c.mel).enumerate() {
                    row(&[
                        self.header.source.as_str().into(),
                        c.name.as_str().into(),
                        t.into(),
                        band.into(),
                        freq.into(),
                        values[i].into(),
                    ])?;
                }
            }
        }
        Ok(())
    }

    /// `mel` is `[channels, n_mels, frames]`, or `[n_mels, frames]` for one channel as models expect it.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let first = self.channels.first();
        let frames = first.map_or(0, |c| c.t_s.len());
        let values: Vec<f64> = self.channels.iter().flat_map(|c| c.mel.iter().flatten().copied()).collect();
        let shape: &[usize] = match self.channels.len() {
            1 => &[self.n_mels, frames],
            n => &[n, self.n_mels, frames],
        };
        let freq = first.map(|c| c.freq.as_slice()).unwrap_or_default();
        let times = first.map(|c| c.t_s.as_slice()).unwrap_or_default();
        vec![
            NamedArray::real("mel", shape, values),
            NamedArray::real("t_s", &[times.len()], times),
            NamedArray::real("freq", &[freq.len()], freq),
            NamedArray::text("channel_names", self.channels.iter().map(|c| c.name.clone()).collect()),
            self.header.meta(),
        ]
    }
}
