//! Packed peaks of batches of rows: parameters and plans.

pub use rlx_dsp::peak::{PeaksEngine, WelchParams, WelchPeakParams, WelchPeaksScratch};
