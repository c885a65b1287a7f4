//! One estimate per frame, for consecutive frames of equal length.

use super::beyond::{Beyond, holds, magnitude};
use super::packed::Packed;
use super::{DeviceSpectra, PackedFrames, shown};
use crate::signal::{InputSample, Signal, explain};
use anyhow::Result;
use rlx_dsp::fft::Real;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::peaks::{RowLayout, WelchParams};
use rlx_dsp::welch::{Coverage, Psd, PsdParams, Welch};

/// The spectra of one frame, one per channel, in transform order.
pub(crate) struct Framed {
    /// First sample, counted from the first one read.
    pub(crate) start: u64,
    /// Samples in it.
    pub(crate) len: usize,
    /// Powers of each channel; empty if its peaks were computed directly.
    pub(crate) power: Vec<Vec<f64>>,
    /// Strongest bins of each channel, if they were computed directly.
    pub(crate) packed: Vec<Packed>,
    /// Coverage of the average, per channel.
    pub(crate) coverage: Vec<Coverage>,
}

/// How complete frames without missing samples are computed, if not by dsp.
pub(crate) enum Route {
    /// Spectra on a device.
    Device(Box<DeviceSpectra>),
    /// Peaks by the picker.
    Packed(PackedFrames),
}

/// A few segments, spread over each frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Few {
    segment_len: usize,
    hop: usize,
    count: usize,
}

/// Where they lie in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedFew {
    /// Samples before the first one.
    pub(crate) lead: usize,
    pub(crate) hop: usize,
    /// Samples from the first to the end of the last one.
    pub(crate) used: usize,
    /// Their first samples.
    pub(crate) starts: Vec<usize>,
}

impl Few {
    /// `count` segments, no nearer to each other than those of `params`.
    pub(crate) fn new(params: &PsdParams, count: usize) -> Self {
        Self { segment_len: params.segments.segment_len, hop: params.segments.hop, count }
    }

    /// Returns the place of the segments in a frame of `len` samples; fewer if not all fit.
    pub(crate) fn place(&self, len: usize) -> PlacedFew {
        let fit = len.saturating_sub(self.segment_len) / self.hop + 1;
        let welch = WelchParams::new(self.segment_len, self.count.min(fit)).hop(self.hop);
        let placed = RowLayout::Spread.place(&welch, len);
        PlacedFew {
            lead: placed.lead,
            hop: placed.hop,
            used: placed.span(),
            starts: placed.starts().collect(),
        }
    }
}

/// Cuts blocks into frames and estimates each.
pub(crate) struct Framer<S: InputSample> {
    welch: Welch<S>,
    /// For frames whose powers exceed the precision of the samples.
    wide: Option<Welch<S::Wide>>,
    route: Option<Route>,
    frame_len: usize,
    /// The segments of a frame, if not all that fit.
    few: Option<Few>,
    /// Samples of a frame before the first used one.
    lead: usize,
    /// Number of used samples per frame, from `lead` on.
    used: usize,
    pending: Vec<Vec<S>>,
    /// Position of the first pending sample.
    start: u64,
    /// Samples in parts too short for one segment.
    pub(crate) left_out: u64,
}

impl<S: InputSample> Framer<S> {
    pub(crate) fn new(
        params: PsdParams,
        frame_len: usize,
        few: Option<Few>,
        channels: usize,
        route: Option<Route>,
    ) -> Result<Self> {
        let placed = few.as_ref().map(|few| few.place(frame_len));
        let params = placed.as_ref().map_or(params.clone(), |placed| params.clone().hop(placed.hop));
        let (lead, used) = placed.map_or((0, frame_len), |placed| (placed.lead, placed.used));
        let (welch, pending) = (Welch::<S>::new(params)?, vec![Vec::new(); channels]);
        Ok(Self { welch, wide: None, route, frame_len, few, lead, used, pending, start: 0, left_out: 0 })
    }

    /// Receives a block of each channel and passes every completed frame to `emit`.
    pub(crate) fn push(
        &mut self,
        blocks: &[Vec<S>],
        signal: &Signal,
        emit: &mut dyn FnMut(Framed) -> Result<()>,
    ) -> Result<()> {
        for (pending, block) in self.pending.iter_mut().zip(blocks) {
            pending.extend_from_slice(block);
        }
        while self.pending[0].len() >= self.frame_len {
            if self.route.is_some() && self.emit_by_route(emit)? {
                continue;
            }
            self.emit(self.frame_len, signal, emit)?;
        }
        Ok(())
    }

    /// Ends a part: the rest is a shorter frame, if a segment fits into it.
    pub(crate) fn end_stretch(
        &mut self,
        signal: &Signal,
        emit: &mut dyn FnMut(Framed) -> Result<()>,
    ) -> Result<()> {
        let rest = self.pending[0].len();
        if rest >= self.welch.params().segments.segment_len {
            return self.emit(rest, signal, emit);
        }
        self.left_out += rest as u64;
        self.start += rest as u64;
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Returns the text of the caption about the route.
    pub(crate) fn note(&self) -> Option<String> {
        match &self.route {
            Some(Route::Packed(packed)) => packed.note(),
            _ => None,
        }
    }

    /// Computes a batch of complete frames by the route; `false` if that is not possible and nothing was done.
    fn emit_by_route(&mut self, emit: &mut dyn FnMut(Framed) -> Result<()>) -> Result<bool> {
        let (frame_len, lead, used) = (self.frame_len, self.lead, self.used);
        let batch = DeviceSpectra::batch(self.pending[0].len() / frame_len);
        let (mut powers, mut peaks) = (Vec::new(), Vec::new());
        let segments =
            (used - self.welch.params().segments.segment_len) / self.welch.params().segments.hop + 1;
        for pending in &self.pending {
            match &mut self.route {
                Some(Route::Device(device)) if device.takes(used) => {
                    let Some(rows) = device.spectra(&pending[lead..], frame_len, batch)? else {
                        return Ok(false);
                    };
                    let frames = pending.chunks(frame_len);
                    let sound = |(row, frame): (&Vec<S::Real>, &[S])| {
                        // A device computes in single precision.
                        let row: Vec<f32> = row.iter().map(|p| p.widen() as f32).collect();
                        holds(&row, magnitude(&frame[lead..][..used]))
                    };
                    if !rows.iter().zip(frames).all(sound) {
                        return Ok(false);
                    }
                    powers.push(rows.into_iter().map(|row| row.into_iter().map(shown).collect()));
                }
                Some(Route::Packed(packed)) => {
                    let Some(rows) = packed.peaks(pending, batch)? else { return Ok(false) };
                    let frames = pending.chunks(frame_len);
                    let sound = |(row, frame): (&Packed, &[S])| {
                        let row: Vec<f32> = row.iter().map(|&(_, p)| p as f32).collect();
                        holds(&row, magnitude(&frame[lead..][..used]))
                    };
                    if !rows.iter().zip(frames).all(sound) {
                        return Ok(false);
                    }
                    peaks.push(rows.into_iter());
                }
                _ => return Ok(false),
            }
        }
        let coverage =
            vec![Coverage { segments: segments as u64, ..Coverage::default() }; self.pending.len()];
        self.pending.iter_mut().for_each(|pending| drop(pending.drain(..batch * frame_len)));
        for _ in 0..batch {
            let power = powers.iter_mut().filter_map(Iterator::next).collect();
            let packed = peaks.iter_mut().filter_map(Iterator::next).collect();
            let start = self.start;
            self.start += frame_len as u64;
            emit(Framed { start, len: frame_len, power, packed, coverage: coverage.clone() })?;
        }
        Ok(true)
    }

    fn emit(
        &mut self,
        len: usize,
        signal: &Signal,
        emit: &mut dyn FnMut(Framed) -> Result<()>,
    ) -> Result<()> {
        // The segments of a shorter frame lie elsewhere.
        let shorter = self.few.as_ref().filter(|_| len < self.frame_len).map(|few| few.place(len));
        let (lead, used) = shorter.as_ref().map_or((self.lead, self.used), |p| (p.lead, p.used));
        let (own, mut own_wide);
        let (plan, wide) = match shorter {
            None => (&self.welch, &mut self.wide),
            Some(placed) => {
                own = Welch::<S>::new(self.welch.params().clone().hop(placed.hop))?;
                own_wide = None;
                (&own, &mut own_wide)
            }
        };
        let (mut power, mut coverage) = (Vec::new(), Vec::new());
        for (channel, pending) in self.pending.iter_mut().enumerate() {
            let samples = &pending[lead..lead + used.min(len - lead)];
            let explained = |error| explain(error, signal, channel, self.start);
            let Psd { values: row, coverage: mut found, .. } = plan.run(samples).map_err(explained)?;
            let nan = plan.params().nan == NanPolicy::Propagate && samples.iter().any(|s| !s.finite());
            if nan || holds(&row, magnitude(samples)) {
                power.push(row.into_iter().map(shown).collect());
            } else {
                let samples: Vec<S::Wide> = samples.iter().map(|sample| sample.wide()).collect();
                let wide = match &mut *wide {
                    Some(wide) => wide,
                    none => none.insert(Welch::new(plan.params().clone())?),
                };
                let Psd { values: row, coverage: found_wide, .. } = wide.run(&samples).map_err(explained)?;
                found = found_wide;
                if !holds(&row, magnitude(&samples)) {
                    return Err(Beyond { wider: false }.into());
                }
                power.push(row.into_iter().map(shown).collect());
            }
            coverage.push(found);
            pending.drain(..len);
        }
        let start = self.start;
        self.start += len as u64;
        emit(Framed { start, len, power, packed: Vec::new(), coverage })
    }
}
