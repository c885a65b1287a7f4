//! The benches of the program as functions (feature `dev`): they measure and return reports, and print nothing.

pub mod e2e;
pub mod fusion_phases;
pub mod max_batch;
pub mod picker;
pub mod report;
pub mod welch_peaks;
