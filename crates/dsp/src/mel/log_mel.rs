//! The log-mel transform of whole signals.

use std::sync::Arc;

use super::energies::{MelFrames, plan_mel_frames};
use super::{LogMelOutput, LogMelParams, MaxOver, MelFilterbank, Preemphasis};
use crate::fft::Real;
use crate::stft::check_finite;
use crate::{Error, Result};

/// A reusable plan: window, transform, filters and buffers.
pub struct LogMel<T: Real = f32> {
    params: LogMelParams,
    filterbank: Arc<MelFilterbank<T>>,
    frames: Box<dyn MelFrames<T>>,
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
        let filterbank = Arc::new(MelFilterbank::new(&params.filterbank())?);
        let frames = plan_mel_frames(&params, &filterbank)?;
        Ok(Self { params, filterbank, frames, emphasized: Vec::new(), padded: Vec::new() })
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
    /// A signal too short for one frame (or for its reflection); a NaN or infinite sample (see
    /// [`fill_gaps`](crate::nan::fill_gaps) for a way to repair it first).
    pub fn process(&mut self, x: &[T]) -> Result<LogMelOutput<T>> {
        let mut values = self.logarithms(x, 0)?;
        self.finish(&mut [&mut values]);
        Ok(self.output(values))
    }

    /// The log-mel spectrograms of a batch; the items may have different lengths.
    ///
    /// # Errors
    /// As [`Self::process`]; [`Error::NonFinite`] names the item as row.
    pub fn process_batch(&mut self, items: &[&[T]]) -> Result<Vec<LogMelOutput<T>>> {
        let mut all = Vec::with_capacity(items.len());
        for (row, x) in items.iter().enumerate() {
            all.push(self.logarithms(x, row)?);
        }
        match self.params.max_over {
            MaxOver::Batch => self.finish(&mut all.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()),
            MaxOver::Item => all.iter_mut().for_each(|values| self.finish(&mut [values])),
        }
        Ok(all.into_iter().map(|values| self.output(values)).collect())
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

    /// Logarithms of the mel energies of one signal, `[n_mels, n_frames]`.
    fn logarithms(&mut self, x: &[T], row: usize) -> Result<Vec<T>> {
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
        let mut out = vec![T::zero(); self.filterbank.n_mels() * n_frames];
        for part in framing.parts(x.len(), n_frames) {
            let signal = framing.samples(x, part.clone(), &mut self.padded);
            self.frames.mel_frames(signal, part.len(), n_frames, &mut out[part.start..]);
        }
        Ok(out)
    }

    /// Reference, range and normalisation of items that share their maxima.
    fn finish(&self, group: &mut [&mut [T]]) {
        self.params.log.relate(group);
        self.params.normalise.apply(group, self.params.n_mels);
    }

    fn output(&self, values: Vec<T>) -> LogMelOutput<T> {
        LogMelOutput::from_mels(values, self.params.n_mels, self.params.layout)
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
