//! The library part of `rlx-fft calibrate`.

use std::path::PathBuf;

use rlx_compile::cost::Calibration;
use rlx_runtime::calibrate::{CalibrateOptions, calibrate_cpu, calibrate_device, load, store};
use rlx_runtime::{Device, Session, SessionOptions, devices};
use serde::Serialize;

use crate::error::Result;

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

/// The devices that a name asks to be measured, in order. `all` is every device that is here but software adapters; a
/// device with a bus brings the CPU along where that has no calibration yet, because the strategies of the host are
/// compared with it.
///
/// # Errors
/// An unknown or absent device.
pub fn devices_to_calibrate(name: &str) -> Result<Vec<String>> {
    if name.trim().eq_ignore_ascii_case("all") {
        return Ok(devices().into_iter().filter(|d| !d.software).map(|d| d.id).collect());
    }
    let info = name.parse::<Device>()?.resolve()?;
    let cpu = Device::Cpu.resolve()?;
    let with_cpu = info.class.has_bus() && load(&cpu.host_id()).calibration().is_none();
    Ok(with_cpu.then_some(cpu.id).into_iter().chain([info.id]).collect())
}

/// The same without keeping it: device, record, seconds.
///
/// # Errors
/// As [`calibrate`].
pub fn measure(device: Option<&str>, progress: impl FnMut(f64)) -> Result<(String, Calibration, f64)> {
    let device = device.unwrap_or("auto").parse::<Device>()?;
    let start = std::time::Instant::now();
    let info = device.resolve()?;
    let calibration = if info.class.has_bus() {
        let session = Session::with_options(&device, SessionOptions::default())?;
        calibrate_device(&session, &CalibrateOptions::device(), progress)?
    } else {
        calibrate_cpu(&CalibrateOptions::default(), progress)?
    };
    Ok((info.id, calibration, start.elapsed().as_secs_f64()))
}
