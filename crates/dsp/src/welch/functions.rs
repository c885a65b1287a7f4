//! Functions with one call per estimate, for single signals.

use super::{Psd, PsdParams, Welch};
use crate::error::Result;
use crate::fft::Sample;

/// Segment length of [`welch`] and [`csd`](super::csd()) for signals that are long enough (SciPy's default).
const SEGMENT_LEN: usize = 256;

/// Returns SciPy's default parameters for a signal of `len` samples.
pub(super) fn default_params(sample_rate: f64, len: usize) -> PsdParams {
    PsdParams::new(sample_rate, SEGMENT_LEN.min(len))
}

/// Computes the power spectral density of one signal with SciPy's defaults: Hann windows of 256 samples that overlap
/// by half, with the mean of each segment subtracted (`scipy.signal.welch(x, sample_rate)`).
///
/// ```
/// let x: Vec<f32> = (0..5000).map(|i| (i as f32 * 0.25).sin()).collect();
/// let psd = rlx_dsp::welch::welch(&x, 1000.0)?;
/// assert!((psd.peak_freq().unwrap() - 39.8).abs() < 0.1);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
///
/// # Errors
/// Those of [`welch_with`].
pub fn welch<S: Sample>(x: &[S], sample_rate: f64) -> Result<Psd<S::Real>> {
    welch_with(x, &default_params(sample_rate, x.len()))
}

/// Computes the averaged spectrum of one signal with these parameters; for more than one signal, create a [`Welch`].
///
/// # Errors
/// Those of [`Welch::new`] and [`Welch::run_into`].
pub fn welch_with<S: Sample>(x: &[S], params: &PsdParams) -> Result<Psd<S::Real>> {
    Welch::<S>::new(params.clone())?.run(x)
}

/// Computes the spectrum of the whole signal as one segment, with its mean subtracted, under a rectangular window, as
/// a density (the defaults of `scipy.signal.periodogram`). For another window, scaling or zero-padding, change
/// [`PsdParams::periodogram`] and pass it to [`welch_with`].
///
/// # Errors
/// Those of [`welch_with`].
pub fn periodogram<S: Sample>(x: &[S], sample_rate: f64) -> Result<Psd<S::Real>> {
    welch_with(x, &PsdParams::periodogram(sample_rate, x.len()))
}
