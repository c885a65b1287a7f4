//! Cross spectra of all pairs of channels.

use num_complex::Complex;

use super::layout::Layout;
use super::params::PsdParams;
use super::plan::check_finite;
use super::psd::Coverage;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::{Error, Result};
use crate::fft::{Real, Sample};
use crate::lanes::{Isa, PADDED_BINS, products};
use crate::nan::{NanPolicy, fill_gaps, first_non_finite};
use crate::scaling::Average;

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

/// Number of segments per block of spectra.
const SEGMENTS: usize = 8;

/// Computes the cross spectra of all pairs of `channels`, each the mean over segments of `conj(X_i) · X_j`
/// (`scipy.signal.csd` of channels `i` and `j`). Each segment of a channel is transformed once, not once per pair.
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
    let spec = SegmentSpec::new::<S>(params)?;
    if params.average != Average::Mean {
        let reason = format!("cross spectra of all pairs have a mean only, got {}", params.average);
        return Err(Error::argument("average", reason));
    }
    let Some(first) = channels.first() else {
        return Err(Error::argument("channels", "at least one channel is needed"));
    };
    let len = first.len();
    if let Some(other) = channels.iter().find(|channel| channel.len() != len) {
        return Err(Error::Length { name: "channels", expected: len, got: other.len() });
    }
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
    let skips = matches!(params.nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. });

    let isa = Isa::detect()?;
    let mut transform = SegmentTransform::<S>::new(&spec)?;
    let bins = if S::COMPLEX { spec.n_fft } else { spec.n_fft / 2 + 1 };
    let padded = bins.next_multiple_of(PADDED_BINS);
    let pairs = channels.len() * (channels.len() + 1) / 2;
    let mut sums = vec![0.0; pairs * 2 * padded];
    let segment_values = channels.len() * 2 * padded;
    let mut spectra = vec![0.0; SEGMENTS * segment_values];
    let mut held = 0;
    for s in 0..params.segment_count(len) {
        let segment = s * spec.hop..s * spec.hop + spec.weights.len();
        if skips && channels.iter().any(|channel| first_non_finite(&channel[segment.clone()]).is_some()) {
            coverage.skipped += 1;
            continue;
        }
        let rows = spectra[held * segment_values..][..segment_values].chunks_exact_mut(2 * padded);
        for (channel, row) in channels.iter().zip(rows) {
            let (re, im) = row.split_at_mut(padded);
            let spectrum = transform.transform(&channel[segment.clone()]);
            for ((re, im), x) in re.iter_mut().zip(im).zip(spectrum) {
                (*re, *im) = (x.re.widen(), x.im.widen());
            }
        }
        coverage.segments += 1;
        held += 1;
        if held == SEGMENTS {
            products(isa, &spectra, channels.len(), padded, &mut sums);
            held = 0;
        }
    }
    coverage.check(len as u64, params.segments.segment_len)?;
    products(isa, &spectra[..held * segment_values], channels.len(), padded, &mut sums);
    Ok(matrix::<S>(params, &spec, channels.len(), padded, &sums, coverage))
}

/// Returns the sums as scaled means, both halves of the matrix.
fn matrix<S: Sample>(
    params: &PsdParams,
    spec: &SegmentSpec,
    channels: usize,
    padded: usize,
    sums: &[f64],
    coverage: Coverage,
) -> CrossMatrix<S::Real> {
    let layout = Layout::new::<S>(params, spec);
    let bins = layout.n_bins();
    let size = channels * channels * bins;
    let (mut re, mut im) = (vec![S::Real::default(); size], vec![S::Real::default(); size]);
    let mut pairs = sums.chunks_exact(2 * padded);
    for i in 0..channels {
        for (j, sum) in (i..channels).zip(&mut pairs) {
            for bin in 0..bins {
                let source = layout.source(bin);
                let factor = source.factor / coverage.segments as f64;
                let imaginary = if i == j { 0.0 } else { sum[padded + source.bin] * factor };
                let imaginary = if source.conjugate { -imaginary } else { imaginary };
                let real = S::Real::narrow(sum[source.bin] * factor);
                let (upper, lower) = ((i * channels + j) * bins + bin, (j * channels + i) * bins + bin);
                (re[upper], re[lower]) = (real, real);
                im[upper] = S::Real::narrow(imaginary);
                im[lower] = S::Real::narrow(if i == j { 0.0 } else { -imaginary });
            }
        }
    }
    CrossMatrix { frequencies: params.frequencies::<S>(), channels, re, im, coverage }
}
