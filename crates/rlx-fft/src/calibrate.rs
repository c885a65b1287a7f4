//! The library part of `rlx-fft calibrate`.

use std::path::PathBuf;

use rlx_compile::cost::Calibration;
use rlx_runtime::Device;
use rlx_runtime::calibrate::{CalibrateOptions, calibrate_cpu, store};
use serde::Serialize;

use crate::error::{Error, Result};

/// A calibration that was made and kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibrated {
    /// The device.
    pub device: String,
    /// Its file.
    pub path: PathBuf,
    /// Seconds that it took.
    pub seconds: f64,
    /// What was measured.
    pub calibration: Calibration,
}

/// Measures a device (`None`: `auto`) and keeps the result in the user's cache. `progress` hears the share that is
/// done, 0 … 1.
///
/// # Errors
/// An unknown or absent device; what a kernel refuses; a cache directory that cannot be written.
pub fn calibrate(device: Option<&str>, progress: impl FnMut(f64)) -> Result<Calibrated> {
    let (info, calibration, seconds) = measure(device, progress)?;
    let path = store(&calibration)?;
    Ok(Calibrated { device: info, path, seconds, calibration })
}

/// The same without keeping it: device, record, seconds.
///
/// # Errors
/// As [`calibrate`].
pub fn measure(device: Option<&str>, progress: impl FnMut(f64)) -> Result<(String, Calibration, f64)> {
    let info = device.unwrap_or("auto").parse::<Device>()?.resolve()?;
    if info.class.has_bus() {
        return Err(Error::argument("device", format!("{} has no calibration in this build", info.id)));
    }
    let start = std::time::Instant::now();
    let calibration = calibrate_cpu(&CalibrateOptions::default(), progress)?;
    Ok((info.id, calibration, start.elapsed().as_secs_f64()))
}
