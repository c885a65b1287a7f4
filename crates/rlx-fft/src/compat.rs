//! Names of the specification as re-exports. Nothing is defined here.

#[cfg(feature = "dev")]
pub use crate::bench::{
    e2e as bench_e2e, fusion_phases as bench_fusion_phases, max_batch, picker as bench_picker, report,
    sweep as bench_sweep, welch_peaks as bench_welch_peaks,
};
pub use rlx_compile::{IoFusionGate, SelectPeaksOnlyOutputs};

/// Packed peaks of batches of rows: parameters and plans.
pub use rlx_dsp::welch::peaks as peak;
