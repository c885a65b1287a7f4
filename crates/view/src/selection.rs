//! Spectra, peaks and powers of a range of time and frequency.

use crate::peaks::{Axis, PeakChoice, peaks};
use crate::recording::{Recording, Stretch};
use crate::reply::Measure;
use crate::sample::ViewSample;
use crate::{Cancel, Error, Result, SelectionQuery};
use num_complex::Complex;
use rayon::prelude::*;
use rlx_dsp::scaling::{Average, Scaling};
use rlx_dsp::welch::{Coverage, PsdParams, WelchAccumulator};
use rlx_io::write::results::{
    ChannelPeaks, ChannelPsd, FramePeaks, Header, PeaksResult, PsdResult, SCHEMA, level_db, power_unit,
};

/// Samples (of all planes) that are read at a time.
const PIECE: usize = 1 << 20;
/// Largest size of the spectra that a median keeps, in bytes.
const MEDIAN_BYTES: u64 = 1 << 27;
/// Largest number of channels of a selection.
const MAX_CHANNELS: usize = 512;
/// Largest number of peaks per channel.
const MAX_PEAKS: usize = 1000;

/// A selection, checked against its recording.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) query: &'a SelectionQuery,
    pub(crate) params: PsdParams,
    /// Number of available samples of the requested range.
    pub(crate) count: u64,
    pub(crate) band: Option<[f64; 2]>,
}

/// Averaged spectra of all channels of a selection.
pub(crate) struct Spectra {
    pub(crate) axis: Axis,
    /// Per channel, the powers at each position of the axis and the coverage of the average.
    pub(crate) channels: Vec<(Vec<f64>, Coverage)>,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(recording: &'a Recording, query: &'a SelectionQuery) -> Result<Self> {
        let there = recording.signal().channels.len();
        if query.channels.is_empty() || query.channels.len() > MAX_CHANNELS {
            let reason = format!("channels: {} of at most {MAX_CHANNELS}", query.channels.len());
            return Err(Error::request(reason));
        }
        if let Some(channel) = query.channels.iter().find(|channel| **channel >= there) {
            return Err(Error::request(format!("channels: {channel} of {there}")));
        }
        if query.k > MAX_PEAKS {
            return Err(Error::request(format!("k: {} peaks are more than {MAX_PEAKS}", query.k)));
        }
        let params = query.estimate.params(recording.rate(), query.average)?;
        let count = query.count.min(recording.frames().saturating_sub(query.start));
        if count < params.segments.n_fft as u64 {
            let reason = format!(
                "the selection has {count} samples, fewer than one segment of {} (n_fft)",
                params.segments.n_fft
            );
            return Err(Error::request(reason));
        }
        let band = match query.band {
            Some([lo, hi]) if !(lo.is_finite() && hi.is_finite() && lo < hi) => {
                return Err(Error::request(format!("band: {lo} … {hi} is empty")));
            }
            band => band,
        };
        Ok(Self { recording, query, params, count, band })
    }

    fn spectra(&self, cancel: &Cancel) -> Result<Spectra> {
        match (self.recording.is_double(), self.recording.is_complex()) {
            (false, false) => self.accumulate::<f32>(cancel),
            (true, false) => self.accumulate::<f64>(cancel),
            (false, true) => self.accumulate::<Complex<f32>>(cancel),
            (true, true) => self.accumulate::<Complex<f64>>(cancel),
        }
    }

    fn accumulate<S: ViewSample>(&self, cancel: &Cancel) -> Result<Spectra> {
        let channels = &self.query.channels;
        let bins = self.params.n_bins::<S>() * channels.len();
        let limit = match self.params.average {
            Average::Median => (MEDIAN_BYTES / (8 * bins as u64)).max(1),
            _ => u64::MAX,
        };
        // One channel is divided over the threads in time; several channels are distributed one per thread.
        let parts = if channels.len() == 1 { rayon::current_num_threads() } else { 1 };
        let spans = spans(&self.params, self.count, parts as u64);
        let read = |&(from, count): &(u64, u64)| -> Result<Vec<WelchAccumulator<S>>> {
            let mut all = (0..channels.len())
                .map(|_| WelchAccumulator::<S>::with_stored_segments(self.params.clone(), limit))
                .collect::<rlx_dsp::Result<Vec<_>>>()?;
            let piece = (PIECE / self.recording.planes().max(1)).max(1 << 12) as u64;
            let mut stretch = Stretch::<S>::default();
            let mut done = 0;
            while done < count {
                cancel.check()?;
                let wanted = piece.min(count - done);
                self.recording.read(
                    channels,
                    self.query.start + from + done,
                    wanted as usize,
                    &mut stretch,
                )?;
                let gaps = &stretch.gaps;
                all.par_iter_mut()
                    .zip(&stretch.channels)
                    .try_for_each(|(accumulator, samples)| push(accumulator, samples, gaps))?;
                if (stretch.len() as u64) < wanted {
                    break;
                }
                done += wanted;
            }
            Ok(all)
        };
        let mut parts = spans.par_iter().map(read).collect::<Result<Vec<_>>>()?.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for part in parts {
            for (accumulator, more) in all.iter_mut().zip(part) {
                accumulator.merge(more)?;
            }
        }
        let center = self.recording.signal().center_freq.unwrap_or(0.0);
        let axis = Axis::new::<S>(&self.params, center);
        let channels = all
            .into_iter()
            .map(|accumulator| {
                let psd = accumulator.finish()?;
                Ok((axis.arrange(&psd.values), psd.coverage))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Spectra { axis, channels })
    }

    /// Returns the averaged spectra.
    pub(crate) fn psd(&self, cancel: &Cancel) -> Result<PsdResult> {
        let Spectra { axis, channels } = self.spectra(cancel)?;
        let inside = self.inside(&axis)?;
        let segments = channels.iter().map(|(_, coverage)| coverage.segments).max().unwrap_or(0);
        let channels = self.names().into_iter().zip(&channels).map(|(name, (power, coverage))| ChannelPsd {
            name,
            segments: coverage.segments,
            freq: inside.iter().map(|&i| axis.freq[i]).collect(),
            psd: inside.iter().map(|&i| power[i]).collect(),
            psd_lo: None,
            psd_hi: None,
        });
        let channels = channels.collect();
        Ok(PsdResult { header: self.header("psd", segments), confidence: None, channels })
    }

    /// Returns the strongest peaks.
    pub(crate) fn peaks(&self, cancel: &Cancel) -> Result<PeaksResult> {
        let Spectra { axis, channels } = self.spectra(cancel)?;
        let segments = channels.iter().map(|(_, coverage)| coverage.segments).max().unwrap_or(0);
        let choice = PeakChoice { k: self.query.k, prominence_db: self.query.prominence, band: self.band };
        let rate = self.recording.rate();
        let t_start_s = self.query.start as f64 / rate;
        let t_end_s = t_start_s + self.count as f64 / rate;
        let channels = self
            .names()
            .into_iter()
            .zip(&channels)
            .map(|(name, (power, _))| {
                let peaks = peaks(&axis, power, &self.params, choice)?;
                Ok(ChannelPeaks { name, frames: vec![FramePeaks { t_start_s, t_end_s, peaks }] })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(PeaksResult { header: self.header("peaks", segments), channels, framed: false })
    }

    /// Computes the power in the band; the spectrum is a density regardless of the requested scaling.
    pub(crate) fn measure(&self, cancel: &Cancel) -> Result<Vec<Measure>> {
        let params = self.params.clone().scaling(Scaling::Density);
        let density = Selection { params: params.clone(), ..*self };
        let Spectra { axis, channels } = density.spectra(cancel)?;
        let inside = density.inside(&axis)?;
        let step = params.sample_rate / params.segments.n_fft as f64;
        let unit = power_unit("spectrum", self.unit().as_deref(), "Hz");
        let measure = |(name, (power, coverage)): (String, &(Vec<f64>, Coverage))| {
            let total = inside.iter().map(|&i| power[i]).sum::<f64>() * step;
            let mut others: Vec<f64> =
                (0..power.len()).filter(|i| inside.binary_search(i).is_err()).map(|i| power[i]).collect();
            if others.is_empty() {
                others.clone_from(power);
            }
            others.sort_by(f64::total_cmp);
            let noise_density = others[others.len() / 2];
            let noise = noise_density * step * inside.len() as f64;
            let snr_db = (total > noise && noise > 0.0).then(|| level_db((total - noise) / noise));
            let (level_db, segments) = (level_db(total), coverage.segments);
            let unit = unit.clone();
            Measure { channel: name, power: total, level_db, unit, noise_density, snr_db, segments }
        };
        Ok(self.names().into_iter().zip(&channels).map(measure).collect())
    }

    pub(crate) fn inside(&self, axis: &Axis) -> Result<Vec<usize>> {
        let inside = axis.inside(self.band);
        if inside.is_empty() {
            return Err(Error::request("band: it holds no bin; select a wider one or a larger n_fft"));
        }
        Ok(inside)
    }

    /// Returns the names of the channels.
    pub(crate) fn names(&self) -> Vec<String> {
        let all = self.recording.signal().channels;
        self.query.channels.iter().map(|&channel| all[channel].name.clone()).collect()
    }

    /// Returns the channels' common unit, if they have one.
    fn unit(&self) -> Option<String> {
        let all = self.recording.signal().channels;
        let first = all[*self.query.channels.first()?].unit.clone()?;
        self.query.channels.iter().all(|&c| all[c].unit.as_ref() == Some(&first)).then_some(first)
    }

    pub(crate) fn header(&self, command: &str, segments: u64) -> Header {
        let (params, scaling) = (&self.params, self.params.scaling.to_string());
        Header {
            schema: SCHEMA,
            tool: "rlx-fft".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            command: command.into(),
            source: self.recording.info().name,
            sample_rate: params.sample_rate,
            x_unit: "Hz".into(),
            bin_width: params.sample_rate / params.segments.n_fft as f64,
            n_fft: params.segments.n_fft,
            hop: params.segments.hop,
            window: params.segments.window.to_string(),
            detrend: params.segments.detrend.to_string(),
            average: params.average.to_string(),
            unit: power_unit(&scaling, self.unit().as_deref(), "Hz"),
            scaling,
            segments,
            defaults: Vec::new(),
            notes: self.recording.signal().notes,
        }
    }
}

/// Adds samples, with the gaps between them.
fn push<S: ViewSample>(
    accumulator: &mut WelchAccumulator<S>,
    samples: &[S],
    gaps: &[usize],
) -> rlx_dsp::Result<()> {
    let mut from = 0;
    for &gap in gaps {
        accumulator.push(&samples[from..gap])?;
        accumulator.push_gap()?;
        from = gap;
    }
    accumulator.push(&samples[from..])
}

/// Returns overlapping spans (start, length) of a signal of `count` samples that contain every segment exactly once.
fn spans(params: &PsdParams, count: u64, parts: u64) -> Vec<(u64, u64)> {
    let (hop, len) = (params.segments.hop as u64, params.segments.segment_len as u64);
    let segments = if count < len { 0 } else { (count - len) / hop + 1 };
    let parts = parts.clamp(1, segments.max(1));
    let bound = |part: u64| part * (segments / parts) + part.min(segments % parts);
    (0..parts)
        .filter(|_| segments > 0)
        .map(|part| (bound(part) * hop, (bound(part + 1) - bound(part) - 1) * hop + len))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_hold_every_segment_once() {
        for (len, hop) in [(8usize, 4usize), (8, 3), (5, 9), (1, 1)] {
            let params = PsdParams::new(1.0, len).hop(hop);
            for (count, parts) in [(0, 2), (4, 1), (8, 2), (40, 3), (101, 7), (9, 1000)] {
                let starts: Vec<usize> = spans(&params, count, parts)
                    .into_iter()
                    .flat_map(|(from, n)| {
                        (0..params.segment_count(n as usize)).map(move |s| from as usize + s * hop)
                    })
                    .collect();
                let whole: Vec<usize> = (0..params.segment_count(count as usize)).map(|s| s * hop).collect();
                assert_eq!(starts, whole, "{len} {hop} {count} {parts}");
            }
        }
    }
}
