//! The standard pipelines as graphs, unfused: passes and the device decide how they run. What is wanted is said in
//! `rlx_dsp`'s parameters, of which data in [`Rows`](crate::params::Rows).

mod log_mel;
mod psd;
mod spectrogram;
mod welch_peaks;

pub use log_mel::{expressible, log_mel};
pub use psd::{psd, psd_peaks};
pub use spectrogram::{frames_of, spectrogram, spectrogram_db};
pub use welch_peaks::{
    LearnedCorrection, WelchPeaksShape, learned_welch_peaks, welch_peaks, welch_peaks_with_spectrum,
};

/// Name of the packed peaks among a graph's outputs.
pub const PEAKS: &str = "peaks";
/// Name of the spectrum that [`welch_peaks_with_spectrum`] also hands out.
pub const SPECTRUM: &str = "spectrum";
