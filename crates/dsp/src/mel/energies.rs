//! From samples to the logarithms of mel energies, `[n_mels, n_frames]`.

use std::sync::Arc;

use super::fast::LaneMelFrames;
use super::{LogMelParams, MelFilterbank};
use crate::Result;
use crate::fft::Real;
use crate::specialise::{same_type, specialise};
use crate::stft::{PowerFrames, plan_power_frames};

/// Logarithms of the mel energies of consecutive frames of a padded signal.
pub(super) trait MelFrames<T>: Send + Sync {
    /// Writes `count` frames to columns `0 … count` of `out`, whose rows are `row_len` long; frame `f` starts at
    /// `signal[f·hop]`. The logarithm is that of [`MelLog::take`](super::MelLog::take).
    fn mel_frames(&mut self, signal: &[T], count: usize, row_len: usize, out: &mut [T]);

    /// A kernel with the same tables and buffers of its own.
    fn boxed_clone(&self) -> Box<dyn MelFrames<T>>;
}

impl<T> Clone for Box<dyn MelFrames<T>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// The fastest plan there is.
pub(super) fn plan_mel_frames<T: Real>(
    params: &LogMelParams,
    filterbank: &Arc<MelFilterbank<T>>,
) -> Result<Box<dyn MelFrames<T>>> {
    if same_type::<T, f32>()
        && let Some(filterbank) = specialise(Arc::clone(filterbank))
        && let Some(fast) = LaneMelFrames::new(params, &filterbank)?
        && let Some(fast) = specialise(Box::new(fast) as Box<dyn MelFrames<f32>>)
    {
        return Ok(fast);
    }
    Ok(Box::new(PlainMelFrames::new(params, filterbank)?))
}

/// Frames whose spectra are held at a time: enough to amortise a call, few enough to stay in the cache.
const BLOCK: usize = 32;

/// Any length, exponent and precision: spectra, then filters, then logarithms.
#[derive(Clone)]
pub(super) struct PlainMelFrames<T> {
    params: LogMelParams,
    filterbank: Arc<MelFilterbank<T>>,
    spectra: Box<dyn PowerFrames<T>>,
    /// `[BLOCK, n_bins]`.
    power: Vec<T>,
    /// `[BLOCK, n_mels]`.
    mels: Vec<T>,
}

impl<T: Real> PlainMelFrames<T> {
    pub(super) fn new(params: &LogMelParams, filterbank: &Arc<MelFilterbank<T>>) -> Result<Self> {
        Ok(Self {
            params: params.clone(),
            filterbank: Arc::clone(filterbank),
            spectra: plan_power_frames(params.frame())?,
            power: vec![T::zero(); BLOCK * filterbank.n_bins()],
            mels: vec![T::zero(); BLOCK * filterbank.n_mels()],
        })
    }
}

impl<T: Real> MelFrames<T> for PlainMelFrames<T> {
    fn mel_frames(&mut self, signal: &[T], count: usize, row_len: usize, out: &mut [T]) {
        let (n_bins, n_mels) = (self.filterbank.n_bins(), self.filterbank.n_mels());
        for first in (0..count).step_by(BLOCK) {
            let frames = first..count.min(first + BLOCK);
            let power = &mut self.power[..frames.len() * n_bins];
            let mels = &mut self.mels[..frames.len() * n_mels];
            self.spectra.power_frames(signal, frames.clone(), power);
            raise(power, self.params.power);
            let done = self.filterbank.apply(power, mels);
            debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
            self.params.log.take(mels);
            for (mel, row) in out.chunks_mut(row_len).take(n_mels).enumerate() {
                let column = mels[mel..].iter().step_by(n_mels);
                row[frames.clone()].iter_mut().zip(column).for_each(|(out, v)| *out = *v);
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn MelFrames<T>> {
        Box::new(self.clone())
    }
}

/// `|X|²` to `|X|^exponent`.
pub(super) fn raise<T: Real>(power: &mut [T], exponent: f64) {
    if exponent == 1.0 {
        power.iter_mut().for_each(|v| *v = v.sqrt());
    } else if exponent != 2.0 {
        let half = T::narrow(exponent / 2.0);
        power.iter_mut().for_each(|v| *v = v.powf(half));
    }
}
