//! Parameters of a log-mel transform.

use super::{
    MaxOver, MelFilterbankParams, MelLayout, MelLog, MelNorm, MelNormalise, MelScale, Preset, TriangleDomain,
};
use crate::detrend::Detrend;
use crate::nan::NanPolicy;
use crate::params::{SegmentParams, builders};
use crate::stft::{FrameParams, Framing, Padding, Placement};
use crate::window::{Symmetry, Window};
use crate::{Error, Result};

/// `y[n] = x[n] − c·x[n−1]`: lifts the high frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Preemphasis {
    /// None.
    #[default]
    None,
    /// Over the signal before padding; the first sample is unchanged (NeMo).
    Signal(f64),
    /// Inside each frame, after the DC removal; the first sample becomes `(1 − c)·x[0]` (Kaldi).
    Frame(f64),
}

/// A log-mel transform's parameters: start from a [`Preset`] and change individual fields. Lengths are in samples.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LogMelParams {
    /// Sample rate in Hz.
    pub sample_rate: f64,
    /// Preemphasis.
    pub preemphasis: Preemphasis,
    /// Padding beyond the ends of the signal; Kaldi's `snip_edges` is `None` (true) or `Mirror` (false).
    pub padding: Padding,
    /// Whether the last frame is dropped.
    pub drop_last_frame: bool,
    /// Whether each frame's mean is subtracted.
    pub remove_dc: bool,
    /// Window function.
    pub window: Window,
    /// Whether the window is periodic or symmetric.
    pub symmetry: Symmetry,
    /// Length of the window.
    pub win_length: usize,
    /// Length of the FFT, at least `win_length`.
    pub n_fft: usize,
    /// Placement of a window shorter than the FFT.
    pub placement: Placement,
    /// Distance between the starts of consecutive frames, in samples.
    pub hop: usize,
    /// Exponent of the magnitudes, positive: 2 for power, 1 for magnitude.
    pub power: f64,
    /// Number of mel bands.
    pub n_mels: usize,
    /// Lower edge of the first band in Hz.
    pub f_min: f64,
    /// Upper edge of the last band in Hz; `None` is half the sample rate.
    pub f_max: Option<f64>,
    /// Mel scale.
    pub scale: MelScale,
    /// Height of the triangles.
    pub norm: MelNorm,
    /// The axis on which the sides of the triangles are straight.
    pub domain: TriangleDomain,
    /// The logarithm.
    pub log: MelLog,
    /// The normalisation after it.
    pub normalise: MelNormalise,
    /// Scope of the maxima of logarithm and normalisation.
    pub max_over: MaxOver,
    /// Order of the result.
    pub layout: MelLayout,
    /// Policy for NaN and infinity. Under [`NanPolicy::SkipSegment`], a frame with such a sample is NaN in every band
    /// and is excluded from maxima, means and deviations; [`NanPolicy::Interpolate`] first fills short gaps linearly.
    /// Under [`NanPolicy::Propagate`], such frames are NaN, as is everything that depends on their maximum, mean or
    /// deviation, as in the reference systems.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "NanPolicy::is_error"))]
    pub nan: NanPolicy,
}

impl LogMelParams {
    /// Returns the parameters of a reference system.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        preset.params()
    }

    /// Returns librosa's transform (periodic Hann window of `n_fft` samples, centred frames, Slaney's mel filters,
    /// decibels) with these lengths.
    #[must_use]
    pub fn new(sample_rate: f64, n_fft: usize, hop: usize, n_mels: usize) -> Self {
        Self { sample_rate, win_length: n_fft, n_fft, hop, n_mels, ..Self::preset(Preset::Librosa) }
    }

    builders! {
        /// Sets the samples per second.
        sample_rate: f64;
        /// Sets the preemphasis.
        preemphasis: Preemphasis;
        /// Sets the padding beyond the ends of the signal.
        padding: Padding;
        /// Sets whether the last frame is dropped.
        drop_last_frame: bool;
        /// Sets whether each frame's mean is subtracted.
        remove_dc: bool;
        /// Sets the window.
        window: Window;
        /// Sets whether the window is periodic or symmetric.
        symmetry: Symmetry;
        /// Sets the length of the window.
        win_length: usize;
        /// Sets the length of the FFT.
        n_fft: usize;
        /// Sets the placement of a window shorter than the FFT.
        placement: Placement;
        /// Sets the distance between the starts of consecutive frames, in samples.
        hop: usize;
        /// Sets the exponent of the magnitudes.
        power: f64;
        /// Sets the number of mel bands.
        n_mels: usize;
        /// Sets the lower edge of the first band in Hz.
        f_min: f64;
        /// Sets the upper edge of the last band in Hz.
        f_max: impl Into<Option<f64>>;
        /// Sets the mel scale.
        scale: MelScale;
        /// Sets the height of the triangles.
        norm: MelNorm;
        /// Sets the axis on which the sides of the triangles are straight.
        domain: TriangleDomain;
        /// Sets the logarithm.
        log: MelLog;
        /// Sets the normalisation after the logarithm.
        normalise: MelNormalise;
        /// Sets the scope of maxima.
        max_over: MaxOver;
        /// Sets the order of the result.
        layout: MelLayout;
        /// Sets the policy for NaN and infinity.
        nan: NanPolicy;
    }

    /// Checks the parameters as [`LogMel::new`](super::LogMel::new) does, except for the parameter of the window.
    pub fn validate(&self) -> Result<()> {
        if self.win_length == 0 {
            return Err(Error::argument("win_length", "must be at least 1, got 0"));
        }
        self.frame().validate()?;
        self.filterbank().band()?;
        self.log.validate()?;
        self.normalise.validate()?;
        if !(self.power.is_finite() && self.power > 0.0) {
            return Err(Error::argument("power", format!("must be a positive number, got {}", self.power)));
        }
        match self.preemphasis {
            Preemphasis::Signal(c) if !c.is_finite() => {
                Err(Error::argument("preemphasis", format!("must be finite, got {c}")))
            }
            _ => Ok(()),
        }
    }

    /// Returns the parameters of the filterbank.
    pub fn filterbank(&self) -> MelFilterbankParams {
        MelFilterbankParams {
            sample_rate: self.sample_rate,
            n_fft: self.n_fft,
            n_mels: self.n_mels,
            f_min: self.f_min,
            f_max: self.f_max,
            scale: self.scale,
            norm: self.norm,
            domain: self.domain,
        }
    }

    pub(super) fn frame(&self) -> FrameParams {
        FrameParams {
            segments: SegmentParams::new(self.win_length)
                .window(self.window.clone())
                .symmetry(self.symmetry)
                .n_fft(self.n_fft)
                .hop(self.hop)
                .detrend(if self.remove_dc { Detrend::Constant } else { Detrend::None }),
            placement: self.placement,
            preemphasis: match self.preemphasis {
                Preemphasis::Frame(c) => c,
                Preemphasis::None | Preemphasis::Signal(_) => 0.0,
            },
        }
    }

    /// Returns the layout of the frames.
    pub fn framing(&self) -> Framing {
        Framing {
            frame_len: self.frame().frame_len(),
            hop: self.hop,
            padding: self.padding,
            drop_last: self.drop_last_frame,
        }
    }
}
