//! Parameters of a spectrogram.

use super::frame_fft::FrameParams;
use super::{Framing, Padding, Placement};
use crate::detrend::Detrend;
use crate::nan::NanPolicy;
use crate::params::{SegmentParams, builders};
use crate::scaling::Scaling;
use crate::welch::PsdParams;
use crate::window::{Symmetry, Window};
use crate::{Error, Result};

/// Unit of a spectrogram's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum SpectrogramScaling {
    /// One-sided `|X|² / (fs · Σw²)`, unit²/Hz (SciPy's default).
    #[default]
    Density,
    /// One-sided `|X|² / (Σw)²`, unit².
    Spectrum,
    /// One-sided `|X|²`: doubled except DC and the even Nyquist bin, no other scaling.
    Raw,
    /// `|X|²` with no doubling (librosa's and torch's power 2).
    Power,
    /// `|X|` with no doubling (librosa's power 1).
    Magnitude,
}

impl From<Scaling> for SpectrogramScaling {
    fn from(scaling: Scaling) -> Self {
        match scaling {
            Scaling::Density => Self::Density,
            Scaling::Spectrum => Self::Spectrum,
            Scaling::Raw => Self::Raw,
        }
    }
}

/// Parameters of a spectrogram.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SpectrogramParams {
    /// Sample rate in Hz (or samples per unit of the time axis).
    pub sample_rate: f64,
    /// The samples under the window of a frame, the window and the transform; `hop` may exceed the window.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub segments: SegmentParams,
    /// Placement of a window shorter than the FFT.
    pub placement: Placement,
    /// Padding beyond the ends of the signal.
    pub padding: Padding,
    /// Unit of the values.
    pub scaling: SpectrogramScaling,
    /// NaN policy. Frames keep their positions: where Welch skips a segment (`SkipSegment`, gaps that `Interpolate`
    /// cannot fill, and `Propagate`), a frame is all NaN.
    pub nan: NanPolicy,
}

impl SpectrogramParams {
    /// Creates parameters like [`scipy`](Self::scipy), with these segments.
    #[must_use]
    pub fn new(sample_rate: f64, segments: SegmentParams) -> Self {
        Self {
            sample_rate,
            segments,
            placement: Placement::Start,
            padding: Padding::None,
            scaling: SpectrogramScaling::Density,
            nan: NanPolicy::Error,
        }
    }

    /// `scipy.signal.spectrogram(x, fs, nperseg=…)`: Tukey(0.25), an eighth of overlap, constant detrend, density.
    ///
    /// SciPy's `noverlap` is `segment_len − hop`, its `nfft` is `n_fft`.
    #[must_use]
    pub fn scipy(sample_rate: f64, nperseg: usize) -> Self {
        let segments = SegmentParams::new(nperseg).hop(nperseg - nperseg / 8);
        Self::new(sample_rate, segments.window(Window::Tukey { alpha: 0.25 }))
    }

    /// `np.abs(librosa.stft(x, n_fft=…, hop_length=…))**2`: periodic Hann, centred, zeros beyond the ends.
    #[must_use]
    pub fn librosa(sample_rate: f64, n_fft: usize, hop: usize) -> Self {
        Self::new(sample_rate, SegmentParams::new(n_fft).hop(hop).detrend(Detrend::None))
            .placement(Placement::Center)
            .padding(Padding::Constant)
            .scaling(SpectrogramScaling::Power)
    }

    /// `torch.stft(x, n_fft, hop, window=torch.hann_window(n_fft)).abs()**2`: as librosa, but with reflection.
    #[must_use]
    pub fn torch(sample_rate: f64, n_fft: usize, hop: usize) -> Self {
        Self::librosa(sample_rate, n_fft, hop).padding(Padding::Reflect)
    }

    /// Returns the frames that a spectrum of these parameters averages, each in its scaling; `average` and `sides`
    /// are not used.
    #[must_use]
    pub fn frames_of(params: &PsdParams) -> Self {
        Self::new(params.sample_rate, params.segments.clone()).scaling(params.scaling).nan(params.nan)
    }

    builders! {
        /// Sets the samples per second.
        sample_rate: f64;
        /// Sets the whole segmentation.
        segments: SegmentParams;
        /// Sets the window.
        window: Window => segments.window;
        /// Sets whether the window is periodic or symmetric.
        symmetry: Symmetry => segments.symmetry;
        /// Sets the samples under the window, and nothing else.
        segment_len: usize => segments.segment_len;
        /// Sets the distance between the starts of consecutive frames, in samples.
        hop: usize => segments.hop;
        /// Sets the length of the transform.
        n_fft: usize => segments.n_fft;
        /// Sets the detrending of the samples under the window.
        detrend: Detrend => segments.detrend;
        /// Sets the placement of a window shorter than the FFT.
        placement: Placement;
        /// Sets the padding beyond the ends of the signal.
        padding: Padding;
        /// Sets the unit of the values.
        scaling: impl Into<SpectrogramScaling>;
        /// Sets the NaN policy.
        nan: NanPolicy;
    }

    /// Returns the bins of a spectrum: `n_fft/2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.segments.n_bins()
    }

    /// Rejects lengths of 0, a window longer than the FFT, and a sample rate that is not positive.
    pub fn validate(&self) -> Result<()> {
        check_rate(self.sample_rate)?;
        self.frame().validate()
    }

    pub(super) fn frame(&self) -> FrameParams {
        FrameParams { segments: self.segments.clone(), placement: self.placement, preemphasis: 0.0 }
    }

    /// Returns the layout of the frames.
    pub fn framing(&self) -> Framing {
        let frame_len = self.frame().frame_len();
        Framing { frame_len, hop: self.segments.hop, padding: self.padding, drop_last: false }
    }

    /// Returns the factor of `|X|²` for a window of these weights, and whether inner bins are doubled.
    pub fn scale(&self, window: &[f64]) -> Result<(f64, bool)> {
        let sum: f64 = window.iter().sum();
        let squares: f64 = window.iter().map(|w| w * w).sum();
        let (scale, doubled) = match self.scaling {
            SpectrogramScaling::Density => ((self.sample_rate * squares).recip(), true),
            SpectrogramScaling::Spectrum => ((sum * sum).recip(), true),
            SpectrogramScaling::Raw => (1.0, true),
            SpectrogramScaling::Power | SpectrogramScaling::Magnitude => (1.0, false),
        };
        // A two-point Hann window is [0, 1]; a one-point symmetric sum can vanish too.
        if !scale.is_finite() {
            return Err(Error::argument("window", "its weights add up to 0"));
        }
        Ok((scale, doubled))
    }
}

/// Rejects a rate that is not a positive number.
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    if rate.is_finite() && rate > 0.0 {
        return Ok(());
    }
    Err(Error::argument("sample_rate", format!("must be a positive number, got {rate}")))
}
