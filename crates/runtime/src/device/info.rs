//! What a device is, as far as it is known before it is opened.

use std::collections::BTreeMap;

use rlx_compile::DeviceClass;
use rlx_compile::cost::HostId;
use serde::Serialize;

/// A device that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// The name under which it is opened again: `cpu`, `cuda:0`, ….
    pub id: String,
    /// Kind of device.
    pub class: DeviceClass,
    /// Name as its driver gives it (the processor's, for the CPU).
    pub name: String,
    /// Version of the driver; empty for the CPU.
    pub driver: String,
    /// Instruction set of the host's kernels.
    pub isa: String,
    /// Threads of the host.
    pub threads: usize,
    /// Memory in bytes; `None` when not known.
    pub memory_bytes: Option<u64>,
    /// An adapter that runs on the processor; `auto` never takes it.
    pub software: bool,
    /// Limits of its interface that kernels must keep to, by the interface's names; none where there is no such thing.
    pub limits: BTreeMap<&'static str, u64>,
}

impl DeviceInfo {
    /// For which machine a calibration of this device holds.
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

/// A known device that is not there, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsentDevice {
    /// Its name.
    pub id: &'static str,
    /// What this build or this machine lacks.
    pub reason: String,
}
