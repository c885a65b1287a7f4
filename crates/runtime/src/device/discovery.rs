//! What this machine has.

use std::collections::BTreeMap;

use rlx_compile::DeviceClass;
use rlx_compile::cost::HostId;
use serde::Serialize;

use super::cpu_info;
use super::name::{CudaSelect, Device, WgpuApi, WgpuSelect};
use crate::error::{Error, Result};
use crate::{cuda, wgpu};

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

/// Every device that can be opened, the CPU first. Drivers are asked once a process.
pub fn devices() -> Vec<DeviceInfo> {
    let gpus = [cuda::discover(), wgpu::discover()];
    std::iter::once(cpu_info()).chain(gpus.into_iter().flatten().flatten()).collect()
}

/// Known devices that cannot be opened.
pub fn absent_devices() -> Vec<AbsentDevice> {
    let known = [
        ("cuda", Device::Cuda(CudaSelect::First)),
        ("wgpu", Device::Wgpu(WgpuSelect::Preferred)),
        ("vulkan", Device::Vulkan),
        ("metal", Device::Metal),
        ("dx12", Device::Dx12),
    ];
    let reason = |device: &Device| device.find().err();
    known.into_iter().filter_map(|(id, device)| Some(AbsentDevice { id, reason: reason(&device)? })).collect()
}

/// Names of what there is, for messages.
pub(super) fn available() -> String {
    devices().iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The error of a device that is known and not there.
pub(crate) fn absent(device: &Device, reason: String) -> Error {
    Error::AbsentDevice { name: device.to_string(), reason, available: available() }
}

impl Device {
    /// The device that this name stands for here. `auto` is the CPU: who compares predicted times knows better.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] with what there is.
    pub fn resolve(&self) -> Result<DeviceInfo> {
        self.find().map_err(|reason| absent(self, reason))
    }

    fn find(&self) -> std::result::Result<DeviceInfo, String> {
        match self {
            Self::Auto | Self::Cpu => Ok(cpu_info()),
            Self::Cuda(select) => cuda::find(*select),
            Self::Wgpu(select) => wgpu::find(WgpuApi::Any, select),
            Self::Vulkan => wgpu::find(WgpuApi::Vulkan, &WgpuSelect::Preferred),
            Self::Metal => wgpu::find(WgpuApi::Metal, &WgpuSelect::Preferred),
            Self::Dx12 => wgpu::find(WgpuApi::Dx12, &WgpuSelect::Preferred),
            Self::Gpu => cuda::find(CudaSelect::First).or_else(|cuda| {
                // A software adapter is no GPU: who wants one names it.
                match wgpu::find(WgpuApi::Any, &WgpuSelect::Preferred) {
                    Ok(info) if !info.software => Ok(info),
                    Ok(info) => Err(format!("cuda: {cuda}; wgpu: only the software adapter {}", info.name)),
                    Err(wgpu) => Err(format!("cuda: {cuda}; wgpu: {wgpu}")),
                }
            }),
        }
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
