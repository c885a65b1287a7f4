//! What this machine has.

use rlx_compile::DeviceClass;
use rlx_compile::cost::HostId;
use serde::Serialize;

use super::cpu_info;
use super::name::{CudaSelect, Device};
use crate::error::{Error, Result};

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
    pub reason: &'static str,
}

/// Every device that can be opened, the CPU first.
pub fn devices() -> Vec<DeviceInfo> {
    vec![cpu_info()]
}

/// Known devices that cannot be opened.
pub fn absent_devices() -> Vec<AbsentDevice> {
    ["cuda", "wgpu", "vulkan", "metal", "dx12"]
        .into_iter()
        .map(|id| AbsentDevice { id, reason: reason(id) })
        .collect()
}

fn reason(_id: &str) -> &'static str {
    "this build has no support for it"
}

/// Names of what there is, for messages.
pub(super) fn available() -> String {
    devices().iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ")
}

impl Device {
    /// The device that this name stands for here. `auto` is the CPU until a measured device beats it.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] with what there is.
    pub fn resolve(&self) -> Result<DeviceInfo> {
        let class = match self {
            Self::Auto | Self::Cpu => return Ok(cpu_info()),
            Self::Cuda(CudaSelect::First | CudaSelect::Index(_) | CudaSelect::All) => "cuda",
            Self::Gpu => "gpu",
            Self::Wgpu(_) => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Dx12 => "dx12",
        };
        Err(Error::AbsentDevice {
            name: self.to_string(),
            reason: reason(class).to_owned(),
            available: available(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_there_and_auto_finds_it() {
        let cpu = Device::Cpu.resolve().unwrap();
        assert_eq!(cpu.id, "cpu");
        assert!(cpu.threads >= 1 && !cpu.name.is_empty() && !cpu.isa.is_empty());
        assert_eq!(Device::Auto.resolve().unwrap(), cpu);
        assert!(devices().contains(&cpu));
    }

    #[test]
    fn what_is_not_there_says_so_and_lists_what_is() {
        let present: Vec<String> = devices().into_iter().map(|d| d.id).collect();
        for absent in absent_devices() {
            let error = absent.id.parse::<Device>().unwrap().resolve().unwrap_err().to_string();
            assert!(error.contains(absent.id) && error.contains(&present.join(", ")), "{error}");
        }
    }
}
