//! Straightforward `f64` twins of the fast code, written independently of it; for tests.

pub mod find_peaks;
pub mod mel;
pub mod stft;
