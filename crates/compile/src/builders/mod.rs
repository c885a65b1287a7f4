//! The standard pipelines as unfused graphs; passes and the device determine how they run. Parameters are those of
//! `rlx_dsp`, the shape of the input is [`Rows`](crate::params::Rows).

mod cross;
mod limb_psd;
mod log_mel;
mod psd;
mod spectrogram;
mod welch_peaks;

pub use cross::{coherence, cross_spectra, csd};
pub use limb_psd::{from_limbs, limb_psd, to_limbs};
pub use log_mel::{expressible, log_mel};
pub use psd::{psd, psd_peaks};
pub use spectrogram::{SpectrogramMode, frames_of, spectrogram, spectrogram_db, spectrogram_in};
pub use welch_peaks::{
    LearnedCorrection, WelchPeaksShape, learned_welch_peaks, welch_peaks, welch_peaks_with_spectrum,
};

/// Name of the packed peaks among a graph's outputs.
pub const PEAKS: &str = "peaks";
/// Name of the second output of [`welch_peaks_with_spectrum`].
pub const SPECTRUM: &str = "spectrum";
