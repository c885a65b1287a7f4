//! The `rlx-fft` program.
fn main() {}
