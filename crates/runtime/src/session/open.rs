//! Opens the backend of a device.

use super::backend::Backend;
use super::options::SessionOptions;
use crate::cpu::CpuBackend;
use crate::device::{CudaSelect, Device, WgpuApi, WgpuSelect};
use crate::error::Result;
use crate::machine::absent;
use crate::{cuda, wgpu};

/// Opens a device; `auto` is the CPU here.
pub(super) fn open(device: &Device, options: SessionOptions) -> Result<Box<dyn Backend>> {
    let preferred = &WgpuSelect::Preferred;
    let opened = match device {
        Device::Auto | Device::Cpu => return Ok(Box::new(CpuBackend::new(device.resolve()?, options)?)),
        Device::Cuda(select) => cuda::open(*select, options),
        Device::Wgpu(select) => wgpu::open(WgpuApi::Any, select, options),
        Device::Vulkan => wgpu::open(WgpuApi::Vulkan, preferred, options),
        Device::Metal => wgpu::open(WgpuApi::Metal, preferred, options),
        Device::Dx12 => wgpu::open(WgpuApi::Dx12, preferred, options),
        Device::Gpu => match device.resolve()?.class {
            rlx_compile::DeviceClass::Cuda => cuda::open(CudaSelect::First, options),
            _ => wgpu::open(WgpuApi::Any, preferred, options),
        },
    };
    opened.map_err(|reason| absent(device, reason))
}
