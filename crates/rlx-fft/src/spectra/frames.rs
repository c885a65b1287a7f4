//! One estimate a frame: stretches of equal length, one after the other.

use super::DeviceSpectra;
use crate::signal::{InputSample, Signal, explain};
use anyhow::Result;
use rlx_dsp::welch::{Coverage, PsdParams, Welch};

/// The spectra of one frame, a channel each, in the transform's order.
pub(crate) struct Framed<R> {
    /// First sample, counted from the first one read.
    pub(crate) start: u64,
    /// Samples in it.
    pub(crate) len: usize,
    /// Powers of each channel.
    pub(crate) power: Vec<Vec<R>>,
    /// What was averaged, a channel each.
    pub(crate) coverage: Vec<Coverage>,
}

/// Cuts blocks into frames and estimates each.
pub(crate) struct Framer<S: InputSample> {
    welch: Welch<S>,
    /// Where whole frames without missing samples go, if not to `welch`.
    device: Option<DeviceSpectra>,
    frame_len: usize,
    /// Samples of a frame that are used; fewer where only its first segments are.
    used: usize,
    pending: Vec<Vec<S>>,
    /// Position of the first pending sample.
    start: u64,
    /// Samples in stretches too short for one segment.
    pub(crate) left_out: u64,
}

impl<S: InputSample> Framer<S> {
    pub(crate) fn new(
        params: PsdParams,
        frame_len: usize,
        used: usize,
        channels: usize,
        device: Option<DeviceSpectra>,
    ) -> Result<Self> {
        let (welch, pending) = (Welch::<S>::new(params)?, vec![Vec::new(); channels]);
        Ok(Self { welch, device, frame_len, used, pending, start: 0, left_out: 0 })
    }

    /// Takes a block of each channel and gives every frame that it completes to `emit`.
    pub(crate) fn push(
        &mut self,
        blocks: &[Vec<S>],
        signal: &Signal,
        emit: &mut dyn FnMut(Framed<S::Real>) -> Result<()>,
    ) -> Result<()> {
        for (pending, block) in self.pending.iter_mut().zip(blocks) {
            pending.extend_from_slice(block);
        }
        while self.pending[0].len() >= self.frame_len {
            if self.device.is_some() && self.emit_from_device(emit)? {
                continue;
            }
            self.emit(self.frame_len, signal, emit)?;
        }
        Ok(())
    }

    /// Ends a stretch: what is left is a shorter frame, if a segment fits into it.
    pub(crate) fn end_stretch(
        &mut self,
        signal: &Signal,
        emit: &mut dyn FnMut(Framed<S::Real>) -> Result<()>,
    ) -> Result<()> {
        let rest = self.pending[0].len();
        if rest >= self.welch.params().segment_len {
            return self.emit(rest, signal, emit);
        }
        self.left_out += rest as u64;
        self.start += rest as u64;
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// A batch of whole frames by the device; `false` where it cannot, and nothing was done.
    fn emit_from_device(&mut self, emit: &mut dyn FnMut(Framed<S::Real>) -> Result<()>) -> Result<bool> {
        let Some(device) = self.device.as_mut().filter(|d| d.takes(self.used)) else { return Ok(false) };
        let batch = DeviceSpectra::batch(self.pending[0].len() / self.frame_len);
        let mut channels = Vec::with_capacity(self.pending.len());
        for pending in &self.pending {
            match device.spectra(pending, self.frame_len, batch)? {
                Some(rows) => channels.push(rows.into_iter()),
                None => return Ok(false),
            }
        }
        let coverage = vec![device.coverage(); channels.len()];
        self.pending.iter_mut().for_each(|pending| drop(pending.drain(..batch * self.frame_len)));
        for _ in 0..batch {
            let power = channels.iter_mut().filter_map(Iterator::next).collect();
            let (start, len) = (self.start, self.frame_len);
            self.start += len as u64;
            emit(Framed { start, len, power, coverage: coverage.clone() })?;
        }
        Ok(true)
    }

    fn emit(
        &mut self,
        len: usize,
        signal: &Signal,
        emit: &mut dyn FnMut(Framed<S::Real>) -> Result<()>,
    ) -> Result<()> {
        let (mut power, mut coverage) = (Vec::new(), Vec::new());
        for (channel, pending) in self.pending.iter_mut().enumerate() {
            let mut row = vec![S::Real::default(); self.welch.n_bins()];
            let done = self.welch.psd_into(&pending[..len.min(self.used)], &mut row);
            coverage.push(done.map_err(|error| explain(error, signal, channel, self.start))?);
            power.push(row);
            pending.drain(..len);
        }
        let start = self.start;
        self.start += len as u64;
        emit(Framed { start, len, power, coverage })
    }
}
