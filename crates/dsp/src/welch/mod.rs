//! Welch's method: power spectra, cross spectra and coherence averaged over overlapping segments, of whole
//! signals, batches and streams (`scipy.signal.welch`, `csd`, `coherence` are the reference).
//!
//! A segment is detrended, weighted, zero-padded to `n_fft` and transformed; `|X|²` is averaged over the segments and
//! scaled. Samples that do not fill a last segment are not used.

mod accumulator;
mod average;
mod batch;
mod chi2;
mod confidence;
mod cross;
mod cross_accumulator;
mod fast;
mod framer;
mod functions;
mod kernel;
mod layout;
mod long;
mod matrix;
mod matrix_accumulator;
mod matrix_sums;
mod median;
mod pair;
mod paired;
mod params;
pub mod peaks;
mod plan;
mod psd;
mod segment;
mod spectra;
mod state;
mod stored;
mod stream;
mod sums;

pub use accumulator::WelchAccumulator;
pub use confidence::{confidence_interval, effective_segments};
pub use cross::{Coherence, CrossSpectrum, Csd, CsdScratch, coherence, coherence_with, csd, csd_with};
pub use cross_accumulator::CsdAccumulator;
pub use functions::{periodogram, welch, welch_with};
pub use long::WelchStream;
pub use matrix::{CrossMatrix, cross_spectral_matrix};
pub use matrix_accumulator::CrossMatrixAccumulator;
pub use params::PsdParams;
pub use plan::{Welch, WelchScratch};
pub use psd::{Coverage, FreqPeak, Psd, PsdBatch};
pub use spectra::SegmentSpectra;
pub use state::AccumulatorState;
pub use stored::StoredAverage;
pub use sums::WelchSums;
