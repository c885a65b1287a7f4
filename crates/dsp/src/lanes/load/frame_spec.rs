//! Preparation of the samples of a frame for the transform.

use crate::fft::Real;
use crate::lanes::load::detrend::Offset;

/// A frame: `window.len()` samples, prepared and windowed, `lead` zeros before them and zeros after up to `n_fft`.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameSpec<T = f32> {
    /// Window coefficients.
    pub window: Vec<T>,
    /// Points of the transform.
    pub n_fft: usize,
    /// Zeros before the window in the transform; as many samples of the frame are skipped.
    pub lead: usize,
    /// Detrending of the samples under the window.
    pub offset: Offset,
    /// `y[t] = x[t] − c·x[t−1]` under the window, after the mean; `y[0] = (1 − c)·x[0]`. 0 for none.
    pub preemphasis: T,
}

impl<T: Real> FrameSpec<T> {
    /// Returns whether the samples are only windowed.
    pub(crate) fn is_plain(&self) -> bool {
        self.offset == Offset::Keep && self.preemphasis == T::zero()
    }
}

impl<T: Real> From<Vec<T>> for FrameSpec<T> {
    /// Creates parameters with a window as long as the transform and no other preparation.
    fn from(window: Vec<T>) -> Self {
        Self { n_fft: window.len(), window, lead: 0, offset: Offset::Keep, preemphasis: T::zero() }
    }
}
