//! The names that most programs need: `use rlx_fft::prelude::*;`.

pub use crate::dsp::peaks::{LocalPeakParams, find_peaks};
pub use crate::dsp::scaling::Scaling;
pub use crate::dsp::welch::peaks::{WelchParams, WelchPeakParams, WelchPeaksScratch};
pub use crate::dsp::welch::{Psd, PsdParams, Welch};
pub use crate::dsp::window::Window;
pub use crate::{
    AutoSettings, AutoWelchPeaks, Device, Executable, FastLearnedFftModel, Session, SessionOptions,
    WelchPeaksPickMode, WelchPeaksStrategy,
};
