//! The log-mel transform of whole signals.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use super::energies::{MelFrames, plan_mel_frames};
use super::missing::Missing;
use super::output::in_layout;
use super::{LogMelOutput, LogMelParams, MaxOver, MelFilterbank, MelLayout, Preemphasis, Preset};
use crate::fft::Real;
use crate::nan::NanPolicy;
use crate::params::{Threads, Workers};
use crate::scratch::{Idle, Owner};
use crate::stft::{Framing, check_finite, row_len};
use crate::{Error, Result};

/// Smallest number of frames per thread: whole groups of every kernel, so that results do not depend on the threads.
const SHARE: usize = 256;

/// A plan for log-mel spectrograms: window, transform and filters. It is immutable: threads may share it, and clones
/// share its tables.
#[derive(Clone)]
pub struct LogMel<T: Real = f32> {
    shared: Arc<Shared<T>>,
    threads: Workers,
}

struct Shared<T: Real> {
    params: LogMelParams,
    filterbank: Arc<MelFilterbank<T>>,
    /// Contains the tables; its clones are in the scratch.
    prototype: Box<dyn MelFrames<T>>,
    owner: Owner,
    idle: Idle<LogMelScratch<T>>,
}

/// The mutable part of a [`LogMel`] plan.
pub struct LogMelScratch<T: Real = f32> {
    owner: Owner,
    /// One worker per thread.
    workers: Vec<Box<dyn MelFrames<T>>>,
    emphasised: Vec<T>,
    padded: Vec<T>,
}

impl<T: Real> LogMel<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// Those of [`LogMelParams::validate`] and [`MelFilterbank::new`]; a window outside its domain.
    pub fn new(params: LogMelParams) -> Result<Self> {
        params.validate()?;
        let filterbank = Arc::new(MelFilterbank::new(&params.filterbank())?);
        let prototype = plan_mel_frames(&params, &filterbank)?;
        let (owner, idle) = (Owner::default(), Idle::default());
        let shared = Shared { params, filterbank, prototype, owner, idle };
        Ok(Self { shared: Arc::new(shared), threads: Workers::Caller })
    }

    /// Sets the threads that share the frames of a signal; by default only the calling thread.
    ///
    /// # Errors
    /// [`Error::Argument`] if the threads cannot be started.
    pub fn with_threads(mut self, threads: impl Into<Threads>) -> Result<Self> {
        self.threads = Workers::start(threads.into())?;
        Ok(self)
    }

    /// Returns the parameters of the plan.
    pub fn params(&self) -> &LogMelParams {
        &self.shared.params
    }

    /// Returns the filters; [`MelFilterbank::empty_filters`] lists those whose energy is always 0.
    pub fn filterbank(&self) -> &MelFilterbank<T> {
        &self.shared.filterbank
    }

    /// Returns the number of frames of a signal of `len` samples; 0 if [`Self::run`] would reject it as too short.
    pub fn n_frames(&self, len: usize) -> usize {
        self.params().framing().count(len)
    }

    /// Returns the middle of frame `index` in seconds from the first sample.
    pub fn time(&self, index: usize) -> f64 {
        let params = self.params();
        (params.framing().first_centre() + (index * params.hop) as f64) / params.sample_rate
    }

    /// Makes buffers for [`run_into`](Self::run_into).
    #[must_use]
    pub fn scratch(&self) -> LogMelScratch<T> {
        LogMelScratch {
            owner: self.shared.owner.clone(),
            workers: vec![self.shared.prototype.clone()],
            emphasised: Vec::new(),
            padded: Vec::new(),
        }
    }

    /// Computes the log-mel spectrogram of one signal.
    ///
    /// # Errors
    /// A signal too short for one frame (or for its reflection); a NaN or infinite sample, unless
    /// [`LogMelParams::nan`] allows it.
    pub fn run(&self, x: &[T]) -> Result<LogMelOutput<T>> {
        let mut values = self.item(x, 0)?;
        self.finish(&mut [&mut values]);
        Ok(self.output(values))
    }

    /// Computes the log-mel spectrogram of one signal into `out`, `n_mels · n_frames(x.len())` values in the order of
    /// the parameters' `layout`.
    ///
    /// # Errors
    /// Those of [`run`](Self::run); `out` of another length, scratch of another plan.
    pub fn run_into(&self, x: &[T], scratch: &mut LogMelScratch<T>, out: &mut [T]) -> Result<()> {
        self.shared.owner.check(&scratch.owner)?;
        let expected = self.params().framing().checked_count(x.len())? * self.params().n_mels;
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        self.logarithms(x, 0, scratch, out)?;
        self.finish(&mut [&mut *out]);
        if self.params().layout == MelLayout::FramesByMels {
            let ordered = in_layout(out.to_vec(), self.params().n_mels, MelLayout::FramesByMels);
            out.copy_from_slice(&ordered);
        }
        Ok(())
    }

    /// Computes the log-mel spectrograms of `rows` signals of equal length: `x` is `[rows, len]`, row-major. They
    /// share their maxima under [`MaxOver::Batch`].
    ///
    /// # Errors
    /// Those of [`run`](Self::run), with the row; a length of `x` that is not a multiple of `rows`.
    pub fn run_batch(&self, x: &[T], rows: usize) -> Result<Vec<LogMelOutput<T>>> {
        let len = row_len(x.len(), rows)?;
        self.run_items(&(0..rows).map(|row| &x[row * len..][..len]).collect::<Vec<_>>())
    }

    /// Computes the log-mel spectrograms of signals of different lengths, otherwise as
    /// [`run_batch`](Self::run_batch).
    ///
    /// # Errors
    /// Those of [`run`](Self::run); [`Error::NonFinite`] reports the item as the row.
    pub fn run_items(&self, items: &[&[T]]) -> Result<Vec<LogMelOutput<T>>> {
        let mut all = Vec::with_capacity(items.len());
        for (row, x) in items.iter().enumerate() {
            all.push(self.item(x, row)?);
        }
        match self.params().max_over {
            MaxOver::Batch => self.finish(&mut all.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()),
            MaxOver::Item => all.iter_mut().for_each(|values| self.finish(&mut [values])),
        }
        Ok(all.into_iter().map(|values| self.output(values)).collect())
    }

    /// Returns the logarithms of the mel energies of one signal, `[n_mels, n_frames]`.
    fn item(&self, x: &[T], row: usize) -> Result<Vec<T>> {
        let n_frames = self.params().framing().checked_count(x.len())?;
        let mut out = vec![T::zero(); self.params().n_mels * n_frames];
        let scratch = || self.scratch();
        self.shared.idle.with(scratch, |scratch| self.logarithms(x, row, scratch, &mut out))?;
        Ok(out)
    }

    /// Writes the logarithms of the mel energies of one signal to `out`, `[n_mels, n_frames]`.
    fn logarithms(&self, x: &[T], row: usize, scratch: &mut LogMelScratch<T>, out: &mut [T]) -> Result<()> {
        let (params, n_mels) = (self.params(), self.params().n_mels);
        let framing = params.framing();
        let n_frames = framing.checked_count(x.len())?;
        let missing = match params.nan {
            NanPolicy::Error => check_finite(x, row, 0).map(|()| None)?,
            policy => Missing::of(x, policy),
        };
        let LogMelScratch { workers, emphasised, padded, .. } = scratch;
        let x = missing.as_ref().map_or(x, Missing::samples);
        let x = match params.preemphasis {
            Preemphasis::Signal(c) => {
                emphasise(x, T::narrow(c), emphasised);
                &*emphasised
            }
            Preemphasis::None | Preemphasis::Frame(_) => x,
        };
        while workers.len() < self.threads.count() {
            workers.push(self.shared.prototype.clone());
        }
        for part in framing.parts(x.len(), n_frames) {
            let signal = framing.samples(x, part.clone(), padded);
            let place = Place { framing, n_mels, row_len: n_frames };
            share(workers, &self.threads, signal, part.len(), place, &mut out[part.start..]);
        }
        if let Some(missing) = &missing {
            let spreads = matches!(params.preemphasis, Preemphasis::Signal(_));
            missing.mark(&framing, spreads, n_frames, out);
        }
        Ok(())
    }

    /// Applies reference, range and normalisation to items that share their maxima.
    fn finish(&self, group: &mut [&mut [T]]) {
        let params = self.params();
        let related = params.log.relates() || params.normalise.relates();
        if params.nan == NanPolicy::Propagate
            && related
            && group.iter().any(|item| item.iter().any(|v| v.is_nan()))
        {
            return group.iter_mut().for_each(|item| item.fill(T::nan()));
        }
        params.log.relate(group);
        let sparse = matches!(params.nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. });
        params.normalise.apply(group, params.n_mels, sparse);
    }

    fn output(&self, values: Vec<T>) -> LogMelOutput<T> {
        let (n_mels, layout) = (self.params().n_mels, self.params().layout);
        let n_frames = values.len() / n_mels;
        LogMelOutput {
            n_mels,
            n_frames,
            layout,
            values: in_layout(values, n_mels, layout),
            times: (0..n_frames).map(|index| self.time(index)).collect(),
            freqs: self.filterbank().centres().to_vec(),
        }
    }
}

impl<T: Real> fmt::Debug for LogMel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogMel").field("params", self.params()).finish_non_exhaustive()
    }
}

impl<T: Real> fmt::Debug for LogMelScratch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogMelScratch")
    }
}

/// Source and destination of frames.
#[derive(Clone, Copy)]
struct Place {
    framing: Framing,
    n_mels: usize,
    row_len: usize,
}

/// Computes `count` frames of `signal`, divided among the workers, into columns `0 … count` of `out`.
fn share<T: Real>(
    workers: &mut [Box<dyn MelFrames<T>>],
    threads: &Workers,
    signal: &[T],
    count: usize,
    place: Place,
    out: &mut [T],
) {
    let Place { framing, n_mels, row_len } = place;
    let share = count.div_ceil(threads.count()).next_multiple_of(SHARE);
    if share >= count {
        return workers[0].mel_frames(signal, count, row_len, out);
    }
    // Bands are rows, so the frames of a worker are not contiguous in the output: each worker fills a separate block.
    let work = || -> Vec<Vec<T>> {
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
    let blocks = threads.install(work);
    for (i, block) in blocks.iter().enumerate() {
        let frames = block.len() / n_mels;
        for (row, band) in out.chunks_mut(row_len).zip(block.chunks_exact(frames)) {
            row[i * share..i * share + frames].copy_from_slice(band);
        }
    }
}

/// Computes the log-mel spectrogram of one signal with the parameters of a reference system.
///
/// ```
/// use rlx_dsp::mel::{Preset, log_mel};
///
/// let x: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.1).sin()).collect();
/// let mel = log_mel(&x, Preset::Whisper)?;
/// assert_eq!((mel.freqs.len(), mel.times.len()), (80, 100));
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
///
/// # Errors
/// Those of [`log_mel_with`].
pub fn log_mel<T: Real>(x: &[T], preset: Preset) -> Result<LogMelOutput<T>> {
    log_mel_with(x, &LogMelParams::preset(preset))
}

/// Computes the log-mel spectrogram of one signal; for more than one signal, create a [`LogMel`].
///
/// # Errors
/// Those of [`LogMel::new`] and [`LogMel::run`].
pub fn log_mel_with<T: Real>(x: &[T], params: &LogMelParams) -> Result<LogMelOutput<T>> {
    LogMel::new(params.clone())?.run(x)
}

fn emphasise<T: Real>(x: &[T], c: T, out: &mut Vec<T>) {
    out.clear();
    out.extend(x.first());
    out.extend(x.windows(2).map(|pair| pair[1] - c * pair[0]));
}
