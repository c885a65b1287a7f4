//! The names that most programs need: `use rlx_fft::prelude::*;`.

pub use crate::dsp::mel::{LogMel, LogMelParams, Preset, log_mel, log_mel_with};
pub use crate::dsp::params::{Average, Detrend, NanPolicy, Scaling, SegmentParams, Threads, Window};
pub use crate::dsp::peaks::{Bounds, LocalPeakParams, find_peaks};
pub use crate::dsp::stft::{Spectrogram, SpectrogramParams, spectrogram, spectrogram_with};
pub use crate::dsp::welch::peaks::{WelchParams, WelchPeakParams, WelchPeaks, WelchPeaksScratch};
pub use crate::dsp::welch::{
    Csd, Psd, PsdParams, Welch, coherence, coherence_with, csd, csd_with, periodogram, welch, welch_with,
};
pub use crate::{
    AutoSettings, AutoWelchPeaks, Device, Executable, FastLearnedFftModel, Session, SessionOptions,
    WelchPeaksPickMode, WelchPeaksStrategy,
};
