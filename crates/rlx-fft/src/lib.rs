//! The facade of `rlx-fft`.
