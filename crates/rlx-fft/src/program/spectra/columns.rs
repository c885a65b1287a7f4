//! The columns of a spectrogram: one spectrum every hop.

use super::beyond::{Beyond, holds, magnitude};
use super::{DeviceSpectra, Layout, shown};
use crate::signal::{InputSample, Signal, explain};
use anyhow::Result;
use rlx_dsp::fft::Real;
use rlx_dsp::nan::{Filled, Interpolator, NanPolicy, first_non_finite};
use rlx_dsp::params::SegmentParams;
use rlx_dsp::welch::{Coverage, PsdParams, Welch, WelchScratch, welch_with};
use std::collections::VecDeque;

/// Collects the columns of one channel. A column with missing samples is NaN if the policy is to skip it.
pub(crate) struct Columns<S: InputSample> {
    welch: Welch<S>,
    scratch: WelchScratch<S>,
    interpolator: Option<Interpolator<S>>,
    pending: Vec<S>,
    row: Vec<S::Real>,
    /// Position of the first pending sample.
    position: u64,
    /// Samples to skip: a hop may be longer than a segment.
    jump: usize,
    skipped: u64,
    columns: u64,
    /// First sample and powers (of the bins inside the band) of the columns that are not consumed yet.
    ready: VecDeque<(u64, Vec<f64>)>,
}

impl<S: InputSample> Columns<S> {
    pub(crate) fn new(params: PsdParams) -> Result<Self> {
        let interpolator = match params.nan {
            NanPolicy::Interpolate { max_gap } => Some(Interpolator::new(max_gap)),
            _ => None,
        };
        let welch = Welch::new(params)?;
        let scratch = welch.scratch();
        let row = vec![S::Real::default(); welch.n_bins()];
        Ok(Self {
            welch,
            scratch,
            interpolator,
            pending: Vec::new(),
            row,
            position: 0,
            jump: 0,
            skipped: 0,
            columns: 0,
            ready: VecDeque::new(),
        })
    }

    /// Returns the numbers of interpolated samples and skipped columns.
    pub(crate) fn coverage(&self) -> Coverage {
        let filled = self.interpolator.as_ref().map_or_else(Filled::default, Interpolator::counts);
        Coverage { segments: self.columns - self.skipped, skipped: self.skipped, filled }
    }

    /// Returns whether a column is complete.
    pub(crate) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Returns the next complete column: its first sample and its powers.
    pub(crate) fn take(&mut self) -> Option<(u64, Vec<f64>)> {
        self.ready.pop_front()
    }

    fn add(&mut self, start: u64, power: Vec<f64>) {
        self.columns += 1;
        self.ready.push_back((start, power));
    }

    /// Receives a block.
    pub(crate) fn push(
        &mut self,
        block: &[S],
        device: Option<&mut DeviceSpectra>,
        signal: &Signal,
        channel: usize,
        layout: &Layout,
        inside: &[usize],
    ) -> Result<()> {
        match &mut self.interpolator {
            Some(interpolator) => interpolator.push(block, &mut self.pending),
            None => self.pending.extend_from_slice(block),
        }
        self.take_ready(device, signal, channel, layout, inside)
    }

    /// Ends a part: the rest is too short for a column.
    pub(crate) fn end_stretch(
        &mut self,
        device: Option<&mut DeviceSpectra>,
        signal: &Signal,
        channel: usize,
        layout: &Layout,
        inside: &[usize],
    ) -> Result<()> {
        if let Some(interpolator) = &mut self.interpolator {
            interpolator.end_stretch(&mut self.pending);
            self.take_ready(device, signal, channel, layout, inside)?;
        }
        self.position += self.pending.len() as u64;
        self.pending.clear();
        self.jump = 0;
        Ok(())
    }

    fn take_ready(
        &mut self,
        mut device: Option<&mut DeviceSpectra>,
        signal: &Signal,
        channel: usize,
        layout: &Layout,
        inside: &[usize],
    ) -> Result<()> {
        let PsdParams { segments: SegmentParams { segment_len, hop, .. }, nan, .. } = *self.welch.params();
        let mut at = self.jump.min(self.pending.len());
        self.jump -= at;
        // Columns that the device rejected, because one of them has a missing sample.
        let mut refused = 0;
        while self.jump == 0 && at + segment_len <= self.pending.len() {
            if let Some(device) = device.as_deref_mut().filter(|_| refused == 0) {
                let batch = DeviceSpectra::batch((self.pending.len() - at - segment_len) / hop + 1);
                let rows = device.spectra(&self.pending[at..], hop, batch)?.filter(|rows| {
                    let sound = |(i, row): (usize, &Vec<S::Real>)| {
                        // A device computes in single precision.
                        let row: Vec<f32> = row.iter().map(|p| p.widen() as f32).collect();
                        let first = at + i * hop;
                        holds(&row, magnitude(&self.pending[first..first + segment_len]))
                    };
                    rows.iter().enumerate().all(sound)
                });
                if let Some(rows) = rows {
                    for (i, row) in rows.iter().enumerate() {
                        let power = inside.iter().map(|&b| shown(row[layout.bins[b]])).collect();
                        self.add(self.position + (at + i * hop) as u64, power);
                    }
                    let next = at + batch * hop;
                    at = next.min(self.pending.len());
                    self.jump = next - at;
                    continue;
                }
                refused = batch;
            }
            refused = refused.saturating_sub(1);
            let segment = &self.pending[at..at + segment_len];
            let start = self.position + at as u64;
            let leave_out = matches!(nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. });
            let power = if leave_out && first_non_finite(segment).is_some() {
                self.skipped += 1;
                vec![f64::NAN; inside.len()]
            } else {
                let explained = |error| explain(error, signal, channel, start);
                self.welch.run_into(segment, &mut self.scratch, &mut self.row).map_err(explained)?;
                let missing = nan == NanPolicy::Propagate && first_non_finite(segment).is_some();
                if missing || holds(&self.row, magnitude(segment)) {
                    inside.iter().map(|&i| shown(self.row[layout.bins[i]])).collect()
                } else {
                    let samples: Vec<S::Wide> = segment.iter().map(|sample| sample.wide()).collect();
                    let row = welch_with(&samples, self.welch.params()).map_err(explained)?.values;
                    if !holds(&row, magnitude(&samples)) {
                        return Err(Beyond { wider: false }.into());
                    }
                    inside.iter().map(|&i| shown(row[layout.bins[i]])).collect()
                }
            };
            self.add(start, power);
            let next = at + hop;
            at = next.min(self.pending.len());
            self.jump = next - at;
        }
        self.pending.drain(..at);
        self.position += at as u64;
        Ok(())
    }
}
