//! Sums of the products of all pairs of channels, segment by segment.

use std::fmt;

use super::layout::Layout;
use super::matrix::CrossMatrix;
use super::params::PsdParams;
use super::psd::Coverage;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::{Error, Result};
use crate::fft::{Real, Sample};
use crate::lanes::{Isa, PADDED_BINS, products};
use crate::nan::{NanPolicy, first_non_finite};
use crate::scaling::Average;

/// Number of segments per block of spectra.
const SEGMENTS: usize = 8;

/// Sums over segments of `conj(X_i) · X_j`, for the pairs `i ≤ j` of channels.
pub(super) struct MatrixSums<S: Sample> {
    isa: Isa,
    spec: SegmentSpec,
    channels: usize,
    /// Bins of the transform, padded to whole vectors.
    padded: usize,
    transform: SegmentTransform<S>,
    /// Spectra of the last segments, `[SEGMENTS, channels, 2, padded]`, and their number.
    spectra: Vec<f64>,
    held: usize,
    /// `[pairs, 2, padded]`.
    sums: Vec<f64>,
    /// Skips segments with missing samples.
    skips: bool,
    /// Segments that were added, including the held ones.
    pub(super) segments: u64,
    pub(super) skipped: u64,
}

impl<S: Sample> MatrixSums<S> {
    /// Creates empty sums.
    ///
    /// # Errors
    /// [`Error::Argument`] for no channel, a parameter outside its domain and any average but the mean.
    pub(super) fn new(channels: usize, params: &PsdParams) -> Result<Self> {
        let spec = SegmentSpec::new::<S>(params)?;
        if params.average != Average::Mean {
            let reason = format!("cross spectra of all pairs have a mean only, got {}", params.average);
            return Err(Error::argument("average", reason));
        }
        if channels == 0 {
            return Err(Error::argument("channels", "at least one channel is needed"));
        }
        let bins = if S::COMPLEX { spec.n_fft } else { spec.n_fft / 2 + 1 };
        let padded = bins.next_multiple_of(PADDED_BINS);
        let pairs = channels * (channels + 1) / 2;
        Ok(Self {
            isa: Isa::detect()?,
            transform: SegmentTransform::new(&spec)?,
            spec,
            channels,
            padded,
            spectra: vec![0.0; SEGMENTS * channels * 2 * padded],
            held: 0,
            sums: vec![0.0; pairs * 2 * padded],
            skips: matches!(params.nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. }),
            segments: 0,
            skipped: 0,
        })
    }

    /// Adds the segment that starts at sample `start` of each channel, unless a sample of it is missing in any.
    pub(super) fn add<C: AsRef<[S]>>(&mut self, channels: &[C], start: usize) {
        let segment = start..start + self.spec.weights.len();
        let missing = |channel: &C| first_non_finite(&channel.as_ref()[segment.clone()]).is_some();
        if self.skips && channels.iter().any(missing) {
            self.skipped += 1;
            return;
        }
        let values = self.channels * 2 * self.padded;
        let rows = self.spectra[self.held * values..][..values].chunks_exact_mut(2 * self.padded);
        for (channel, row) in channels.iter().zip(rows) {
            let (re, im) = row.split_at_mut(self.padded);
            let spectrum = self.transform.transform(&channel.as_ref()[segment.clone()]);
            for ((re, im), x) in re.iter_mut().zip(im).zip(spectrum) {
                (*re, *im) = (x.re.widen(), x.im.widen());
            }
        }
        self.segments += 1;
        self.held += 1;
        if self.held == SEGMENTS {
            self.flush();
        }
    }

    /// Adds the products of the held spectra.
    fn flush(&mut self) {
        let spectra = &self.spectra[..self.held * self.channels * 2 * self.padded];
        products(self.isa, spectra, self.channels, self.padded, &mut self.sums);
        self.held = 0;
    }

    /// Returns the sums as scaled means, both halves of the matrix.
    pub(super) fn matrix(&mut self, params: &PsdParams, coverage: Coverage) -> CrossMatrix<S::Real> {
        self.flush();
        let (channels, padded, sums) = (self.channels, self.padded, &self.sums);
        let layout = Layout::new::<S>(params, &self.spec);
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
}

impl<S: Sample> fmt::Debug for MatrixSums<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatrixSums")
            .field("channels", &self.channels)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}
