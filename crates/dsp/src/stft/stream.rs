//! The spectrogram of a signal that arrives in blocks.

use super::params::SpectrogramParams;
use super::spectrogram::{FrameSpectrum, check_finite};
use super::{FrameParams, Framing, Padding};
use crate::Result;
use crate::fft::Real;
use crate::nan::{Filled, Interpolator, NanPolicy};

/// Number of samples processed at a time, so that memory does not grow with the block.
const PIECE: usize = 1 << 14;

/// Emits the frames of a [`Spectrogram`](super::Spectrogram) from blocks of any length; the values do not depend on
/// the blocks. They are bit-equal, or equal up to rounding in f32 if the whole signal uses the lanes kernels
/// ([`lanes::supports`](crate::lanes::supports) the FFT's length): there two frames share a transform, for which a
/// stream would have to delay each frame until the next is complete.
///
/// Stores a few frames of samples, independent of the length of the signal. A frame is emitted as soon as its samples
/// are available; [`Self::finish`] pads the end and emits the rest.
///
/// ```
/// use rlx_dsp::stft::{SpectrogramParams, StftStream};
///
/// let mut frames = 0;
/// let mut stream = StftStream::<f32>::new(SpectrogramParams::librosa(16_000.0, 512, 128))?;
/// for block in [&[0.5; 1000][..], &[0.25; 3], &[0.0; 600]] {
///     stream.push(block, |_index, bins| { frames += 1; assert_eq!(bins.len(), 257) })?;
/// }
/// assert_eq!(stream.finish(|_, _| frames += 1)?, 13);
/// assert_eq!(frames, 13);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
pub struct StftStream<T: Real> {
    framing: Framing,
    spectrum: FrameSpectrum<T>,
    row: Vec<T>,
    /// Consecutive samples of the padded signal.
    buffer: Vec<T>,
    /// Position in the signal of `buffer[0]`; negative inside the padding of the start.
    buffer_start: isize,
    /// Number of samples in and before the buffer, without padding.
    len: usize,
    /// Frames emitted so far.
    emitted: usize,
    /// Whether the padding of the start is pending, because it needs later samples.
    head_open: bool,
    nan: NanPolicy,
    /// Fills gaps under [`NanPolicy::Interpolate`]; holds samples back while a gap is open.
    interpolator: Option<Interpolator<T>>,
    /// Samples pushed by the caller.
    pushed: u64,
}

impl<T: Real> StftStream<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// Those of [`Spectrogram::new`](super::Spectrogram::new).
    pub fn new(params: SpectrogramParams) -> Result<Self> {
        let mut stream = Self::of_frames(FrameSpectrum::new(&params)?, params.framing());
        stream.nan = params.nan;
        stream.interpolator = match params.nan {
            NanPolicy::Interpolate { max_gap } => Some(Interpolator::new(max_gap)),
            _ => None,
        };
        Ok(stream)
    }

    /// The powers `|X|²` of frames that are prepared in ways that [`SpectrogramParams`] has no name for.
    pub(crate) fn powers(frame: FrameParams, framing: Framing) -> Result<Self> {
        Ok(Self::of_frames(FrameSpectrum::powers(frame)?, framing))
    }

    fn of_frames(spectrum: FrameSpectrum<T>, framing: Framing) -> Self {
        Self {
            row: vec![T::zero(); spectrum.n_bins()],
            framing,
            spectrum,
            buffer: Vec::new(),
            buffer_start: 0,
            len: 0,
            emitted: 0,
            head_open: framing.padding != Padding::None,
            nan: NanPolicy::Error,
            interpolator: None,
            pushed: 0,
        }
    }

    /// Returns the number of frames emitted so far.
    pub fn frames(&self) -> usize {
        self.emitted
    }

    /// Returns the samples interpolated by [`NanPolicy::Interpolate`] so far.
    pub fn filled(&self) -> Filled {
        self.interpolator.as_ref().map(Interpolator::counts).unwrap_or_default()
    }

    /// Takes the next samples and calls `emit(frame index, n_bins values)` for every frame that is complete.
    ///
    /// # Errors
    /// Under [`NanPolicy::Error`] a NaN or infinite sample, with its position since the start; no sample of the block
    /// is then processed.
    pub fn push(&mut self, block: &[T], mut emit: impl FnMut(usize, &[T])) -> Result<()> {
        if self.nan == NanPolicy::Error {
            check_finite(block, 0, self.pushed)?;
        }
        self.pushed += block.len() as u64;
        let Some(mut interpolator) = self.interpolator.take() else {
            self.take(block, &mut emit);
            return Ok(());
        };
        let mut decided = Vec::new();
        for piece in block.chunks(PIECE) {
            interpolator.push(piece, &mut decided);
            self.take(&decided, &mut emit);
            decided.clear();
        }
        self.interpolator = Some(interpolator);
        Ok(())
    }

    fn take(&mut self, samples: &[T], emit: &mut impl FnMut(usize, &[T])) {
        for piece in samples.chunks(PIECE) {
            self.buffer.extend_from_slice(piece);
            self.len += piece.len();
            // The padding of the start needs at most one frame and one more sample.
            if self.head_open && self.len > self.framing.frame_len {
                self.pad_head();
            }
            if !self.head_open {
                self.emit_ready(self.framing.count(self.len), emit);
                self.forget();
            }
        }
    }

    /// Pads the end, emits the remaining frames and returns the number of all frames.
    ///
    /// # Errors
    /// A signal too short for one frame, or for its reflection.
    pub fn finish(mut self, mut emit: impl FnMut(usize, &[T])) -> Result<usize> {
        if let Some(mut interpolator) = self.interpolator.take() {
            let mut decided = Vec::new();
            interpolator.end_stretch(&mut decided);
            self.take(&decided, &mut emit);
        }
        let frames = self.framing.checked_count(self.len)?;
        if self.head_open {
            self.pad_head();
        }
        // The samples kept since the last push reach far enough back for every reflection.
        let end = self.framing.offset() + ((frames - 1) * self.framing.hop + self.framing.frame_len) as isize;
        let kept = self.buffer_start.max(0);
        let tail: Vec<T> = {
            let signal = &self.buffer[(kept - self.buffer_start) as usize..];
            (self.len as isize..end).map(|i| self.framing.beyond(signal, i - kept)).collect()
        };
        self.buffer.extend(tail);
        self.emit_ready(frames, &mut emit);
        Ok(frames)
    }

    /// Adds the padding of the start, or drops samples that no frame contains.
    fn pad_head(&mut self) {
        let offset = self.framing.offset();
        let head: Vec<T> = (offset..0).map(|i| self.framing.beyond(&self.buffer, i)).collect();
        self.buffer.splice(0..0, head);
        self.buffer_start = offset.min(0);
        self.head_open = false;
    }

    fn emit_ready(&mut self, frames: usize, emit: &mut impl FnMut(usize, &[T])) {
        while self.emitted < frames {
            let start = self.framing.offset() + (self.emitted * self.framing.hop) as isize;
            let from = (start - self.buffer_start) as usize;
            let Some(samples) = self.buffer.get(from..from + self.framing.frame_len) else { return };
            self.spectrum.frame(samples, &mut self.row);
            emit(self.emitted, &self.row);
            self.emitted += 1;
        }
    }

    /// Drops samples that neither the next frame nor the padding of the end can need.
    fn forget(&mut self) {
        let next = self.framing.offset() + (self.emitted * self.framing.hop) as isize;
        let end = self.buffer_start + self.buffer.len() as isize;
        let tail = match self.framing.padding {
            Padding::None => 0,
            _ => self.framing.frame_len as isize + 1,
        };
        let keep_from = next.min(end - tail).clamp(self.buffer_start, end);
        let dropped = (keep_from - self.buffer_start) as usize;
        // Moving the rest to the front each time would make many short blocks quadratic.
        if 2 * dropped >= self.buffer.len() {
            self.buffer.drain(..dropped);
            self.buffer_start = keep_from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_does_not_grow_with_the_signal() {
        for (padding, hop, block) in
            [(Padding::None, 10, 7), (Padding::Reflect, 300, 1), (Padding::Mirror, 3, 1_000_000)]
        {
            let params = SpectrogramParams::scipy(1.0, 64).padding(padding).hop(hop);
            let mut stream = StftStream::<f32>::new(params).unwrap();
            let samples = vec![0.25; block];
            for _ in 0..10_000_usize.div_ceil(block) {
                stream.push(&samples, |_, _| ()).unwrap();
                assert!(stream.buffer.len() <= 4 * (64 + hop), "{padding:?}: {}", stream.buffer.len());
            }
            assert!(stream.buffer.capacity() <= 4 * PIECE);
        }
    }
}
