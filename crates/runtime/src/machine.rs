//! The devices of this machine: the CPU and those that the backends find.
//!
//! Names and descriptions ([`device`](crate::device)) are below the backends, which are independent of each other;
//! this module is above them.

use crate::device::{AbsentDevice, CudaSelect, Device, DeviceInfo, WgpuApi, WgpuSelect, cpu_info};
use crate::error::{Error, Result};
use crate::{cuda, wgpu};

/// Returns every device that can be opened, the CPU first. Drivers are asked once per process.
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

/// Returns the names of the available devices, for messages.
fn available() -> String {
    devices().iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns the error for a known device that is absent.
pub(crate) fn absent(device: &Device, reason: String) -> Error {
    Error::AbsentDevice { name: device.to_string(), reason, available: available() }
}

impl Device {
    /// Parses a name, as [`FromStr`](std::str::FromStr) does; the error for an unknown name lists the devices of this
    /// machine.
    ///
    /// # Errors
    /// [`Error::UnknownDevice`] with the available devices.
    pub fn named(name: &str) -> Result<Self> {
        name.parse().map_err(|error| match error {
            Error::UnknownDevice { name, .. } => {
                Error::UnknownDevice { name, known: format!("this machine has {}", available()) }
            }
            other => other,
        })
    }

    /// Returns the device of this name on this machine. `auto` is the CPU, because no work is given;
    /// [`select`](crate::select) compares predicted times.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] with the available devices.
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
                // A software adapter does not count as a GPU; it must be named explicitly.
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
    fn an_unknown_name_lists_what_there_is() {
        let error = Device::named("tpu").unwrap_err();
        assert!(error.to_string().contains("\"tpu\" is unknown; this machine has cpu"), "{error}");
        assert_eq!(Device::named("cpu").unwrap(), Device::Cpu);
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
