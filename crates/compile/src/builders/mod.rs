//! The standard pipelines as graphs, unfused: passes and the device decide how they run.

mod log_mel;
mod psd;
mod spectrogram;
mod welch_peaks;

pub use log_mel::{ClampSpec, LogMelSpec, PreemphasisSpec, log_mel};
pub use psd::{PsdSpec, psd, psd_peaks};
pub use spectrogram::{SpectrogramSpec, spectrogram};
pub use welch_peaks::{
    LearnedCorrection, WelchPeaksShape, learned_welch_peaks, welch_peaks, welch_peaks_with_spectrum,
};

/// Name of the packed peaks among a graph's outputs.
pub const PEAKS: &str = "peaks";
/// Name of the spectrum that [`welch_peaks_with_spectrum`] also hands out.
pub const SPECTRUM: &str = "spectrum";
