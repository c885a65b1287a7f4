//! One estimate over a whole recording with the transforms on a device.
//!
//! ```text
//! samples → rows of ROW segments, of which each begins where the one before stops stepping
//!           rows without a missing sample  → device: one average per row, in f32 → sums over the rows, in f64
//!           the others, and the last samples → the library's accumulator
//! ```

use super::{Declined, DeviceSpectra, Placement, accumulate};
use crate::signal::{Blocks, InputSample, Signal, Step, explain};
use anyhow::Result;
use rlx_compile::params::LimbArithmetic;
use rlx_dsp::fft::Real;
use rlx_dsp::nan::{Interpolator, NanPolicy, first_non_finite};
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{Psd, PsdParams, WelchAccumulator};

/// Number of segments that a device averages: few enough for sums in `f32`, enough for a small read-back.
const ROW: usize = 16;
/// Number of samples that are collected before they are sent to the device.
const BATCH: usize = 1 << 22;

/// Returns the number of samples per row on a device.
pub(crate) fn row_len(params: &PsdParams) -> usize {
    params.segments.segment_len + (ROW - 1) * params.segments.hop
}

/// Averages every selected channel, with this arithmetic of more than single precision, if any, and returns the
/// placement.
pub(crate) fn accumulate_on<S: InputSample>(
    device: &str,
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
    limbs: Option<LimbArithmetic>,
) -> Result<(Vec<Psd<S::Real>>, Placement)> {
    if params.average == Average::Median {
        let why = "a median needs the spectra of all segments".to_owned();
        let placement = Declined::whole("welch_average", device, why).placement(device);
        return Ok((accumulate(blocks, signal, params)?, placement));
    }
    let row = row_len(&params);
    let mut open = match DeviceSpectra::open::<S>(device, &params, row, limbs)? {
        Ok(open) => open,
        Err(declined) => return Ok((accumulate(blocks, signal, params)?, declined.placement(device))),
    };
    let mut channels = (0..signal.channels.len())
        .map(|channel| Averaged::<S>::new(params.clone(), row, channel))
        .collect::<Result<Vec<_>>>()?;
    loop {
        let step = blocks.next()?;
        for (i, averaged) in channels.iter_mut().enumerate() {
            match step {
                Step::Data => averaged.push(blocks.channel(i), &mut open, signal)?,
                Step::Gap | Step::End => averaged.end_stretch(&mut open, signal)?,
            }
        }
        if step == Step::End {
            break;
        }
    }
    let placement = if channels.iter().all(|c| c.segments == 0) {
        Declined::whole("welch_average", device, format!("no {row} samples in a row")).placement(device)
    } else {
        open.placement("ends and rows with missing samples on the CPU")
    };
    let spectra = channels.into_iter().map(|c| c.finish(signal)).collect::<Result<_>>()?;
    Ok((spectra, placement))
}

/// One channel.
struct Averaged<S: InputSample> {
    params: PsdParams,
    row: usize,
    channel: usize,
    interpolator: Option<Interpolator<S>>,
    pending: Vec<S>,
    /// Position of the first pending sample.
    position: u64,
    /// Sums (or extremes) of the device's averages, each counted [`ROW`] times.
    sums: Vec<f64>,
    segments: u64,
    host: WelchAccumulator<S>,
}

impl<S: InputSample> Averaged<S> {
    fn new(params: PsdParams, row: usize, channel: usize) -> Result<Self> {
        // Gaps are interpolated here, across rows; segments with longer gaps are skipped.
        let (interpolator, nan) = match params.nan {
            NanPolicy::Interpolate { max_gap } => (Some(Interpolator::new(max_gap)), NanPolicy::SkipSegment),
            other => (None, other),
        };
        let params = params.clone().nan(nan);
        let host = WelchAccumulator::new(params.clone())?;
        let (pending, sums) = (Vec::new(), Vec::new());
        Ok(Self { params, row, channel, interpolator, pending, position: 0, sums, segments: 0, host })
    }

    fn push(&mut self, block: &[S], device: &mut DeviceSpectra, signal: &Signal) -> Result<()> {
        match &mut self.interpolator {
            Some(interpolator) => interpolator.push(block, &mut self.pending),
            None => self.pending.extend_from_slice(block),
        }
        let most = DeviceSpectra::batch((BATCH / self.step()).max(1));
        while self.rows() >= most {
            self.take(most, device, signal)?;
        }
        Ok(())
    }

    fn end_stretch(&mut self, device: &mut DeviceSpectra, signal: &Signal) -> Result<()> {
        if let Some(interpolator) = &mut self.interpolator {
            interpolator.end_stretch(&mut self.pending);
        }
        while self.rows() > 0 {
            self.take(DeviceSpectra::batch(self.rows()), device, signal)?;
        }
        let len = self.pending.len();
        self.on_host(0..len, signal)?;
        self.drop_first(len);
        Ok(())
    }

    /// Returns the distance between the starts of consecutive rows, in samples.
    fn step(&self) -> usize {
        ROW * self.params.segments.hop
    }

    /// Whole rows among the pending samples.
    fn rows(&self) -> usize {
        match self.pending.len().checked_sub(self.row.max(self.step())) {
            Some(rest) => rest / self.step() + 1,
            None => 0,
        }
    }

    fn take(&mut self, batch: usize, device: &mut DeviceSpectra, signal: &Signal) -> Result<()> {
        let step = self.step();
        match device.spectra(&self.pending, step, batch)? {
            Some(rows) => {
                for row in rows {
                    self.add(row.iter().map(|p| p.widen()), ROW as u64);
                }
            }
            None => {
                for i in 0..batch {
                    self.on_host(i * step..i * step + self.row, signal)?;
                }
            }
        }
        self.drop_first(batch * step);
        Ok(())
    }

    fn add(&mut self, averages: impl Iterator<Item = f64>, segments: u64) {
        let (first, weight) = (self.segments == 0, segments as f64);
        self.sums.resize(self.params.n_bins::<S>(), 0.0);
        for (sum, p) in self.sums.iter_mut().zip(averages) {
            *sum = match self.params.average {
                Average::Max if !first => sum.max(p),
                Average::Min if !first => sum.min(p),
                Average::Max | Average::Min => p,
                // Medians are computed by dsp before this point.
                Average::Mean | Average::Median => *sum + weight * p,
            };
        }
        self.segments += segments;
    }

    /// Processes a range of the pending samples with dsp.
    fn on_host(&mut self, at: std::ops::Range<usize>, signal: &Signal) -> Result<()> {
        let explained = |error, first| explain(error, signal, self.channel, first);
        let samples = &self.pending[at.clone()];
        if let Some((index, value)) =
            first_non_finite(samples).filter(|_| self.params.nan == NanPolicy::Error)
        {
            let error = rlx_dsp::Error::NonFinite { row: 0, index: index as u64, value };
            return Err(explained(error, self.position + at.start as u64));
        }
        self.host.push(samples).and_then(|()| self.host.push_gap()).map_err(|error| explained(error, 0))
    }

    fn drop_first(&mut self, len: usize) {
        self.pending.drain(..len);
        self.position += len as u64;
    }

    fn finish(mut self, signal: &Signal) -> Result<Psd<S::Real>> {
        let mut coverage = self.host.coverage();
        if self.segments == 0 || coverage.segments > 0 {
            let host = self.host.clone().finish().map_err(|e| explain(e, signal, self.channel, 0))?;
            self.add(host.values.iter().map(|p| p.widen()), coverage.segments);
        }
        coverage.segments = self.segments;
        if let Some(interpolator) = &self.interpolator {
            coverage.filled = interpolator.counts();
        }
        let whole = match self.params.average {
            Average::Max | Average::Min => 1.0,
            Average::Mean | Average::Median => self.segments as f64,
        };
        let psd = self.sums.iter().map(|sum| S::Real::narrow(sum / whole)).collect();
        Ok(Psd::new(self.params.frequencies::<S>(), psd, coverage))
    }
}
