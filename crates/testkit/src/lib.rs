//! Shared test code of rlx-fft. Not published.
//!
//! - [`Noise`], [`noise`] and [`tone_in_noise`]: one seeded generator of test signals.
//! - [`relative_l2`], [`tolerance`], [`assert_close`]: how results are compared with an f64 reference.
//! - `device_tests` (feature `devices`): tests that run once per device of the machine. A test whose device is absent is
//!   reported as `ignored` with the reason, and fails where `RLX_REQUIRE_DEVICE` names that device.
//! - `fake` (feature `devices`): backends that pose as a device and run on the CPU.
//!
//! Unit tests inside a crate cannot decide at run time that they are ignored. Those that need a device or a compiler are
//! marked `#[ignore = "needs …"]`, and fail when they are run (`cargo test -- --ignored`) where it is absent.

mod compare;
#[cfg(feature = "devices")]
pub mod fake;
#[cfg(feature = "devices")]
pub mod harness;
mod noise;

pub use compare::{assert_close, relative_l2, tolerance};
pub use noise::{Noise, noise, tone_in_noise};
