//! Where the picker looks for devices: the machine itself, or what a test makes up.

use rlx_compile::cost::{Calibration, HostId};
use rlx_runtime::calibrate::{self, Stored};
use rlx_runtime::{Device, DeviceInfo, Session, SessionOptions, devices};

use super::LOG_TARGET;
use super::settings::CalibrationSource;
use crate::error::{Error, Result};

/// What there is to run on, and what is known of its costs.
pub(super) trait Machine {
    /// Devices with a bus, in the order of preference. Software adapters among them are not looked at.
    fn gpus(&self) -> Vec<DeviceInfo>;

    /// Opens a device.
    fn open(&self, device: &Device, options: SessionOptions) -> Result<Session>;

    /// The calibration of a host that was kept, or a probe. The work is predicted to take the CPU `work_ns` with shipped
    /// values.
    fn load(&self, host: &HostId, work_ns: f64) -> Stored;

    /// Probes a device that was opened and of which nothing is kept, and keeps what it finds.
    fn probe(&self, device: &Device);
}

/// This machine.
pub(super) struct Here;

impl Machine for Here {
    fn gpus(&self) -> Vec<DeviceInfo> {
        devices().into_iter().filter(|d| d.class.has_bus()).collect()
    }

    fn open(&self, device: &Device, options: SessionOptions) -> Result<Session> {
        Ok(Session::with_options(device, options)?)
    }

    fn load(&self, host: &HostId, work_ns: f64) -> Stored {
        calibrate::load_or_probe(host, work_ns)
    }

    fn probe(&self, device: &Device) {
        let open = |threads| Session::with_options(device, SessionOptions::default().threads(threads));
        if let Err(error) = calibrate::probe_device(open) {
            log::debug!(target: LOG_TARGET, "no probe of {device}: {error}");
        }
    }
}

/// The calibration to predict with, and why a stored one is not it.
pub(super) fn calibration(
    source: &CalibrationSource<'_>,
    machine: &dyn Machine,
    info: &DeviceInfo,
    work_ns: f64,
) -> Result<(Option<Calibration>, Option<String>)> {
    match source {
        CalibrationSource::Shipped => Ok((None, None)),
        CalibrationSource::Given(records) => {
            let host = info.host_id();
            let of_class = |r: &&Calibration| r.host.class == host.class;
            let holds = |r: &&Calibration| r.matches(&host).is_ok();
            let record = records.iter().find(holds).or_else(|| records.iter().find(of_class));
            if let Some(Err(mismatch)) = record.map(|r| r.matches(&host)) {
                return Err(Error::argument("calibration", mismatch.to_string()));
            }
            Ok((record.cloned(), None))
        }
        CalibrationSource::Cache => Ok(match machine.load(&info.host_id(), work_ns) {
            Stored::Found(record) => (Some(*record), None),
            Stored::None => (None, None),
            Stored::Ignored { path, reason } => (None, Some(format!("{}: {reason}", path.display()))),
        }),
    }
}
