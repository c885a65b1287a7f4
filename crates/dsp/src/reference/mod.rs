//! Straightforward f64 reference implementations, used for testing.
//!
//! Written from the definitions and not from the fast code: they share only the windows, and use no plans, no reuse
//! of buffers and `O(N²)` transforms.

pub mod dft;
pub mod find_peaks;
pub mod mel;
pub mod peak;
pub mod stft;
pub mod welch;
