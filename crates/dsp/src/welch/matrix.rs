//! Cross spectra of all pairs of channels.

use num_complex::Complex;

use super::matrix_sums::MatrixSums;
use super::params::PsdParams;
use super::plan::check_finite;
use super::psd::Coverage;
use crate::error::{Error, Result};
use crate::fft::{Real, Sample};
use crate::nan::{NanPolicy, fill_gaps};

/// Averaged cross spectra of all pairs of channels: a Hermitian matrix per bin.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CrossMatrix<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub frequencies: Vec<f64>,
    /// Number of channels.
    pub channels: usize,
    /// Real parts of the averaged `conj(X_i) · X_j`, `[channels, channels, n_bins]`; powers on the diagonal.
    pub re: Vec<T>,
    /// Imaginary parts, `[channels, channels, n_bins]`; 0 on the diagonal.
    pub im: Vec<T>,
    /// Coverage of the average.
    pub coverage: Coverage,
}

impl<T: Real> CrossMatrix<T> {
    /// Returns the cross spectrum of channels `i` and `j`, bin by bin.
    ///
    /// # Panics
    /// If there is no such channel.
    #[must_use]
    pub fn pair(&self, i: usize, j: usize) -> Vec<Complex<T>> {
        assert!(i < self.channels && j < self.channels, "there are {} channels", self.channels);
        let bins = self.frequencies.len();
        let first = (i * self.channels + j) * bins;
        let parts = self.re[first..first + bins].iter().zip(&self.im[first..first + bins]);
        parts.map(|(re, im)| Complex::new(*re, *im)).collect()
    }
}

/// Computes the cross spectra of all pairs of `channels`, each the mean over segments of `conj(X_i) · X_j`
/// (`scipy.signal.csd` of channels `i` and `j`). Each segment of a channel is transformed once, not once per pair.
/// [`CrossMatrixAccumulator`](super::CrossMatrixAccumulator) does the same for blocks.
///
/// A segment that the NaN policy skips in one channel is skipped in all.
///
/// # Errors
/// [`Error::Argument`] for no channel, for a parameter outside its domain and for any average but the mean;
/// [`Error::Length`] if the channels' lengths differ; [`Error::TooShort`] if they have no segment; and under
/// [`NanPolicy::Error`] [`Error::NonFinite`], where the row is the channel.
pub fn cross_spectral_matrix<S: Sample>(
    channels: &[&[S]],
    params: &PsdParams,
) -> Result<CrossMatrix<S::Real>> {
    let mut sums = MatrixSums::new(channels.len(), params)?;
    let len = common_len(channels)?;
    let mut coverage = Coverage::default();
    let mut filled: Vec<Vec<S>> = Vec::new();
    match params.nan {
        NanPolicy::Error => {
            channels.iter().enumerate().try_for_each(|(row, channel)| check_finite(row, 0, channel))?;
        }
        NanPolicy::Interpolate { max_gap } => {
            for channel in channels {
                let mut copy = channel.to_vec();
                coverage.filled.add(fill_gaps(&mut copy, max_gap));
                filled.push(copy);
            }
        }
        NanPolicy::SkipSegment | NanPolicy::Propagate => {}
    }
    let channels: Vec<&[S]> =
        if filled.is_empty() { channels.to_vec() } else { filled.iter().map(Vec::as_slice).collect() };
    for s in 0..params.segment_count(len) {
        sums.add(&channels, s * params.segments.hop);
    }
    (coverage.segments, coverage.skipped) = (sums.segments, sums.skipped);
    coverage.check(len as u64, params.segments.segment_len)?;
    Ok(sums.matrix(params, coverage))
}

/// Returns the length of all channels.
pub(super) fn common_len<S>(channels: &[&[S]]) -> Result<usize> {
    let len = channels.first().map_or(0, |first| first.len());
    match channels.iter().find(|channel| channel.len() != len) {
        Some(other) => Err(Error::Length { name: "channels", expected: len, got: other.len() }),
        None => Ok(len),
    }
}
