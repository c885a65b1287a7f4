//! The commands, one per file: each takes validated arguments and returns an outcome.

pub(crate) mod ablation;
pub(crate) mod bench_e2e;
pub(crate) mod bench_fusion_phases;
pub(crate) mod bench_picker;
pub(crate) mod bench_sweep;
pub(crate) mod bench_welch_peaks;
pub(crate) mod calibrate;
pub(crate) mod coherence;
mod column_sink;
pub(crate) mod compare_rigs;
pub(crate) mod completions;
mod curves;
pub(crate) mod devices;
pub(crate) mod eval;
pub(crate) mod fit;
pub(crate) mod info;
pub(crate) mod learned;
#[cfg(feature = "live")]
pub(crate) mod live;
pub(crate) mod man;
pub(crate) mod max_batch;
pub(crate) mod mel;
mod mel_sink;
pub(crate) mod peaks;
pub(crate) mod per_signal;
pub(crate) mod psd;
pub(crate) mod report;
pub(crate) mod roundtrip;
pub(crate) mod setup;
mod shrunk;
pub(crate) mod spectrogram;
pub(crate) mod sql;
pub(crate) mod train;
pub(crate) mod train_e2e;
mod train_pairs;
#[cfg(feature = "view")]
pub(crate) mod view;
