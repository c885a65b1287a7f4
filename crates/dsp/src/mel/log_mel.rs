//! The log-mel transform of whole signals.

use super::{LogMelOutput, LogMelParams, MaxOver, MelFilterbank, Preemphasis};
use crate::fft::Real;
use crate::stft::{PowerFrames, check_finite, plan_power_frames};
use crate::{Error, Result};

/// Frames whose spectra are held at a time: enough to amortise a call, few enough to stay in the cache.
const BLOCK: usize = 32;

/// A reusable plan: window, transform, filters and buffers.
pub struct LogMel<T: Real = f32> {
    params: LogMelParams,
    filterbank: MelFilterbank<T>,
    spectra: Box<dyn PowerFrames<T>>,
    /// `[BLOCK, n_bins]`.
    power: Vec<T>,
    emphasized: Vec<T>,
    padded: Vec<T>,
}

impl<T: Real> LogMel<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`LogMelParams::validate`] and [`MelFilterbank::new`] refuse; a window outside its domain.
    pub fn new(params: LogMelParams) -> Result<Self> {
        params.validate()?;
        let filterbank = MelFilterbank::new(&params.filterbank())?;
        let power = vec![T::zero(); BLOCK * filterbank.n_bins()];
        let spectra = plan_power_frames(params.frame())?;
        Ok(Self { params, filterbank, spectra, power, emphasized: Vec::new(), padded: Vec::new() })
    }

    /// The parameters of the plan.
    pub fn params(&self) -> &LogMelParams {
        &self.params
    }

    /// The filters; [`MelFilterbank::empty_filters`] names those that are always 0.
    pub fn filterbank(&self) -> &MelFilterbank<T> {
        &self.filterbank
    }

    /// Number of frames of a signal of `len` samples; 0 where [`Self::process`] would refuse it as too short.
    pub fn n_frames(&self, len: usize) -> usize {
        self.params.framing().count(len)
    }

    /// Middle of frame `index` in seconds from the first sample.
    pub fn time(&self, index: usize) -> f64 {
        (self.params.framing().first_center() + (index * self.params.hop) as f64) / self.params.sample_rate
    }

    /// The log-mel spectrogram of one signal.
    ///
    /// # Errors
    /// A signal too short for one frame (or for its reflection); a NaN or infinite sample.
    pub fn process(&mut self, x: &[T]) -> Result<LogMelOutput<T>> {
        let mut frames = self.energies(x, 0)?;
        self.finish(&mut [&mut frames]);
        Ok(self.output(frames))
    }

    /// The log-mel spectrograms of a batch; the items may have different lengths.
    ///
    /// # Errors
    /// As [`Self::process`]; [`Error::NonFinite`] names the item as row.
    pub fn process_batch(&mut self, items: &[&[T]]) -> Result<Vec<LogMelOutput<T>>> {
        let mut all = Vec::with_capacity(items.len());
        for (row, x) in items.iter().enumerate() {
            all.push(self.energies(x, row)?);
        }
        match self.params.max_over {
            MaxOver::Batch => self.finish(&mut all.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()),
            MaxOver::Item => all.iter_mut().for_each(|frames| self.finish(&mut [frames])),
        }
        Ok(all.into_iter().map(|frames| self.output(frames)).collect())
    }

    /// The log-mel spectrograms of the rows of `x`, a flat `[rows, row_len]` array.
    ///
    /// # Errors
    /// As [`Self::process_batch`]; `row_len` 0 or no divisor of the length of `x`.
    pub fn process_rows(&mut self, x: &[T], row_len: usize) -> Result<Vec<LogMelOutput<T>>> {
        if row_len == 0 || !x.len().is_multiple_of(row_len) {
            let reason = format!("rows of {row_len} values in {} values", x.len());
            return Err(Error::argument("row_len", reason));
        }
        self.process_batch(&x.chunks_exact(row_len).collect::<Vec<_>>())
    }

    /// Mel energies of one signal, `[n_frames, n_mels]`.
    fn energies(&mut self, x: &[T], row: usize) -> Result<Vec<T>> {
        let framing = self.params.framing();
        let n_frames = framing.checked_count(x.len())?;
        check_finite(x, row, 0)?;
        let x = match self.params.preemphasis {
            Preemphasis::Signal(c) => {
                emphasize(x, T::narrow(c), &mut self.emphasized);
                &self.emphasized
            }
            Preemphasis::None | Preemphasis::Frame(_) => x,
        };
        let signal = framing.padded(x, n_frames, &mut self.padded);
        let (n_bins, n_mels) = (self.filterbank.n_bins(), self.filterbank.n_mels());
        let mut out = vec![T::zero(); n_frames * n_mels];
        for (block, mels) in out.chunks_mut(BLOCK * n_mels).enumerate() {
            let first = block * BLOCK;
            let frames = first..first + mels.len() / n_mels;
            let power = &mut self.power[..frames.len() * n_bins];
            self.spectra.power_frames(signal, frames, power);
            raise(power, self.params.power);
            self.filterbank.apply(power, mels)?;
        }
        Ok(out)
    }

    /// Logarithm and normalisation of items that share their maxima.
    fn finish(&self, group: &mut [&mut [T]]) {
        self.params.log.apply(group);
        self.params.normalise.apply(group, self.params.n_mels);
    }

    fn output(&self, frames: Vec<T>) -> LogMelOutput<T> {
        LogMelOutput::from_frames(frames, self.params.n_mels, self.params.layout)
    }
}

/// The log-mel spectrogram of one signal with a plan of its own; make a [`LogMel`] for more than one.
///
/// # Errors
/// As [`LogMel::new`] and [`LogMel::process`].
pub fn log_mel(x: &[f32], params: &LogMelParams) -> Result<LogMelOutput> {
    LogMel::new(*params)?.process(x)
}

fn emphasize<T: Real>(x: &[T], c: T, out: &mut Vec<T>) {
    out.clear();
    out.extend(x.first());
    out.extend(x.windows(2).map(|pair| pair[1] - c * pair[0]));
}

/// `|X|²` to `|X|^exponent`.
fn raise<T: Real>(power: &mut [T], exponent: f64) {
    if exponent == 1.0 {
        power.iter_mut().for_each(|v| *v = v.sqrt());
    } else if exponent != 2.0 {
        let half = T::narrow(exponent / 2.0);
        power.iter_mut().for_each(|v| *v = v.powf(half));
    }
}
