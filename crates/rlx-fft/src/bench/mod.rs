//! The benchmarks of the program as functions that return reports (feature `dev`). They print nothing.

pub mod e2e;
pub mod fusion_phases;
pub mod max_batch;
pub mod picker;
pub mod report;
pub mod sweep;
mod target;
pub mod welch_peaks;
