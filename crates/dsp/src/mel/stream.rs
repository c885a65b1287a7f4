//! The log-mel transform of a signal that arrives in blocks.

use super::energies::raise;
use super::{LogMelParams, MelFilterbank, Preemphasis};
use crate::error::{Error, Result};
use crate::fft::Real;
use crate::stft::StftStream;

/// Emits the frames of a [`LogMel`](super::LogMel) from blocks of any length: the same number of frames with the same
/// values, to rounding, whatever the blocks.
///
/// Holds a few frames of samples. Logarithms and normalisations that refer to the whole signal (a maximum as reference,
/// `top_db`, whisper's range, NeMo's deviation) are refused: their frames are not known before the end.
///
/// ```
/// use rlx_dsp::mel::{LogMelParams, LogMelStream, Preset};
///
/// let mut frames = 0;
/// let mut stream = LogMelStream::<f32>::new(LogMelParams::preset(Preset::Kaldi))?;
/// for block in [&[0.5; 1000][..], &[0.25; 3], &[0.0; 600]] {
///     stream.push(block, |_index, mels| { frames += 1; assert_eq!(mels.len(), 23) })?;
/// }
/// assert_eq!(stream.finish(|_, _| frames += 1)?, 8);
/// assert_eq!(frames, 8);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
pub struct LogMelStream<T: Real = f32> {
    params: LogMelParams,
    filterbank: MelFilterbank<T>,
    frames: StftStream<T>,
    power: Vec<T>,
    mels: Vec<T>,
    /// The last sample of the block before, where the signal is emphasised.
    before: Option<T>,
    emphasized: Vec<T>,
}

impl<T: Real> LogMelStream<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// As [`LogMel::new`](super::LogMel::new); [`Error::Argument`] named `log` or `normalise` where a frame depends on
    /// later ones.
    pub fn new(params: LogMelParams) -> Result<Self> {
        params.validate()?;
        if params.log.relates() {
            let reason = "a stream has no maximum to refer to: choose a fixed reference and no top_db";
            return Err(Error::argument("log", reason));
        }
        if !params.normalise.is_none() {
            return Err(Error::argument(
                "normalise",
                "a stream has no maximum, mean or deviation to refer to",
            ));
        }
        let filterbank = MelFilterbank::new(&params.filterbank())?;
        Ok(Self {
            frames: StftStream::powers(params.frame(), params.framing())?,
            power: vec![T::zero(); filterbank.n_bins()],
            mels: vec![T::zero(); filterbank.n_mels()],
            filterbank,
            params,
            before: None,
            emphasized: Vec::new(),
        })
    }

    /// The parameters of the plan.
    pub fn params(&self) -> &LogMelParams {
        &self.params
    }

    /// Frames emitted so far.
    pub fn frames(&self) -> usize {
        self.frames.frames()
    }

    /// Takes the next samples and calls `emit(frame index, n_mels values)` for every frame that is complete.
    ///
    /// # Errors
    /// A NaN or infinite sample, with its position since the start; no sample of the block is taken then.
    pub fn push(&mut self, block: &[T], mut emit: impl FnMut(usize, &[T])) -> Result<()> {
        let Self { params, filterbank, frames, power, mels, .. } = self;
        let each = |index: usize, bins: &[T]| {
            finish(params, filterbank, bins, power, mels);
            emit(index, mels);
        };
        let Preemphasis::Signal(c) = params.preemphasis else { return frames.push(block, each) };
        let c = T::narrow(c);
        let emphasized = &mut self.emphasized;
        emphasized.clear();
        emphasized.extend(block.first().map(|x| self.before.map_or(*x, |before| *x - c * before)));
        emphasized.extend(block.windows(2).map(|pair| pair[1] - c * pair[0]));
        frames.push(emphasized, each)?;
        self.before = block.last().copied().or(self.before);
        Ok(())
    }

    /// Pads the end, emits the remaining frames and returns the number of all frames.
    ///
    /// # Errors
    /// A signal too short for one frame, or for its reflection.
    pub fn finish(self, mut emit: impl FnMut(usize, &[T])) -> Result<usize> {
        let Self { params, filterbank, frames, mut power, mut mels, .. } = self;
        frames.finish(|index, bins| {
            finish(&params, &filterbank, bins, &mut power, &mut mels);
            emit(index, &mels);
        })
    }
}

/// Mel energies of a frame's powers, and their logarithm.
fn finish<T: Real>(
    params: &LogMelParams,
    filterbank: &MelFilterbank<T>,
    bins: &[T],
    power: &mut [T],
    mels: &mut [T],
) {
    power.copy_from_slice(bins);
    raise(power, params.power);
    let done = filterbank.apply(power, mels);
    debug_assert!(done.is_ok(), "the buffers have the lengths of the plan");
    params.log.take(mels);
    params.log.relate(&mut [mels]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mel::{LogMel, MelLayout, MelLog, MelNormalise, Preset, Reference};

    #[test]
    fn frames_of_the_whole_signal_from_any_blocks() {
        let x: Vec<f64> =
            (0..5000).map(|i| (f64::from(i) * 0.05).sin() + (f64::from(i) * 1.3).cos()).collect();
        for preset in [Preset::Kaldi, Preset::Torchaudio, Preset::Librosa, Preset::Nemo, Preset::Whisper] {
            let mut params = LogMelParams::preset(preset).layout(MelLayout::FramesByMels);
            params.normalise = MelNormalise::None;
            if let MelLog::Decibel { amin, .. } = params.log {
                params.log = MelLog::Decibel { amin, reference: Reference::Power(2.0), top_db: None };
            }
            let whole = LogMel::<f64>::new(params.clone()).unwrap().run(&x).unwrap();
            for block in [1, 399, 5000] {
                let mut stream = LogMelStream::<f64>::new(params.clone()).unwrap();
                let mut data = Vec::new();
                for part in x.chunks(block) {
                    stream
                        .push(part, |index, mels| {
                            assert_eq!(index * mels.len(), data.len());
                            data.extend_from_slice(mels);
                        })
                        .unwrap();
                }
                assert_eq!(stream.finish(|_, mels| data.extend_from_slice(mels)).unwrap(), whole.n_frames);
                assert_eq!(data.len(), whole.values.len());
                for (a, b) in data.iter().zip(&whole.values) {
                    assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{preset} {block}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn what_refers_to_later_frames_is_refused() {
        for (preset, name) in
            [(Preset::Whisper, "normalise"), (Preset::Librosa, "log"), (Preset::Nemo, "normalise")]
        {
            let error = LogMelStream::<f32>::new(LogMelParams::preset(preset)).err().unwrap();
            assert!(error.to_string().starts_with(name), "{error}");
        }
        let mut stream = LogMelStream::<f32>::new(LogMelParams::preset(Preset::Kaldi)).unwrap();
        assert!(stream.push(&[f32::NAN], |_, _| ()).is_err());
        assert!(stream.finish(|_, _| ()).is_err());
    }
}
