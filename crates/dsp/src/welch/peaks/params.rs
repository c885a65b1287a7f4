//! Layout of the rows of a batch, and the peaks of each.

use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::nan::NanPolicy;
use crate::params::{SegmentParams, builders};
use crate::window::{Symmetry, Window};

/// Segments of one row of a batch: `n_segments` of `n_fft` samples, `hop` samples apart, the first one at sample `lead`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct WelchParams {
    /// Samples in a segment and points of the transform, at least 2.
    pub n_fft: usize,
    /// Distance between the starts of consecutive segments in samples, at least 1.
    pub hop: usize,
    /// Segments in a row, at least 1.
    pub n_segments: usize,
    /// Window of a segment, periodic.
    pub window: Window,
    /// Samples of a row before the first segment; they are not used.
    #[cfg_attr(feature = "serde", serde(default))]
    pub lead: usize,
}

impl WelchParams {
    /// Creates segments under Hann windows with half overlap.
    #[must_use]
    pub fn new(n_fft: usize, n_segments: usize) -> Self {
        Self { n_fft, hop: (n_fft / 2).max(1), n_segments, window: Window::Hann, lead: 0 }
    }

    builders! {
        /// Sets the samples of a segment.
        n_fft: usize;
        /// Sets the distance between the starts of consecutive segments, in samples.
        hop: usize;
        /// Sets the segments of a row.
        n_segments: usize;
        /// Sets the window.
        window: Window;
        /// Sets the samples of a row before the first segment.
        lead: usize;
    }

    /// Returns the first samples of the segments in a row.
    pub fn starts(&self) -> impl Iterator<Item = usize> + use<> {
        let (lead, hop) = (self.lead, self.hop);
        (0..self.n_segments).map(move |segment| lead + segment * hop)
    }

    /// Returns the same segments as parameters of other estimates: periodic window, no zero-padding, nothing
    /// subtracted.
    #[must_use]
    pub fn segments(&self) -> SegmentParams {
        SegmentParams::new(self.n_fft).hop(self.hop).window(self.window.clone()).detrend(Detrend::None)
    }

    /// Returns the samples of a row: `lead + n_fft + (n_segments − 1)·hop`.
    #[must_use]
    pub fn frame_len(&self) -> usize {
        self.lead.saturating_add(self.span())
    }

    /// Returns the samples from the start of the first segment to the end of the last one.
    #[must_use]
    pub fn span(&self) -> usize {
        self.n_fft.saturating_add(self.n_segments.saturating_sub(1).saturating_mul(self.hop))
    }

    /// One-sided bins: `n_fft/2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.n_fft / 2 + 1
    }

    /// Returns the leading [`frame_len`](Self::frame_len) samples of each of `batch` rows of `full_frame` samples,
    /// `[batch, frame_len]`.
    ///
    /// # Errors
    /// [`Error::Length`] when `x` is not `batch · full_frame` long, [`Error::TooShort`] when `full_frame` is less than
    /// the rows of these parameters.
    pub fn truncate_batch(&self, x: &[f32], batch: usize, full_frame: usize) -> Result<Vec<f32>> {
        self.check_rows(x, batch, full_frame)?;
        let mut out = vec![0.0; batch * self.frame_len()];
        self.truncate_batch_into(x, batch, full_frame, &mut out)?;
        Ok(out)
    }

    /// Computes [`truncate_batch`](Self::truncate_batch) into `out`, `[batch, frame_len]`.
    ///
    /// # Errors
    /// Those of [`truncate_batch`](Self::truncate_batch); [`Error::Length`] for a wrong `out`.
    pub fn truncate_batch_into(
        &self,
        x: &[f32],
        batch: usize,
        full_frame: usize,
        out: &mut [f32],
    ) -> Result<()> {
        self.check_rows(x, batch, full_frame)?;
        let len = self.frame_len();
        if out.len() != batch * len {
            return Err(Error::Length { name: "out", expected: batch * len, got: out.len() });
        }
        if batch > 0 {
            for (out, row) in out.chunks_exact_mut(len).zip(x.chunks_exact(full_frame)) {
                out.copy_from_slice(&row[..len]);
            }
        }
        Ok(())
    }

    /// Checks that `x` is `batch` rows of `row_len` samples, each long enough.
    pub(crate) fn check_rows(&self, x: &[f32], batch: usize, row_len: usize) -> Result<()> {
        let expected = batch
            .checked_mul(row_len)
            .ok_or_else(|| Error::argument("batch", format!("{batch} rows of {row_len} samples overflow")))?;
        if x.len() != expected {
            return Err(Error::Length { name: "samples", expected, got: x.len() });
        }
        if batch > 0 && row_len < self.frame_len() {
            return Err(Error::TooShort { len: row_len, segment: self.frame_len() });
        }
        Ok(())
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Argument`] with the field and its value.
    pub fn validate(&self) -> Result<()> {
        for (name, value, least) in
            [("n_fft", self.n_fft, 2), ("hop", self.hop, 1), ("n_segments", self.n_segments, 1)]
        {
            if value < least {
                return Err(Error::argument(name, format!("must be at least {least}, got {value}")));
            }
        }
        if self.frame_len() > isize::MAX as usize / size_of::<f32>() {
            return Err(Error::argument(
                "n_segments",
                format!("rows of {} samples overflow", self.frame_len()),
            ));
        }
        Ok(())
    }

    /// Window coefficients, `[n_fft]`.
    pub(crate) fn weights(&self) -> Result<Vec<f32>> {
        let weights = self.window.coefficients(self.n_fft, Symmetry::Periodic)?;
        Ok(weights.into_iter().map(|w| w as f32).collect())
    }
}

/// Packed peaks of the rows of a batch.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct WelchPeakParams {
    /// Segments of each row.
    pub welch: WelchParams,
    /// Number of peaks per row, at least 1; clipped to the number of bins.
    pub k: usize,
    /// NaN policy. If it leaves no segment of a row, the powers of the row are NaN.
    pub nan: NanPolicy,
}

impl WelchPeakParams {
    /// Returns the `k` strongest bins of rows of these segments; NaN and infinity are errors.
    #[must_use]
    pub fn new(welch: WelchParams, k: usize) -> Self {
        Self { welch, k, nan: NanPolicy::Error }
    }

    builders! {
        /// Sets the segments of each row.
        welch: WelchParams;
        /// Sets the number of peaks.
        k: usize;
        /// Sets the NaN policy.
        nan: NanPolicy;
    }

    fn with_segments(n_fft: usize, k: usize, n_segments: usize) -> Self {
        Self::new(WelchParams::new(n_fft, n_segments), k)
    }

    /// Two segments, half overlapping.
    #[must_use]
    pub fn fast_for_n_fft(n_fft: usize, k: usize) -> Self {
        Self::with_segments(n_fft, k, 2)
    }

    /// One segment.
    #[must_use]
    pub fn ultra_fast_for_n_fft(n_fft: usize, k: usize) -> Self {
        Self::with_segments(n_fft, k, 1)
    }

    /// Eight segments, half overlapping: the reference.
    #[must_use]
    pub fn reference_for_n_fft(n_fft: usize, k: usize) -> Self {
        Self::with_segments(n_fft, k, 8)
    }

    /// Returns the number of peaks per row of the result: `min(k, n_bins)`.
    #[must_use]
    pub fn k_out(&self) -> usize {
        self.k.min(self.welch.n_bins())
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Argument`] with the field and its value.
    pub fn validate(&self) -> Result<()> {
        self.welch.validate()?;
        if self.k == 0 {
            return Err(Error::argument("k", "0 peaks were asked for"));
        }
        if self.welch.n_bins() > 1 << 24 {
            return Err(Error::argument("n_fft", format!("{}: packed bins end at 2^24", self.welch.n_fft)));
        }
        Ok(())
    }
}
