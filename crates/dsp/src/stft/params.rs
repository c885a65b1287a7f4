//! What a spectrogram consists of.

use super::frame_fft::FrameParams;
use super::{Framing, Padding, Placement};
use crate::detrend::Detrend;
use crate::nan::NanPolicy;
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

/// A spectrogram's parameters. Lengths are in samples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SpectrogramParams {
    /// Sample rate in Hz (or samples per unit of whatever the x axis counts).
    pub sample_rate: f64,
    /// Window function.
    pub window: Window,
    /// Whether the window is periodic (spectra) or symmetric.
    pub symmetry: Symmetry,
    /// Length of the window.
    pub win_length: usize,
    /// Length of the FFT, at least `win_length`.
    pub n_fft: usize,
    /// Samples from one frame to the next, at least 1; may exceed the window.
    pub hop: usize,
    /// Where a window shorter than the FFT lies.
    pub placement: Placement,
    /// What frames see beyond the ends of the signal.
    pub padding: Padding,
    /// What is subtracted from the samples under the window, before it.
    pub detrend: Detrend,
    /// Unit of the values.
    pub scaling: SpectrogramScaling,
    /// What becomes of NaN and infinite samples. Frames keep their places: where Welch leaves a segment out
    /// (`SkipSegment`, gaps that `Interpolate` cannot fill, and `Propagate`), a frame is all NaN.
    pub nan: NanPolicy,
}

impl SpectrogramParams {
    /// `scipy.signal.spectrogram(x, fs, nperseg=…)`: Tukey(0.25), an eighth of overlap, constant detrend, density.
    ///
    /// SciPy's `noverlap` is `win_length − hop`, its `nfft` is `n_fft`.
    pub fn scipy(sample_rate: f64, nperseg: usize) -> Self {
        Self {
            sample_rate,
            window: Window::Tukey { alpha: 0.25 },
            symmetry: Symmetry::Periodic,
            win_length: nperseg,
            n_fft: nperseg,
            hop: nperseg - nperseg / 8,
            placement: Placement::Start,
            padding: Padding::None,
            detrend: Detrend::Constant,
            scaling: SpectrogramScaling::Density,
            nan: NanPolicy::Error,
        }
    }

    /// `np.abs(librosa.stft(x, n_fft=…, hop_length=…))**2`: periodic Hann, centred, zeros beyond the ends.
    pub fn librosa(sample_rate: f64, n_fft: usize, hop: usize) -> Self {
        Self {
            window: Window::Hann,
            win_length: n_fft,
            n_fft,
            hop,
            placement: Placement::Center,
            padding: Padding::Constant,
            detrend: Detrend::None,
            scaling: SpectrogramScaling::Power,
            ..Self::scipy(sample_rate, n_fft)
        }
    }

    /// `torch.stft(x, n_fft, hop, window=torch.hann_window(n_fft)).abs()**2`: as librosa, but reflecting.
    pub fn torch(sample_rate: f64, n_fft: usize, hop: usize) -> Self {
        Self { padding: Padding::Reflect, ..Self::librosa(sample_rate, n_fft, hop) }
    }

    /// Bins of a spectrum: `n_fft/2 + 1`.
    pub fn n_bins(&self) -> usize {
        self.n_fft / 2 + 1
    }

    /// Refuses lengths of 0, a window longer than the FFT, and a sample rate that is not positive.
    pub fn validate(&self) -> Result<()> {
        check_rate(self.sample_rate)?;
        self.frame().validate()
    }

    pub(super) fn frame(&self) -> FrameParams {
        FrameParams {
            window: self.window,
            symmetry: self.symmetry,
            win_length: self.win_length,
            n_fft: self.n_fft,
            hop: self.hop,
            placement: self.placement,
            detrend: self.detrend,
            preemphasis: 0.0,
        }
    }

    /// Where the frames lie.
    pub fn framing(&self) -> Framing {
        let frame_len = self.frame().frame_len();
        Framing { frame_len, hop: self.hop, padding: self.padding, drop_last: false }
    }

    /// Factor of `|X|²` for a window of these weights, and whether inner bins are doubled.
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

/// Refuses a rate that is not a positive number.
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    if rate.is_finite() && rate > 0.0 {
        return Ok(());
    }
    Err(Error::argument("sample_rate", format!("must be a positive number, got {rate}")))
}
