//! The reference systems' parameters.

use super::{
    LogMelParams, MaxOver, MelLayout, MelLog, MelNorm, MelNormalise, MelScale, Preemphasis, Reference,
    TriangleDomain,
};
use crate::nan::NanPolicy;
use crate::params::named;
use crate::stft::{Padding, Placement};
use crate::window::{Symmetry, Window};

/// A system whose log-mel features are reproduced. As text: `librosa`, `whisper`, `kaldi`, `torchaudio`, `nemo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Preset {
    /// `librosa.power_to_db(librosa.feature.melspectrogram(y=x, sr=22050))`.
    Librosa,
    /// openai/whisper's `log_mel_spectrogram`, 80 mels (set `n_mels` to 128 for large-v3), without its padding to
    /// 30 s.
    Whisper,
    /// Kaldi's `compute-fbank-feats` (kaldi-native-fbank) without dither. Kaldi reads 16-bit samples as −32768 …
    /// 32767; samples in −1 … 1 give values lower by `2 ln 32768`.
    Kaldi,
    /// `torchaudio.transforms.MelSpectrogram()` and `AmplitudeToDB()`, with default values. With 128 mels over 201
    /// bins some of the lowest filters are empty; torchaudio warns about this.
    Torchaudio,
    /// NeMo's `AudioToMelSpectrogramPreprocessor` at evaluation (no dither) with 25 ms windows in a 512-point FFT and
    /// 80 features. The frame that NeMo masks with zeros after the last valid one is dropped.
    Nemo,
}

named! { Preset, "preset",
    Librosa = "librosa", "librosa.feature.melspectrogram in decibels";
    Whisper = "whisper", "openai/whisper's log_mel_spectrogram";
    Kaldi = "kaldi", "Kaldi's compute-fbank-feats";
    Torchaudio = "torchaudio", "torchaudio's MelSpectrogram in decibels";
    Nemo = "nemo", "NeMo's AudioToMelSpectrogramPreprocessor";
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] = [Self::Librosa, Self::Whisper, Self::Kaldi, Self::Torchaudio, Self::Nemo];

    /// Returns the parameters.
    pub(super) fn params(self) -> LogMelParams {
        let librosa = LogMelParams {
            sample_rate: 22_050.0,
            preemphasis: Preemphasis::None,
            padding: Padding::Constant,
            drop_last_frame: false,
            remove_dc: false,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            win_length: 2048,
            n_fft: 2048,
            placement: Placement::Center,
            hop: 512,
            power: 2.0,
            n_mels: 128,
            f_min: 0.0,
            f_max: None,
            scale: MelScale::Slaney,
            norm: MelNorm::Slaney,
            domain: TriangleDomain::Hertz,
            log: MelLog::Decibel { amin: 1e-10, reference: Reference::Power(1.0), top_db: Some(80.0) },
            normalise: MelNormalise::None,
            max_over: MaxOver::Item,
            layout: MelLayout::MelsByFrames,
            nan: NanPolicy::Error,
        };
        // All others use 16 kHz with 25 ms windows and, except for torchaudio, a hop of 10 ms.
        let speech = LogMelParams {
            sample_rate: 16_000.0,
            win_length: 400,
            n_fft: 400,
            hop: 160,
            n_mels: 80,
            ..librosa.clone()
        };
        match self {
            Self::Librosa => librosa,
            Self::Whisper => LogMelParams {
                padding: Padding::Reflect,
                drop_last_frame: true,
                log: MelLog::Log10 { floor: 1e-10 },
                normalise: MelNormalise::Clamp { range: 8.0, shift: 4.0, divisor: 4.0 },
                ..speech
            },
            Self::Kaldi => LogMelParams {
                preemphasis: Preemphasis::Frame(0.97),
                padding: Padding::None,
                remove_dc: true,
                window: Window::Povey,
                symmetry: Symmetry::Symmetric,
                n_fft: 512,
                placement: Placement::Start,
                n_mels: 23,
                f_min: 20.0,
                scale: MelScale::Kaldi,
                norm: MelNorm::None,
                domain: TriangleDomain::Mel,
                log: MelLog::Ln { floor: f32::EPSILON as f64 },
                layout: MelLayout::FramesByMels,
                ..speech
            },
            Self::Torchaudio => LogMelParams {
                padding: Padding::Reflect,
                hop: 200,
                n_mels: 128,
                scale: MelScale::Htk,
                norm: MelNorm::None,
                log: MelLog::Decibel { amin: 1e-10, reference: Reference::Power(1.0), top_db: None },
                ..speech
            },
            Self::Nemo => LogMelParams {
                preemphasis: Preemphasis::Signal(0.97),
                drop_last_frame: true,
                symmetry: Symmetry::Symmetric,
                n_fft: 512,
                log: MelLog::LnPlus { offset: (-24.0_f64).exp2() },
                normalise: MelNormalise::PerFeature { epsilon: 1e-5 },
                ..speech
            },
        }
    }
}
