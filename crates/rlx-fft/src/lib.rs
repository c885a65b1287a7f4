//! The facade of `rlx-fft`: batched spectral peaks, Welch spectra, spectrograms and log-mel.
//!
//! The mathematics is in [`dsp`], readers and writers of signals and results are in [`io`].

pub use rlx_dsp as dsp;
pub use rlx_io as io;

#[cfg(feature = "cli")]
pub mod bench_welch_peaks;
