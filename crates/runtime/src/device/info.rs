//! Properties of a device that are known before it is opened.

use std::collections::BTreeMap;

use rlx_compile::DeviceClass;
use rlx_compile::cost::HostId;
use serde::Serialize;

/// A present device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// The name under which it is opened again: `cpu`, `cuda:0`, ….
    pub id: String,
    /// Kind of device.
    pub class: DeviceClass,
    /// Name reported by its driver (for the CPU, the name of the processor).
    pub name: String,
    /// Version of the driver; empty for the CPU.
    pub driver: String,
    /// Instruction set of the host's kernels.
    pub isa: String,
    /// Threads of the host.
    pub threads: usize,
    /// Memory in bytes; `None` if unknown.
    pub memory_bytes: Option<u64>,
    /// Whether the adapter is emulated on the CPU; `auto` never selects it.
    pub software: bool,
    /// Limits of its programming interface for kernels, by name; empty if there are none.
    pub limits: BTreeMap<&'static str, u64>,
}

impl DeviceInfo {
    /// Returns the identity for which a calibration of this device is valid.
    pub fn host_id(&self) -> HostId {
        HostId {
            class: self.class,
            device: self.name.clone(),
            driver: self.driver.clone(),
            isa: self.isa.clone(),
            threads: self.threads,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A known device that is absent, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsentDevice {
    /// Its name.
    pub id: &'static str,
    /// The part that is missing in this build or on this machine.
    pub reason: String,
}
