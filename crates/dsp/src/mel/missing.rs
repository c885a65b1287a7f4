//! Signals with NaN or infinity: the samples that are transformed instead, and the frames without a result.

use crate::fft::Real;
use crate::nan::{NanPolicy, fill_gaps, first_non_finite};
use crate::stft::Framing;

/// A signal whose missing samples are interpolated or zero.
pub(super) struct Missing<T> {
    samples: Vec<T>,
    /// 1 for samples that are still missing.
    left: Vec<T>,
}

impl<T: Real> Missing<T> {
    /// Returns `None` if no sample is missing.
    pub(super) fn of(x: &[T], policy: NanPolicy) -> Option<Self> {
        first_non_finite(x)?;
        let mut samples = x.to_vec();
        if let NanPolicy::Interpolate { max_gap } = policy {
            fill_gaps(&mut samples, max_gap);
        }
        let one = |v: &T| if v.finite() { T::zero() } else { T::one() };
        let left = samples.iter().map(one).collect();
        // A NaN would reach the frames that share a transform with its own.
        samples.iter_mut().filter(|v| !v.finite()).for_each(|v| *v = T::zero());
        Some(Self { samples, left })
    }

    /// Returns the samples to transform.
    pub(super) fn samples(&self) -> &[T] {
        &self.samples
    }

    /// Sets the frames of `out`, `[mels, frames]`, that contain a missing sample to NaN. `spreads`: a pre-emphasis
    /// over the signal also affects the next sample.
    pub(super) fn mark(&self, framing: &Framing, spreads: bool, frames: usize, out: &mut [T]) {
        let mut left = self.left.clone();
        if spreads {
            left.iter_mut().skip(1).zip(&self.left).for_each(|(next, &v)| *next = next.max(v));
        }
        let mut scratch = Vec::new();
        let seen = framing.padded(&left, frames, &mut scratch);
        for frame in 0..frames {
            let first = frame * framing.hop;
            if seen[first..first + framing.frame_len].iter().any(|&v| v > T::zero()) {
                out.iter_mut().skip(frame).step_by(frames).for_each(|v| *v = T::nan());
            }
        }
    }
}
