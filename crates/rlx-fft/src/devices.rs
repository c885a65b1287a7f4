//! The library part of `rlx-fft devices`: present devices, absent devices with reasons, and calibrations.

use rlx_compile::BackendCostModel;
use rlx_runtime::calibrate::{Stored, load};
use rlx_runtime::device::AbsentDevice;
use rlx_runtime::{Device, DeviceInfo, absent_devices, devices as present};
use serde::Serialize;

use crate::error::Result;

/// A device and its calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceRow {
    /// The device.
    #[serde(flatten)]
    pub info: DeviceInfo,
    /// `measured`, `probed`, `shipped`, or `ignored: …` with the reason.
    pub calibration: String,
    /// When it was measured, in seconds since 1970.
    pub calibrated_unix_time: Option<u64>,
    /// Number of measured times.
    pub samples: usize,
    /// The coefficients that predictions use.
    pub model: BackendCostModel,
}

/// A device as requested from a bench or command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedDevice {
    /// The name.
    pub name: String,
    /// Its name in rows of reports: `cuda` for `cuda:1`; for `gpu`, the present GPU.
    pub label: String,
    /// Its properties, if it is present.
    pub info: Option<DeviceInfo>,
    /// Why it is absent; `None` if it is present.
    pub missing: Option<String>,
}

impl AskedDevice {
    /// Looks for the device of this name.
    ///
    /// # Errors
    /// An unknown name, with the known names.
    pub fn find(name: &str) -> Result<Self> {
        let device = Device::named(name)?;
        let found = device.resolve();
        let label = match (&device, &found) {
            (Device::Gpu, Ok(info)) => info.class.to_string(),
            _ => device.kind().to_owned(),
        };
        let (info, missing) = match found {
            Ok(info) => (Some(info), None),
            Err(absent) => (None, Some(absent.to_string())),
        };
        Ok(Self { name: name.to_owned(), label, info, missing })
    }

    /// Returns its name if it is present; otherwise that of the CPU, which replaces it.
    pub fn or_cpu(&self) -> &str {
        if self.missing.is_some() { "cpu" } else { &self.name }
    }
}

/// All known devices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DevicesReport {
    /// Present devices, the CPU first.
    pub devices: Vec<DeviceRow>,
    /// Absent devices.
    pub absent: Vec<AbsentDevice>,
}

/// Lists devices and their calibrations. Measures nothing.
pub fn devices() -> DevicesReport {
    let row = |info: DeviceInfo| {
        let stored = load(&info.host_id());
        let model = stored.calibration().map_or(BackendCostModel::shipped(info.class), |c| c.model);
        let (calibration, calibrated_unix_time, samples) = match &stored {
            Stored::Found(record) => {
                (record.source.label().to_owned(), Some(record.unix_time), record.samples.len())
            }
            Stored::None => ("shipped".to_owned(), None, 0),
            Stored::Ignored { path, reason } => (format!("ignored: {}: {reason}", path.display()), None, 0),
        };
        DeviceRow { info, calibration, calibrated_unix_time, samples, model }
    };
    DevicesReport { devices: present().into_iter().map(row).collect(), absent: absent_devices() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_listed_first_and_the_report_is_json() {
        let report = devices();
        assert_eq!(report.devices[0].info.id, "cpu");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["devices"][0]["id"], "cpu");
        assert!(json["absent"].as_array().unwrap().iter().all(|a| a["reason"].is_string()));
    }
}
