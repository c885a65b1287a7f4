//! The cross spectrum and the powers of two channels, with the transforms on a device.
//!
//! ```text
//! samples → rows of ROW segments of both channels, of which each begins where the one before stops stepping
//!           rows without a missing sample  → device: averages of |X|², |Y|² and conj(X)·Y, in f32 → sums, in f64
//!           the others, and the last samples → the library's accumulator
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::Result;
use rlx_compile::builders::cross_spectra;
use rlx_compile::params::{CrossValue, Rows};
use rlx_compile::plan::Place;
use rlx_dsp::fft::Real;
use rlx_dsp::nan::{NanPolicy, first_non_finite};
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{CrossSpectrum, CsdAccumulator, PsdParams};
use rlx_runtime::{Device, Executable, Session};

use super::beyond::{Magnitudes, holds, magnitude};
use super::device_average::row_len;
use super::placed::{Declined, Placement, on_the_cpu, regions};
use super::whole::accumulate_pair;
use super::{DeviceSpectra, explained};
use crate::signal::{Blocks, InputSample, Signal, Step, explain};

/// Number of samples per channel that are collected before they are sent to the device.
const BATCH: usize = 1 << 21;

/// Averages the cross spectrum of the two selected channels; also returns which of them are constant, and where that
/// ran, without a caption if no device was named.
pub(crate) fn pair<S: InputSample>(
    blocks: &mut Blocks<S>,
    signal: &Signal,
    params: PsdParams,
    device: Option<&str>,
) -> Result<(CrossSpectrum<S::Real>, Vec<bool>, Placement)> {
    let Some(device) = device else {
        let regions = explained(&graph::<S>(&params, 1, row_len(&params))?)?;
        let (found, dead) = accumulate_pair(blocks, signal, params)?;
        return Ok((found, dead, Placement { said: String::new(), regions }));
    };
    let open = match OnDevice::<S>::open(device, &params)? {
        Ok(open) => open,
        Err(declined) => {
            let (found, dead) = accumulate_pair(blocks, signal, params)?;
            return Ok((found, dead, declined.placement(device)));
        }
    };
    Pair::new(open, params)?.run(blocks, signal, device)
}

fn graph<S: InputSample>(params: &PsdParams, batch: usize, row: usize) -> Result<rlx_compile::Graph> {
    let rows = Rows { batch, len: 2 * row, complex: S::COMPLEX };
    Ok(cross_spectra(params, 2, vec![(0, 0), (1, 1), (0, 1)], CrossValue::Spectrum, rows)?)
}

/// An open device with the plans that its batches needed.
struct OnDevice<S> {
    session: Session,
    plans: BTreeMap<usize, Executable>,
    regions: Vec<String>,
    samples: Vec<f32>,
    averages: Vec<f32>,
    of: std::marker::PhantomData<S>,
}

impl<S: InputSample> OnDevice<S> {
    fn open(device: &str, params: &PsdParams) -> Result<std::result::Result<Self, Declined>> {
        let declined = |why: &str| Ok(Err(Declined::whole("cross_spectra", device, why.to_owned())));
        if params.average != Average::Mean {
            return declined("a median needs the spectra of all segments");
        }
        if matches!(params.nan, NanPolicy::Interpolate { .. }) {
            return declined("gaps of pairs are interpolated on the CPU");
        }
        let session = Session::open(&device.parse::<Device>()?)?;
        let plan = session.explain(&graph::<S>(params, 1, row_len(params))?, Default::default())?.plan;
        let regions = regions(&plan, &session.device().id);
        if plan.regions_on(Place::Host).next().is_some() {
            return Ok(Err(Declined { why: on_the_cpu(&plan).unwrap_or_default(), regions }));
        }
        let (plans, samples, averages) = (BTreeMap::new(), Vec::new(), Vec::new());
        Ok(Ok(Self { session, plans, regions, samples, averages, of: std::marker::PhantomData }))
    }
}

/// The average so far.
struct Pair<S: InputSample> {
    device: OnDevice<S>,
    params: PsdParams,
    pending: [Vec<S>; 2],
    /// Position of the first pending sample.
    position: u64,
    /// Sums of |X|², |Y|², and the real and imaginary parts of conj(X)·Y, each counted once per segment.
    sums: [Vec<f64>; 4],
    segments: u64,
    host: CsdAccumulator<S>,
}

impl<S: InputSample> Pair<S> {
    fn new(device: OnDevice<S>, params: PsdParams) -> Result<Self> {
        let host = CsdAccumulator::new(params.clone())?;
        let sums = std::array::from_fn(|_| vec![0.0; params.n_bins::<S>()]);
        Ok(Self { device, params, pending: Default::default(), position: 0, sums, segments: 0, host })
    }

    fn run(
        mut self,
        blocks: &mut Blocks<S>,
        signal: &Signal,
        device: &str,
    ) -> Result<(CrossSpectrum<S::Real>, Vec<bool>, Placement)> {
        let mut magnitudes = Magnitudes::new(2, self.params.nan == NanPolicy::Propagate);
        loop {
            match blocks.next()? {
                Step::Data => {
                    magnitudes.see(blocks.channels());
                    self.pending[0].extend_from_slice(blocks.channel(0));
                    self.pending[1].extend_from_slice(blocks.channel(1));
                    let most = DeviceSpectra::batch((BATCH / self.step()).max(1));
                    while self.rows() >= most {
                        self.take(most, signal)?;
                    }
                }
                Step::Gap => self.end_stretch(signal)?,
                Step::End => {
                    self.end_stretch(signal)?;
                    break;
                }
            }
        }
        let on_device = self.segments > 0;
        let regions = std::mem::take(&mut self.device.regions);
        let id = self.device.session.device().id.clone();
        let placement = match on_device {
            true => Placement {
                said: format!("computed in f32 on {id}, ends and rows with missing samples on the CPU"),
                regions,
            },
            false => {
                let why = format!("no {} samples in a row", row_len(&self.params));
                Declined::whole("cross_spectra", device, why).placement(device)
            }
        };
        let params = self.params.clone();
        let found = self.finish(signal)?;
        magnitudes.check(0, &found.pxx)?;
        magnitudes.check(1, &found.pyy)?;
        let powers = [&found.pxx, &found.pyy];
        let dead = powers.iter().enumerate().map(|(i, p)| magnitudes.is_dead(i, p, &params)).collect();
        Ok((found, dead, placement))
    }

    /// Returns the distance between the starts of consecutive rows, in samples.
    fn step(&self) -> usize {
        row_len(&self.params) - self.params.segments.segment_len + self.params.segments.hop
    }

    /// Whole rows among the pending samples.
    fn rows(&self) -> usize {
        let row = row_len(&self.params).max(self.step());
        self.pending[0].len().checked_sub(row).map_or(0, |rest| rest / self.step() + 1)
    }

    fn end_stretch(&mut self, signal: &Signal) -> Result<()> {
        while self.rows() > 0 {
            self.take(DeviceSpectra::batch(self.rows()), signal)?;
        }
        let len = self.pending[0].len();
        self.on_host(0..len, signal)?;
        self.drop_first(len);
        Ok(())
    }

    fn take(&mut self, batch: usize, signal: &Signal) -> Result<()> {
        let (step, row) = (self.step(), row_len(&self.params));
        if !self.on_device(batch)? {
            for i in 0..batch {
                self.on_host(i * step..i * step + row, signal)?;
            }
        }
        self.drop_first(batch * step);
        Ok(())
    }

    /// Averages `batch` rows; `false` if a sample is missing, or `f32` does not represent samples or powers.
    fn on_device(&mut self, batch: usize) -> Result<bool> {
        let (step, row) = (self.step(), row_len(&self.params));
        let OnDevice { session, plans, regions: said, samples, averages, .. } = &mut self.device;
        samples.clear();
        for first in (0..batch).map(|i| i * step) {
            for sample in self.pending.iter().flat_map(|channel| &channel[first..first + row]) {
                let (re, im) = sample.parts();
                samples.push(re.widen() as f32);
                if S::COMPLEX {
                    samples.push(im.widen() as f32);
                }
            }
        }
        if samples.iter().any(|v| !v.is_finite()) {
            return Ok(false);
        }
        let plan = match plans.entry(batch) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let plan = session.compile(&graph::<S>(&self.params, batch, row)?)?;
                *said = regions(plan.plan(), &session.device().id);
                free.insert(plan)
            }
        };
        let bins = self.sums[0].len();
        averages.resize(6 * bins * batch, 0.0);
        plan.run(&[samples], &mut [averages])?;
        for (i, values) in averages.chunks_exact(6 * bins).enumerate() {
            let powers = values
                .chunks_exact(2 * bins)
                .map(|pairs| pairs.iter().step_by(2).copied().collect::<Vec<_>>());
            let mut channels = powers.zip(&self.pending);
            if !channels.all(|(power, channel)| holds(&power, magnitude(&channel[i * step..i * step + row])))
            {
                return Ok(false);
            }
        }
        let segments = self.params.segment_count(row) as u64;
        for values in averages.chunks_exact(6 * bins) {
            let at = |pair: usize, part: usize| values[2 * bins * pair + part..].iter().step_by(2);
            let [xx, yy, re, im] = &mut self.sums;
            for (sums, values) in [(xx, at(0, 0)), (yy, at(1, 0)), (re, at(2, 0)), (im, at(2, 1))] {
                sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += segments as f64 * f64::from(*v));
            }
            self.segments += segments;
        }
        Ok(true)
    }

    /// Processes a range of the pending samples with dsp.
    fn on_host(&mut self, at: std::ops::Range<usize>, signal: &Signal) -> Result<()> {
        let [x, y] = [0, 1].map(|channel: usize| &self.pending[channel][at.clone()]);
        if self.params.nan == NanPolicy::Error {
            for (channel, samples) in [x, y].into_iter().enumerate() {
                let Some((index, value)) = first_non_finite(samples) else { continue };
                let error = rlx_dsp::Error::NonFinite { row: 0, index: index as u64, value };
                return Err(explain(error, signal, channel, self.position + at.start as u64));
            }
        }
        self.host.push(x, y).map_err(|error| explain(error, signal, 0, 0))?;
        self.host.push_gap();
        Ok(())
    }

    fn drop_first(&mut self, len: usize) {
        self.pending.iter_mut().for_each(|pending| drop(pending.drain(..len)));
        self.position += len as u64;
    }

    fn finish(mut self, signal: &Signal) -> Result<CrossSpectrum<S::Real>> {
        let mut coverage = self.host.coverage();
        if self.segments == 0 || coverage.segments > 0 {
            let host = self.host.finish().map_err(|error| explain(error, signal, 0, 0))?;
            for (sums, values) in self.sums.iter_mut().zip([&host.pxx, &host.pyy, &host.re, &host.im]) {
                let weight = coverage.segments as f64;
                sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += weight * v.widen());
            }
            self.segments += coverage.segments;
        }
        coverage.segments = self.segments;
        let whole = self.segments as f64;
        let mean = |sums: &[f64]| sums.iter().map(|sum| S::Real::narrow(sum / whole)).collect();
        let [xx, yy, re, im] = &self.sums;
        let coherence = (0..xx.len()).map(|k| (re[k] * re[k] + im[k] * im[k]) / xx[k] / yy[k]);
        let mut found = CrossSpectrum::default();
        found.freqs = self.params.frequencies::<S>();
        (found.pxx, found.pyy, found.re, found.im) = (mean(xx), mean(yy), mean(re), mean(im));
        found.coherence = coherence.map(S::Real::narrow).collect();
        found.coverage = coverage;
        Ok(found)
    }
}
