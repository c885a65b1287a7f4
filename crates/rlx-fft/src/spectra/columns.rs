//! The columns of a spectrogram: one spectrum every hop.

use super::{DeviceSpectra, Layout, shown};
use crate::signal::{InputSample, Signal, explain};
use anyhow::Result;
use rlx_dsp::nan::{Filled, Interpolator, NanPolicy, first_non_finite};
use rlx_dsp::welch::{Coverage, PsdParams, Welch};

/// Collects the columns of one channel. A column with missing samples is NaN where the policy is to leave it
/// out.
pub(crate) struct Columns<S: InputSample> {
    welch: Welch<S>,
    interpolator: Option<Interpolator<S>>,
    pending: Vec<S>,
    row: Vec<S::Real>,
    /// Position of the first pending sample.
    position: u64,
    /// Samples of the next stretches to leave out: a hop may be longer than a segment.
    jump: usize,
    skipped: u64,
    /// First sample of each column.
    pub(crate) starts: Vec<u64>,
    /// Powers, `[columns][bins inside the band]`.
    pub(crate) power: Vec<Vec<f64>>,
}

impl<S: InputSample> Columns<S> {
    pub(crate) fn new(params: PsdParams) -> Result<Self> {
        let interpolator = match params.nan {
            NanPolicy::Interpolate { max_gap } => Some(Interpolator::new(max_gap)),
            _ => None,
        };
        let welch = Welch::new(params)?;
        let row = vec![S::Real::default(); welch.n_bins()];
        Ok(Self {
            welch,
            interpolator,
            pending: Vec::new(),
            row,
            position: 0,
            jump: 0,
            skipped: 0,
            starts: Vec::new(),
            power: Vec::new(),
        })
    }

    /// What was filled and left out.
    pub(crate) fn coverage(&self) -> Coverage {
        let filled = self.interpolator.as_ref().map_or_else(Filled::default, Interpolator::counts);
        Coverage { segments: self.starts.len() as u64 - self.skipped, skipped: self.skipped, filled }
    }

    /// Takes a block.
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

    /// Ends a stretch: the rest is too short for a column.
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
        let PsdParams { segment_len, hop, nan, .. } = *self.welch.params();
        let mut at = self.jump.min(self.pending.len());
        self.jump -= at;
        // Columns that the device has refused: one of them has a missing sample.
        let mut refused = 0;
        while self.jump == 0 && at + segment_len <= self.pending.len() {
            if let Some(device) = device.as_deref_mut().filter(|_| refused == 0) {
                let batch = DeviceSpectra::batch((self.pending.len() - at - segment_len) / hop + 1);
                if let Some(rows) = device.spectra(&self.pending[at..], hop, batch)? {
                    for (i, row) in rows.iter().enumerate() {
                        self.power.push(inside.iter().map(|&b| shown(row[layout.bins[b]])).collect());
                        self.starts.push(self.position + (at + i * hop) as u64);
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
            if leave_out && first_non_finite(segment).is_some() {
                self.skipped += 1;
                self.power.push(vec![f64::NAN; inside.len()]);
            } else {
                let done = self.welch.psd_into(segment, &mut self.row);
                done.map_err(|error| explain(error, signal, channel, start))?;
                self.power.push(inside.iter().map(|&i| shown(self.row[layout.bins[i]])).collect());
            }
            self.starts.push(start);
            let next = at + hop;
            at = next.min(self.pending.len());
            self.jump = next - at;
        }
        self.pending.drain(..at);
        self.position += at as u64;
        Ok(())
    }
}
