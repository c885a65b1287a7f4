//! Calibration: measures the strategies and cost coefficients of this machine, and stores them.
//!
//! A calibration is a [`Calibration`](rlx_compile::cost::Calibration) record in the user's cache directory, one file
//! per device; it is used only if device, driver, ISA, threads and program version are equal.

mod clock;
mod coefficients;
mod device;
mod device_coefficients;
mod measure;
mod store;

pub use clock::{Spread, interleaved, spread};
pub use device::calibrate_device;
pub use measure::{CalibrateOptions, calibrate_cpu, test_signal};
pub use store::{Stored, cache_dir, calibration_path, load, load_from, store, store_in};
