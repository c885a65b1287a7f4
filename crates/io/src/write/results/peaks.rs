//! The strongest peaks, per channel and frame.

use super::Header;
use crate::write::{Cell, Column, NamedArray, Report, Result};
use serde::{Deserialize, Serialize};

/// Peaks of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeaksResult {
    /// How they were found.
    #[serde(flatten)]
    pub header: Header,
    /// One entry per channel.
    pub channels: Vec<ChannelPeaks>,
    /// Whether this is a part of a result that is written frame by frame; the table then shows the times.
    #[serde(skip)]
    pub framed: bool,
}

/// Peaks of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelPeaks {
    /// Name of the channel.
    pub name: String,
    /// One entry per frame; a whole recording is one frame.
    pub frames: Vec<FramePeaks>,
}

/// Peaks of one frame of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FramePeaks {
    /// Start of the frame.
    pub t_start_s: f64,
    /// End of the frame.
    pub t_end_s: f64,
    /// The peaks, by power descending.
    pub peaks: Vec<PeakEntry>,
}

/// One peak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeakEntry {
    /// 1 for the strongest.
    pub rank: usize,
    /// Bin, in transform order.
    pub bin: usize,
    /// Frequency: interpolated between bins for local peaks, otherwise that of the bin.
    pub freq: f64,
    /// Power of the bin, in the result's unit.
    pub power: f64,
    /// 10·log10(power).
    pub level_db: f64,
    /// Height above its surroundings; unknown for a bin that is not a local peak.
    pub prominence_db: Option<f64>,
    /// Width at half that height, in `x_unit`; unknown for a bin that is not a local peak.
    pub width: Option<f64>,
}

impl Report for PeaksResult {
    fn caption(&self) -> Vec<String> {
        let mut lines = self.header.caption();
        if !self.framed && self.channels.iter().all(|c| c.frames.iter().all(|f| f.peaks.is_empty())) {
            lines.push("no peaks found".into());
        }
        lines
    }

    fn parameters(&self) -> Option<String> {
        Some(self.header.json())
    }

    fn columns(&self) -> Vec<Column> {
        let whole = !self.framed && self.channels.iter().all(|c| c.frames.len() <= 1);
        let (sample, width) = (1.0 / self.header.sample_rate, self.header.bin_width);
        let (x, unit, time) = (&self.header.x_unit, &self.header.unit, self.header.time_unit());
        vec![
            Column::text("source").hidden_if(true),
            Column::text("channel").hidden_if(self.channels.len() == 1),
            Column::new("t_start_s", time).with_step(100.0 * sample).hidden_if(whole),
            Column::new("t_end_s", time).with_step(100.0 * sample).hidden_if(whole),
            Column::int("rank"),
            Column::int("bin").hidden_if(true),
            Column::new("freq", x).with_step(width),
            Column::new("power", unit),
            Column::new("level_db", "dB"),
            Column::new("prominence_db", "dB"),
            Column::new("width", x),
        ]
    }

    fn rows(&self, row: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        for (channel, frame, peak) in self.iter() {
            row(&[
                self.header.source.as_str().into(),
                channel.name.as_str().into(),
                frame.t_start_s.into(),
                frame.t_end_s.into(),
                peak.rank.into(),
                peak.bin.into(),
                peak.freq.into(),
                peak.power.into(),
                peak.level_db.into(),
                peak.prominence_db.into(),
                peak.width.into(),
            ])?;
        }
        Ok(())
    }

    /// Returns one entry per peak in every array; `channel` counts from 0 and indexes `channel_names`.
    fn arrays(&self) -> Vec<NamedArray<'_>> {
        let all: Vec<_> = self.iter().collect();
        let real = |name: &str, value: &dyn Fn(&FramePeaks, &PeakEntry) -> f64| {
            let values: Vec<f64> = all.iter().map(|(_, f, p)| value(f, p)).collect();
            NamedArray::real(name, &[values.len()], values)
        };
        let int = |name: &str, value: &dyn Fn(&PeakEntry) -> usize| {
            NamedArray::int(name, all.iter().map(|(_, _, p)| value(p) as i64).collect())
        };
        let index = |channel: &ChannelPeaks| {
            self.channels.iter().position(|c| std::ptr::eq(c, channel)).unwrap_or(0) as i64
        };
        let packed: Vec<f64> = all.iter().flat_map(|(_, _, p)| [p.freq, p.power]).collect();
        vec![
            NamedArray::real("peaks", &[all.len(), 2], packed),
            NamedArray::int("channel", all.iter().map(|(c, _, _)| index(c)).collect()),
            real("t_start_s", &|f, _| f.t_start_s),
            real("t_end_s", &|f, _| f.t_end_s),
            int("rank", &|p| p.rank),
            int("bin", &|p| p.bin),
            real("freq", &|_, p| p.freq),
            real("power", &|_, p| p.power),
            real("level_db", &|_, p| p.level_db),
            real("prominence_db", &|_, p| p.prominence_db.unwrap_or(f64::NAN)),
            real("width", &|_, p| p.width.unwrap_or(f64::NAN)),
            NamedArray::text("channel_names", self.channels.iter().map(|c| c.name.clone()).collect()),
            self.header.meta(),
        ]
    }
}

impl PeaksResult {
    fn iter(&self) -> impl Iterator<Item = (&ChannelPeaks, &FramePeaks, &PeakEntry)> {
        self.channels.iter().flat_map(|channel| {
            channel.frames.iter().flat_map(move |frame| frame.peaks.iter().map(move |p| (channel, frame, p)))
        })
    }
}
