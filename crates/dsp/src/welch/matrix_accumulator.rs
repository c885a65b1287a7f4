//! Cross spectra of all pairs of channels that arrive in blocks.

use super::matrix::{CrossMatrix, common_len};
use super::matrix_sums::MatrixSums;
use super::params::PsdParams;
use super::psd::Coverage;
use crate::error::{Error, Result};
use crate::fft::Sample;
use crate::nan::{Interpolator, NanPolicy, first_non_finite};
use crate::params::{SegmentParams, segment_count};

/// [`cross_spectral_matrix`](super::cross_spectral_matrix) for synchronous channels that arrive in blocks. Its memory depends on
/// `n_fft` and the number of channels only.
///
/// ```
/// use rlx_dsp::welch::{CrossMatrixAccumulator, PsdParams, cross_spectral_matrix};
///
/// let x: Vec<Vec<f64>> = (1..4).map(|c| (0..1000).map(|i| f64::from(i * i % (90 + c))).collect()).collect();
/// let channels: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
/// let params = PsdParams::new(1.0, 64);
/// let mut accumulator = CrossMatrixAccumulator::new(3, params.clone())?;
/// for start in (0..1000).step_by(40) {
///     let block: Vec<&[f64]> = channels.iter().map(|c| &c[start..start + 40]).collect();
///     accumulator.push(&block)?;
/// }
/// assert_eq!(accumulator.finish()?, cross_spectral_matrix(&channels, &params)?);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug)]
pub struct CrossMatrixAccumulator<S: Sample> {
    params: PsdParams,
    sums: MatrixSums<S>,
    /// Samples of each channel from the next segment's start on.
    pending: Vec<Vec<S>>,
    /// Samples still to be dropped before the next segment starts (`hop > segment_len`).
    skip: usize,
    /// One per channel under [`NanPolicy::Interpolate`], otherwise none.
    interpolators: Vec<Interpolator<S>>,
    samples: u64,
}

impl<S: Sample> CrossMatrixAccumulator<S> {
    /// Creates an empty accumulator of `channels` channels.
    ///
    /// # Errors
    /// [`Error::Argument`] for no channel, for a parameter outside its domain and for any average but the mean.
    pub fn new(channels: usize, params: PsdParams) -> Result<Self> {
        let sums = MatrixSums::new(channels, &params)?;
        let interpolators = match params.nan {
            NanPolicy::Interpolate { max_gap } => vec![Interpolator::new(max_gap); channels],
            NanPolicy::Error | NanPolicy::SkipSegment | NanPolicy::Propagate => Vec::new(),
        };
        Ok(Self { params, sums, pending: vec![Vec::new(); channels], skip: 0, interpolators, samples: 0 })
    }

    /// Returns the parameters.
    #[must_use]
    pub fn params(&self) -> &PsdParams {
        &self.params
    }

    /// Returns the numbers of averaged and skipped segments so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut coverage =
            Coverage { segments: self.sums.segments, skipped: self.sums.skipped, ..Coverage::default() };
        self.interpolators.iter().for_each(|i| coverage.filled.add(i.counts()));
        coverage
    }

    /// Continues the stretch with a block of each channel.
    ///
    /// # Errors
    /// [`Error::Length`] for another number of channels and for blocks of different lengths; [`Error::NonFinite`] under
    /// [`NanPolicy::Error`], where the row is the channel and the position counts from the first sample ever pushed; nothing of
    /// the blocks was taken then.
    pub fn push(&mut self, blocks: &[&[S]]) -> Result<()> {
        if blocks.len() != self.pending.len() {
            return Err(Error::Length { name: "channels", expected: self.pending.len(), got: blocks.len() });
        }
        let len = common_len(blocks)?;
        if self.params.nan == NanPolicy::Error {
            for (row, block) in blocks.iter().enumerate() {
                if let Some((index, value)) = first_non_finite(block) {
                    return Err(Error::NonFinite { row, index: self.samples + index as u64, value });
                }
            }
        }
        self.samples += len as u64;
        for (channel, (block, pending)) in blocks.iter().zip(&mut self.pending).enumerate() {
            match self.interpolators.get_mut(channel) {
                Some(interpolator) => interpolator.push(block, pending),
                None => pending.extend_from_slice(block),
            }
        }
        self.add_segments();
        Ok(())
    }

    /// Ends the stretch of all channels: no segment spans what came before and what comes next.
    pub fn push_gap(&mut self) {
        for (interpolator, pending) in self.interpolators.iter_mut().zip(&mut self.pending) {
            interpolator.end_stretch(pending);
        }
        self.add_segments();
        self.pending.iter_mut().for_each(Vec::clear);
        self.skip = 0;
    }

    /// Ends the last stretch and returns the averages.
    ///
    /// # Errors
    /// [`Error::TooShort`] if no stretch had a complete segment, [`Error::Argument`] if all were skipped.
    pub fn finish(mut self) -> Result<CrossMatrix<S::Real>> {
        self.push_gap();
        let coverage = self.coverage();
        coverage.check(self.samples, self.params.segments.segment_len)?;
        Ok(self.sums.matrix(&self.params, coverage))
    }

    /// Adds the segments that are complete in every channel.
    fn add_segments(&mut self) {
        let SegmentParams { segment_len, hop, .. } = self.params.segments;
        let len = self.pending.iter().map(Vec::len).min().unwrap_or(0);
        let start = self.skip.min(len);
        let count = segment_count(len - start, segment_len, hop);
        for segment in 0..count {
            self.sums.add(&self.pending, start + segment * hop);
        }
        let next = self.skip + count * hop;
        let dropped = next.min(len);
        self.skip = next - dropped;
        self.pending.iter_mut().for_each(|pending| drop(pending.drain(..dropped)));
    }
}
