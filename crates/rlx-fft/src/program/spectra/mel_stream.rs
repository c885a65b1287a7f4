//! Log-mel features frame by frame, in memory that does not grow with the recording.
//!
//! ```text
//! samples → gaps filled → pre-emphasis → the padding before the first sample → frames in chunks → their logarithms
//!                                         the padding after the last sample ↗
//! ```
//!
//! The logarithms are computed by dsp. Normalisation by their maximum, mean or deviation follows after the last
//! frame: [`Related`].

use super::beyond::Beyond;
use crate::signal::{InputSample, Signal, explain};
use anyhow::Result;
use rlx_dsp::fft::Real;
use rlx_dsp::mel::{LogMel, LogMelParams, MelLayout, MelLog, MelNormalise, Preemphasis};
use rlx_dsp::nan::{Filled, Interpolator, NanPolicy, first_non_finite};
use rlx_dsp::stft::{Framing, Padding};
use std::collections::VecDeque;

/// Number of frames per chunk: whole groups of every kernel, with fixed boundaries, so that results depend neither on
/// threads nor on block sizes.
const CHUNK: usize = 256;

/// The plan of single frames, shared by all channels.
pub(crate) struct MelFrames<T: Real> {
    plan: LogMel<T>,
    wide: Option<LogMel<f64>>,
    params: LogMelParams,
}

impl<T: Real> MelFrames<T> {
    pub(crate) fn new(params: &LogMelParams) -> Result<Self> {
        // Padding, pre-emphasis over the signal and normalisation over frames are applied outside of it.
        let log = match params.log {
            MelLog::Decibel { amin, reference, .. } => MelLog::Decibel { amin, reference, top_db: None },
            other => other,
        };
        let single = params
            .clone()
            .padding(Padding::None)
            .drop_last_frame(false)
            .preemphasis(match params.preemphasis {
                Preemphasis::Signal(_) => Preemphasis::None,
                other => other,
            })
            .log(log)
            .normalise(MelNormalise::None)
            .layout(MelLayout::FramesByMels);
        Ok(Self { plan: LogMel::new(single.clone())?.with_threads(0)?, wide: None, params: single })
    }

    /// Computes the logarithms of the frames of these samples, `[frames][n_mels]`.
    fn frames(&mut self, samples: &[T]) -> Result<Vec<Vec<f64>>> {
        let rows = |data: Vec<f64>, n_mels: usize| data.chunks_exact(n_mels).map(<[f64]>::to_vec).collect();
        let mel = self.plan.run(samples)?;
        let data: Vec<f64> = mel.values.iter().map(|v| v.widen()).collect();
        if data.iter().all(|v| v.is_finite()) {
            return Ok(rows(data, mel.n_mels));
        }
        // The samples are finite, but their powers exceed their precision.
        let wide = match &mut self.wide {
            Some(wide) => wide,
            none => none.insert(LogMel::new(self.params.clone())?),
        };
        let samples: Vec<f64> = samples.iter().map(|v| v.widen()).collect();
        let mel = wide.run(&samples)?;
        if mel.values.iter().all(|v| v.is_finite()) {
            Ok(rows(mel.values, mel.n_mels))
        } else {
            Err(Beyond { wider: false }.into())
        }
    }
}

/// Buffers the samples of one channel until they form frames.
pub(crate) struct MelFeed<T: Real> {
    framing: Framing,
    emphasis: Option<f64>,
    interpolator: Option<Interpolator<T>>,
    filled: Vec<T>,
    /// The sample before the next one, for the pre-emphasis.
    before: Option<T>,
    /// Samples from the start of the next frame on, padding included.
    pending: Vec<T>,
    /// The last samples, which the padding at the end mirrors.
    recent: Vec<T>,
    /// Whether the padding before the first sample was added.
    begun: bool,
    len: usize,
    frames: usize,
    checked: u64,
    /// Frames that are not consumed yet.
    pub(crate) ready: VecDeque<Vec<f64>>,
}

impl<T: InputSample + Real> MelFeed<T> {
    pub(crate) fn new(params: &LogMelParams, nan: NanPolicy) -> Self {
        let interpolator = match nan {
            NanPolicy::Interpolate { max_gap } => Some(Interpolator::new(max_gap)),
            _ => None,
        };
        let emphasis = match params.preemphasis {
            Preemphasis::Signal(c) => Some(c),
            _ => None,
        };
        Self {
            framing: params.framing(),
            emphasis,
            interpolator,
            filled: Vec::new(),
            before: None,
            pending: Vec::new(),
            recent: Vec::new(),
            begun: false,
            len: 0,
            frames: 0,
            checked: 0,
            ready: VecDeque::new(),
        }
    }

    /// Returns the number of interpolated samples.
    pub(crate) fn filled(&self) -> Filled {
        self.interpolator.as_ref().map_or_else(Filled::default, Interpolator::counts)
    }

    /// Receives a block.
    pub(crate) fn push(
        &mut self,
        block: &[T],
        frames: &mut MelFrames<T>,
        signal: &Signal,
        channel: usize,
    ) -> Result<()> {
        let mut filled = std::mem::take(&mut self.filled);
        filled.clear();
        match &mut self.interpolator {
            Some(interpolator) => interpolator.push(block, &mut filled),
            None => filled.extend_from_slice(block),
        }
        let done = self.take(&filled, frames, signal, channel);
        self.filled = filled;
        done
    }

    fn take(
        &mut self,
        samples: &[T],
        frames: &mut MelFrames<T>,
        signal: &Signal,
        channel: usize,
    ) -> Result<()> {
        if let Some((index, value)) = first_non_finite(samples) {
            let error = rlx_dsp::Error::NonFinite { row: 0, index: index as u64, value };
            return Err(explain(error, signal, channel, self.checked));
        }
        self.checked += samples.len() as u64;
        self.len += samples.len();
        let first = self.pending.len();
        match self.emphasis {
            None => self.pending.extend_from_slice(samples),
            Some(c) => {
                for &x in samples {
                    let y = self.before.map_or(x, |before| x - T::narrow(c) * before);
                    self.before = Some(x);
                    self.pending.push(y);
                }
            }
        }
        let kept = self.framing.frame_len + 1;
        self.recent.extend_from_slice(&self.pending[first..]);
        self.recent.drain(..self.recent.len().saturating_sub(kept));
        if !self.begun && self.len > 2 * self.framing.frame_len + self.framing.hop {
            self.begin();
        }
        let span = (CHUNK - 1) * self.framing.hop + self.framing.frame_len;
        // The last frames may be dropped or padded at the end.
        while self.begun && self.pending.len() >= span + self.framing.frame_len + self.framing.hop {
            let made = frames.frames(&self.pending[..span])?;
            self.frames += made.len();
            self.ready.extend(made);
            self.pending.drain(..CHUNK * self.framing.hop);
        }
        Ok(())
    }

    /// Adds the padding before the first sample, or drops samples that no frame contains.
    fn begin(&mut self) {
        self.begun = true;
        let offset = self.framing.offset();
        let lead = offset.unsigned_abs();
        if offset >= 0 {
            self.pending.drain(..lead);
            return;
        }
        let x = &self.pending;
        let before: Vec<T> = match self.framing.padding {
            Padding::Reflect => (1..=lead).rev().map(|i| x[i]).collect(),
            Padding::Mirror => (0..lead).rev().map(|i| x[i]).collect(),
            _ => vec![T::zero(); lead],
        };
        self.pending.splice(..0, before);
    }

    /// Ends the recording. `whole` computes a recording that is too short for streaming, or returns the error.
    pub(crate) fn finish(
        &mut self,
        frames: &mut MelFrames<T>,
        signal: &Signal,
        channel: usize,
        params: &LogMelParams,
    ) -> Result<()> {
        if let Some(interpolator) = &mut self.interpolator {
            let mut rest = Vec::new();
            interpolator.end_stretch(&mut rest);
            self.take(&rest, frames, signal, channel)?;
        }
        let count =
            self.framing.checked_count(self.len).map_err(|error| explain(error, signal, channel, 0))?;
        if !self.begun {
            // All samples are still buffered and pre-emphasised: dsp pads them.
            let plain = params
                .clone()
                .preemphasis(match params.preemphasis {
                    Preemphasis::Signal(_) => Preemphasis::None,
                    other => other,
                })
                .log(frames.params.log)
                .normalise(MelNormalise::None)
                .layout(MelLayout::FramesByMels);
            let mel = LogMel::<f64>::new(plain)?
                .run(&self.pending.iter().map(|v| v.widen()).collect::<Vec<_>>())?;
            if !mel.values.iter().all(|v| v.is_finite()) {
                return Err(Beyond { wider: false }.into());
            }
            self.ready.extend(mel.values.chunks_exact(mel.n_mels).map(<[f64]>::to_vec));
            self.frames = count;
            return Ok(());
        }
        let left = count.saturating_sub(self.frames);
        if left == 0 {
            return Ok(());
        }
        let span = (left - 1) * self.framing.hop + self.framing.frame_len;
        let missing = span.saturating_sub(self.pending.len());
        let last = self.recent.len() - 1;
        let recent = &self.recent;
        let mut tail = std::mem::take(&mut self.pending);
        tail.extend((0..missing).map(|i| match self.framing.padding {
            Padding::Reflect => recent[last.saturating_sub(1 + i)],
            Padding::Mirror => recent[last.saturating_sub(i)],
            _ => T::zero(),
        }));
        // Also in chunks, to bound the memory.
        for first in (0..left).step_by(CHUNK) {
            let some = CHUNK.min(left - first);
            let from = first * self.framing.hop;
            let made =
                frames.frames(&tail[from..from + (some - 1) * self.framing.hop + self.framing.frame_len])?;
            self.ready.extend(made);
        }
        self.frames = count;
        Ok(())
    }
}

/// Normalisation over all frames.
#[derive(Debug, Clone)]
pub(crate) struct Related {
    top_db: Option<f64>,
    normalise: MelNormalise,
    most: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    frames: u64,
    bands: usize,
}

impl Related {
    pub(crate) fn new(params: &LogMelParams, channels: usize) -> Self {
        let top_db = match params.log {
            MelLog::Decibel { top_db, .. } => top_db,
            _ => None,
        };
        let bands = params.n_mels;
        let zeros = vec![0.0; channels * bands];
        Self {
            top_db,
            normalise: params.normalise,
            most: vec![f64::NEG_INFINITY; channels],
            sums: zeros.clone(),
            squares: zeros,
            frames: 0,
            bands,
        }
    }

    /// Returns whether frames are independent of each other.
    pub(crate) fn is_none(&self) -> bool {
        self.top_db.is_none() && self.normalise == MelNormalise::None
    }

    /// Returns whether means must be known before deviations.
    pub(crate) fn needs_deviations(&self) -> bool {
        matches!(self.normalise, MelNormalise::PerFeature { .. })
    }

    /// Receives a frame of all channels, `[channels][n_mels]`.
    pub(crate) fn see(&mut self, frame: &[f64]) {
        self.frames += 1;
        for (channel, bands) in frame.chunks_exact(self.bands).enumerate() {
            self.most[channel] = bands.iter().copied().fold(self.most[channel], f64::max);
        }
        self.sums.iter_mut().zip(frame).for_each(|(sum, v)| *sum += v);
    }

    /// Receives a frame again, in the second pass.
    pub(crate) fn see_again(&mut self, frame: &[f64]) {
        let count = self.frames as f64;
        let each = self.squares.iter_mut().zip(&self.sums).zip(frame);
        each.for_each(|((square, sum), v)| *square += (v - sum / count).powi(2));
    }

    /// Returns the value of a band of a frame, in the precision of the samples.
    pub(crate) fn value<T: Real>(&self, at: usize, value: f64) -> T {
        let (channel, count) = (at / self.bands, self.frames as f64);
        let least = |v: T, floor: T| if v < floor { floor } else { v };
        let most: T = T::narrow(self.most[channel]);
        let mut v: T = T::narrow(value);
        if let Some(range) = self.top_db {
            v = least(v, most - T::narrow(range));
        }
        match self.normalise {
            MelNormalise::None => v,
            MelNormalise::Clamp { range, shift, divisor } => {
                (least(v, most - T::narrow(range)) + T::narrow(shift)) / T::narrow(divisor)
            }
            MelNormalise::PerFeature { epsilon } => {
                let mean = self.sums[at] / count;
                let degrees = (count - 1.0).max(1.0);
                let scale = 1.0 / ((self.squares[at] / degrees).sqrt() + epsilon);
                T::narrow((v.widen() - mean) * scale)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Cli;
    use clap::Parser;
    use rlx_dsp::mel::Preset;

    /// Returns a valid signal of one channel.
    fn signal() -> Signal {
        let path = format!("{}/tests/../../../examples/data/ppg_100hz.csv", env!("CARGO_MANIFEST_DIR"));
        let cli = Cli::try_parse_from(["rlx-fft", "mel", &path, "--rate", "16000"]).unwrap();
        let crate::flags::Command::Mel(flags) = cli.command else { unreachable!() };
        let args = crate::flags::MelArgs::try_from(*flags).unwrap();
        let readers = rlx_io::read::open(&path, &args.input.source.open).unwrap();
        Signal::new(readers[0].info(), &[0], &args.input).unwrap()
    }

    #[test]
    fn frames_are_those_of_the_whole_signal_whatever_the_blocks() {
        let signal = signal();
        let mut state = 7_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1_u32 << 24) - 0.5
        };
        let x: Vec<f64> = (0..150_000).map(|n| (f64::from(n) * 0.05).sin() + 0.1 * noise()).collect();
        for preset in [Preset::Librosa, Preset::Whisper, Preset::Kaldi, Preset::Torchaudio, Preset::Nemo] {
            let own = LogMelParams::preset(preset);
            let odd = [Padding::None, Padding::Constant, Padding::Reflect, Padding::Mirror]
                .map(|padding| own.clone().padding(padding).n_fft(401).win_length(401).hop(901).n_mels(12));
            for params in [own].into_iter().chain(odd) {
                for (len, block) in [(150_000, 4096), (149_999, 50_000), (9000, 700), (600, 600)] {
                    let want = LogMel::<f64>::new(params.clone()).unwrap().run(&x[..len]);
                    let mut frames = MelFrames::<f64>::new(&params).unwrap();
                    let mut feed = MelFeed::<f64>::new(&params, NanPolicy::Error);
                    for block in x[..len].chunks(block) {
                        feed.push(block, &mut frames, &signal, 0).unwrap();
                    }
                    let done = feed.finish(&mut frames, &signal, 0, &params);
                    let Ok(want) = want else {
                        assert!(done.is_err(), "{preset} {len}");
                        continue;
                    };
                    done.unwrap();
                    assert_eq!(feed.ready.len(), want.n_frames, "{preset} {params:?} {len}");
                    let mut related = Related::new(&params, 1);
                    feed.ready.iter().for_each(|frame| related.see(frame));
                    feed.ready.iter().for_each(|frame| related.see_again(frame));
                    for (i, frame) in feed.ready.iter().enumerate() {
                        for (band, v) in frame.iter().enumerate() {
                            let (got, want) = (related.value::<f64>(band, *v), want.get(band, i).unwrap());
                            assert!(
                                (got - want).abs() <= 1e-9 * (1.0 + want.abs()),
                                "{preset} {len} {i} {band}: {got} {want}"
                            );
                        }
                    }
                }
            }
        }
    }
}
