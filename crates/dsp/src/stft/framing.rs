//! Positions of frames in a signal, and padding before its start and after its end.

use std::ops::Range;

use crate::{Error, Result};

/// Padding beyond the ends of the signal, which also determines the positions of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Padding {
    /// Frames are inside the signal (SciPy; librosa's and torch's `center=False`; Kaldi's `snip_edges=true`): `1 +
    /// (len − frame_len) / hop` of them.
    #[default]
    None,
    /// Frame `i` is centred on sample `i·hop`; zeros beyond the ends (librosa's default).
    Constant,
    /// Frame `i` is centred on sample `i·hop`; the signal mirrored about its end samples, which are not repeated
    /// (torch's default). The signal must be longer than half a frame.
    Reflect,
    /// Frame `i` is centred on `(i + ½)·hop`; the signal mirrored with its end samples repeated (Kaldi's
    /// `snip_edges=false`): `(len + hop/2) / hop` frames.
    Mirror,
}

/// Placement of a window shorter than the FFT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Placement {
    /// At the start; zeros fill the rest. A frame is `win_length` samples (SciPy, Kaldi).
    #[default]
    Start,
    /// In the middle. A frame is `n_fft` samples, of which the window covers the middle (librosa, torch).
    Center,
}

/// Layout of the frames of a signal. `frame_len` and `hop` are not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    /// Samples per frame.
    pub frame_len: usize,
    /// Distance between the starts of consecutive frames, in samples.
    pub hop: usize,
    /// Padding beyond the ends of the signal.
    pub padding: Padding,
    /// Whether the last frame is dropped (whisper, NeMo).
    pub drop_last: bool,
}

impl Framing {
    /// Returns the samples from the start of the signal to the start of frame 0; negative if padding comes first.
    pub fn offset(&self) -> isize {
        let half = self.frame_len / 2;
        match self.padding {
            Padding::None => 0,
            Padding::Constant | Padding::Reflect => -(half as isize),
            Padding::Mirror => (self.hop / 2) as isize - half as isize,
        }
    }

    /// Returns the sample position of the middle of frame 0; frame `i` is `i·hop` later.
    pub(crate) fn first_centre(&self) -> f64 {
        match self.padding {
            Padding::None => self.frame_len as f64 / 2.0,
            Padding::Constant | Padding::Reflect => 0.0,
            Padding::Mirror => self.hop as f64 / 2.0,
        }
    }

    /// Returns the frames of a signal of `len` samples; 0 if it is too short for one.
    pub fn count(&self, len: usize) -> usize {
        let half = self.frame_len / 2;
        let count = match self.padding {
            Padding::None if len < self.frame_len => 0,
            Padding::None => 1 + (len - self.frame_len) / self.hop,
            _ if len == 0 => 0,
            // len + 2·half − frame_len is at least len − 1.
            Padding::Constant | Padding::Reflect => 1 + (len + 2 * half - self.frame_len) / self.hop,
            Padding::Mirror => (len + self.hop / 2) / self.hop,
        };
        count.saturating_sub(usize::from(self.drop_last))
    }

    /// Returns [`Self::count`], or an error for a signal that has no frame or cannot be reflected.
    pub fn checked_count(&self, len: usize) -> Result<usize> {
        let half = self.frame_len / 2;
        if self.padding == Padding::Reflect && len <= half {
            let reason =
                format!("reflecting {half} samples needs a signal of at least {}, got {len}", half + 1);
            return Err(Error::argument("padding", reason));
        }
        match self.count(len) {
            0 => Err(Error::TooShort { len, segment: self.shortest() }),
            frames => Ok(frames),
        }
    }

    /// Returns the length of the shortest signal that has a frame.
    fn shortest(&self) -> usize {
        let extra = if self.drop_last { self.hop } else { 0 };
        match self.padding {
            Padding::None => self.frame_len + extra,
            Padding::Constant | Padding::Reflect => (extra + self.frame_len % 2).max(1),
            Padding::Mirror => self.hop - self.hop / 2 + extra,
        }
    }

    /// Returns the frames of a signal of `len` samples in at most three parts, of which one is entirely inside the
    /// signal: [`Self::samples`] copies only the others.
    pub(crate) fn parts(&self, len: usize, frames: usize) -> impl Iterator<Item = Range<usize>> {
        let before = self.offset().min(0).unsigned_abs().div_ceil(self.hop).min(frames);
        let room = (len as isize - self.frame_len as isize - self.offset()).max(-1);
        let inside = if room < 0 { 0 } else { room as usize / self.hop + 1 };
        let inside = inside.clamp(before, frames);
        [0..before, before..inside, inside..frames].into_iter().filter(|part| !part.is_empty())
    }

    /// Returns the samples of `frames`, the first frame at index 0 and each following one `hop` later: a slice of
    /// `x`, or a padded copy in `scratch`.
    ///
    /// `x` has passed [`Self::checked_count`], and `frames` are among those that it counted.
    pub(crate) fn samples<'a, T: num_traits::Zero + Copy>(
        &self,
        x: &'a [T],
        frames: Range<usize>,
        scratch: &'a mut Vec<T>,
    ) -> &'a [T] {
        let start = self.offset() + (frames.start * self.hop) as isize;
        let end = start + (frames.len().saturating_sub(1) * self.hop + self.frame_len) as isize;
        if start >= 0 && end <= x.len() as isize {
            return &x[start as usize..end as usize];
        }
        scratch.clear();
        let inside = start.clamp(0, x.len() as isize)..end.clamp(0, x.len() as isize);
        scratch.extend((start..inside.start.min(end)).map(|i| self.beyond(x, i)));
        scratch.extend_from_slice(&x[inside.start as usize..inside.end as usize]);
        scratch.extend((inside.end.max(start)..end).map(|i| self.beyond(x, i)));
        scratch
    }

    /// Returns [`Self::samples`] of the first `frames` frames.
    pub(crate) fn padded<'a, T: num_traits::Zero + Copy>(
        &self,
        x: &'a [T],
        frames: usize,
        scratch: &'a mut Vec<T>,
    ) -> &'a [T] {
        self.samples(x, 0..frames, scratch)
    }

    /// Returns the padding value for index `i` outside of `x`.
    pub(crate) fn beyond<T: num_traits::Zero + Copy>(&self, x: &[T], mut i: isize) -> T {
        let n = x.len() as isize;
        // Reflections repeat until the index is inside: a frame can be longer than a Kaldi signal.
        let edge = match self.padding {
            Padding::Reflect if n > 1 => 0,
            Padding::Mirror if n > 0 => 1,
            _ => return T::zero(),
        };
        while i < 0 || i >= n {
            i = if i < 0 { -i - edge } else { 2 * n - 2 + edge - i };
        }
        x[i as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(frame_len: usize, hop: usize, padding: Padding) -> Framing {
        Framing { frame_len, hop, padding, drop_last: false }
    }

    #[test]
    fn counts_of_the_reference_systems() {
        assert_eq!(framing(400, 160, Padding::None).count(16_000), 98);
        assert_eq!(framing(400, 160, Padding::None).count(399), 0);
        assert_eq!(framing(400, 160, Padding::Reflect).count(480_000), 3001);
        assert_eq!(framing(2048, 512, Padding::Constant).count(22_050), 44);
        assert_eq!(framing(5, 1, Padding::Constant).count(10), 10);
        assert_eq!(framing(400, 160, Padding::Mirror).count(16_000), 100);
        assert_eq!(Framing { drop_last: true, ..framing(400, 160, Padding::Reflect) }.count(480_000), 3000);
        assert_eq!(framing(4, 2, Padding::Constant).count(0), 0);
    }

    #[test]
    fn what_lies_beyond_the_ends() {
        let x = [1.0, 2.0, 3.0];
        let all = |padding: Padding, frame_len: usize| {
            let f = framing(frame_len, 1, padding);
            f.padded(&x, f.count(3), &mut Vec::new()).to_vec()
        };
        assert_eq!(all(Padding::Constant, 4), [0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
        assert_eq!(all(Padding::Reflect, 4), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]);
        assert_eq!(all(Padding::Mirror, 4), [2.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
        // Longer than the signal: mirrored repeatedly.
        assert_eq!(all(Padding::Mirror, 8), [3.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0]);
        assert_eq!(all(Padding::None, 2), x);
    }

    #[test]
    fn parts_see_what_the_whole_padded_signal_holds() {
        for padding in [Padding::None, Padding::Constant, Padding::Reflect, Padding::Mirror] {
            for (frame_len, hop) in [(8, 3), (7, 2), (4, 9), (12, 1), (1, 1)] {
                for len in [7, 12, 13, 40, 101] {
                    let f = framing(frame_len, hop, padding);
                    let x: Vec<f64> = (1..=len).map(f64::from).collect();
                    let Ok(frames) = f.checked_count(x.len()) else { continue };
                    let mut scratch = Vec::new();
                    let whole = f.padded(&x, frames, &mut scratch).to_vec();
                    let mut next = 0;
                    for part in f.parts(x.len(), frames) {
                        assert_eq!(part.start, next);
                        next = part.end;
                        let first = part.start * hop;
                        let samples = f.samples(&x, part, &mut scratch);
                        assert_eq!(samples, &whole[first..first + samples.len()], "{f:?} {len}");
                    }
                    assert_eq!(next, frames);
                }
            }
        }
    }

    #[test]
    fn hops_longer_than_a_frame_skip_the_head() {
        let f = framing(2, 6, Padding::Mirror);
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        assert_eq!(f.padded(&x, f.count(12), &mut Vec::new()), [2., 3., 4., 5., 6., 7., 8., 9.]);
    }

    #[test]
    fn the_error_names_the_shortest_length() {
        for padding in [Padding::None, Padding::Constant, Padding::Mirror] {
            for (frame_len, hop, drop_last) in [(8, 3, true), (9, 3, true), (9, 4, false), (8, 5, false)] {
                let f = Framing { drop_last, ..framing(frame_len, hop, padding) };
                let shortest = f.shortest();
                assert_eq!((f.count(shortest), f.count(shortest - 1)), (1, 0), "{f:?}");
            }
        }
    }

    #[test]
    fn short_signals_are_refused() {
        assert!(framing(8, 2, Padding::Reflect).checked_count(4).is_err());
        assert_eq!(framing(8, 2, Padding::Reflect).checked_count(5), Ok(3));
        assert!(framing(8, 2, Padding::Constant).checked_count(0).is_err());
        assert!(framing(8, 2, Padding::None).checked_count(7).is_err());
        assert!(framing(8, 6, Padding::Mirror).checked_count(2).is_err());
    }
}
