//! One estimate a frame: stretches of equal length, one after the other.

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
    pub(crate) fn new(params: PsdParams, frame_len: usize, used: usize, channels: usize) -> Result<Self> {
        let welch = Welch::<S>::new(params)?;
        Ok(Self { welch, frame_len, used, pending: vec![Vec::new(); channels], start: 0, left_out: 0 })
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
