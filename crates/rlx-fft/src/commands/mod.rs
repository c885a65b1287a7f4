//! The commands, one a file: checked arguments in, an outcome out.

pub(crate) mod bench_welch_peaks;
pub(crate) mod coherence;
pub(crate) mod completions;
pub(crate) mod info;
pub(crate) mod man;
pub(crate) mod mel;
pub(crate) mod peaks;
pub(crate) mod psd;
pub(crate) mod setup;
pub(crate) mod spectrogram;
