//! Calibration: what this machine takes for each strategy and each cost, and where that is kept.
//!
//! A calibration is a [`Calibration`](rlx_compile::cost::Calibration) record in the user's cache directory, one file
//! a device; it is used only where device, driver, ISA, threads and program version are the same. Until a user has made
//! one, a probe of some 50 ms stands in for it ([`load_or_probe`]).

mod clock;
mod coefficients;
mod device;
mod device_coefficients;
mod measure;
mod probe;
mod store;

pub use clock::{Spread, interleaved, spread};
pub use device::calibrate_device;
pub use measure::{CalibrateOptions, calibrate_cpu, test_signal};
pub use probe::{PROBE_NS, load_or_probe, probe_device, probe_enabled};
pub use store::{Stored, cache_dir, calibration_path, load, load_from, store, store_in};
