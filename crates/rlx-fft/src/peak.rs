//! Packed peaks of batches of rows: parameters and plans.

pub use rlx_dsp::welch::peaks::{PeaksEngine, WelchParams, WelchPeakParams, WelchPeaksScratch};
