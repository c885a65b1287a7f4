//! The log-mel transform of whole signals.

use std::sync::Arc;

use rayon::prelude::*;

use super::energies::{MelFrames, plan_mel_frames};
use super::missing::Missing;
use super::{LogMelOutput, LogMelParams, MaxOver, MelFilterbank, Preemphasis};
use crate::fft::Real;
use crate::nan::NanPolicy;
use crate::stft::{Framing, check_finite};
use crate::{Error, Result};

/// Frames that a thread takes at least: whole groups of every kernel, so that the numbers do not depend on the threads.
const SHARE: usize = 256;

/// A reusable plan: window, transform, filters and buffers.
pub struct LogMel<T: Real = f32> {
    params: LogMelParams,
    filterbank: Arc<MelFilterbank<T>>,
    /// One per thread.
    workers: Vec<Box<dyn MelFrames<T>>>,
    pool: Option<rayon::ThreadPool>,
    nan: NanPolicy,
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
        let workers = vec![plan_mel_frames(&params, &filterbank)?];
        let nan = NanPolicy::Error;
        Ok(Self { params, filterbank, workers, pool: None, nan, emphasized: Vec::new(), padded: Vec::new() })
    }

    /// Sets how many threads share the frames of a signal: 1 (the default) is the caller's alone, 0 is rayon's current
    /// pool, any other number is a pool of that many, kept with this plan.
    ///
    /// # Errors
    /// [`Error::Argument`] when the threads cannot be started.
    pub fn with_threads(mut self, threads: usize) -> Result<Self> {
        self.pool = match threads {
            0 | 1 => None,
            n => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
                Some(pool.map_err(|error| Error::argument("threads", format!("{n}: {error}")))?)
            }
        };
        let threads = if threads == 0 { rayon::current_num_threads() } else { threads };
        let more = || plan_mel_frames(&self.params, &self.filterbank);
        self.workers = (0..threads).map(|_| more()).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Sets what becomes of NaN and infinity; [`NanPolicy::Error`] is the default.
    ///
    /// Under [`NanPolicy::SkipSegment`] a frame that holds one is NaN in every band and counts for no maximum, mean or
    /// deviation. [`NanPolicy::Interpolate`] draws lines over short gaps before. Under [`NanPolicy::Propagate`] such frames
    /// are NaN, and with them all that is related to their maximum, mean or deviation, as in the reference systems.
    #[must_use]
    pub fn with_nan(mut self, nan: NanPolicy) -> Self {
        self.nan = nan;
        self
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
    /// A signal too short for one frame (or for its reflection); a NaN or infinite sample, unless
    /// [`with_nan`](Self::with_nan) has said otherwise.
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
        let missing = match self.nan {
            NanPolicy::Error => check_finite(x, row, 0).map(|()| None)?,
            policy => Missing::of(x, policy),
        };
        let x = missing.as_ref().map_or(x, Missing::samples);
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
            let (workers, pool) = (&mut self.workers, self.pool.as_ref());
            let place = Place { framing, n_mels: self.filterbank.n_mels(), row_len: n_frames };
            share(workers, pool, signal, part.len(), place, &mut out[part.start..]);
        }
        if let Some(missing) = &missing {
            let spreads = matches!(self.params.preemphasis, Preemphasis::Signal(_));
            missing.mark(&framing, spreads, n_frames, &mut out);
        }
        Ok(out)
    }

    /// Reference, range and normalisation of items that share their maxima.
    fn finish(&self, group: &mut [&mut [T]]) {
        let related = self.params.log.relates() || self.params.normalise.relates();
        if self.nan == NanPolicy::Propagate
            && related
            && group.iter().any(|item| item.iter().any(|v| v.is_nan()))
        {
            return group.iter_mut().for_each(|item| item.fill(T::nan()));
        }
        self.params.log.relate(group);
        let sparse = matches!(self.nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. });
        self.params.normalise.apply(group, self.params.n_mels, sparse);
    }

    fn output(&self, values: Vec<T>) -> LogMelOutput<T> {
        LogMelOutput::from_mels(values, self.params.n_mels, self.params.layout)
    }
}

/// Where frames come from and go to.
#[derive(Clone, Copy)]
struct Place {
    framing: Framing,
    n_mels: usize,
    row_len: usize,
}

/// `count` frames of `signal`, shared between the workers, to columns `0 … count` of `out`.
fn share<T: Real>(
    workers: &mut [Box<dyn MelFrames<T>>],
    pool: Option<&rayon::ThreadPool>,
    signal: &[T],
    count: usize,
    place: Place,
    out: &mut [T],
) {
    let Place { framing, n_mels, row_len } = place;
    let share = count.div_ceil(workers.len()).next_multiple_of(SHARE);
    if share >= count {
        return workers[0].mel_frames(signal, count, row_len, out);
    }
    // Bands are rows, so a share of the frames is no piece of the output: each worker fills a block of its own.
    let mut work = || -> Vec<Vec<T>> {
        let blocks = workers[..count.div_ceil(share)].par_iter_mut().enumerate().map(|(i, worker)| {
            let frames = share.min(count - i * share);
            let first = i * share * framing.hop;
            let samples = &signal[first..first + (frames - 1) * framing.hop + framing.frame_len];
            let mut block = vec![T::zero(); n_mels * frames];
            worker.mel_frames(samples, frames, frames, &mut block);
            block
        });
        blocks.collect()
    };
    let blocks = match pool {
        Some(pool) => pool.install(&mut work),
        None => work(),
    };
    for (i, block) in blocks.iter().enumerate() {
        let frames = block.len() / n_mels;
        for (row, band) in out.chunks_mut(row_len).zip(block.chunks_exact(frames)) {
            row[i * share..i * share + frames].copy_from_slice(band);
        }
    }
}

/// The log-mel spectrogram of one signal with a plan of its own; make a [`LogMel`] for more than one.
///
/// # Errors
/// As [`LogMel::new`] and [`LogMel::process`].
pub fn log_mel(x: &[f32], params: &LogMelParams) -> Result<LogMelOutput> {
    LogMel::new(params.clone())?.process(x)
}

fn emphasize<T: Real>(x: &[T], c: T, out: &mut Vec<T>) {
    out.clear();
    out.extend(x.first());
    out.extend(x.windows(2).map(|pair| pair[1] - c * pair[0]));
}
