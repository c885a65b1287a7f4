//! Plain f64 twins of the fast paths, for tests and for those who doubt.
//!
//! Written from the definitions and not from the fast code: no shared helper but the windows, no plan, no
//! reuse of buffers, `O(N²)` transforms.

pub mod dft;
pub mod find_peaks;
pub mod mel;
pub mod peak;
pub mod stft;
pub mod welch;
