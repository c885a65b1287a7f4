//! Discovery of NVIDIA devices.

use std::sync::OnceLock;

use rlx_compile::DeviceClass;

use super::driver::{Context, device_count, driver, package_version};
use super::nvrtc::nvrtc;
use crate::device::{CudaSelect, DeviceInfo, cpu_info};

/// A device, before it is opened.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) info: DeviceInfo,
    /// The driver's index.
    pub(super) index: usize,
}

/// Returns every device that can be opened, or why there are none. The driver is queried once per process.
pub(super) fn found() -> Result<&'static [Found], String> {
    static FOUND: OnceLock<Result<Vec<Found>, String>> = OnceLock::new();
    FOUND.get_or_init(look).as_deref().map_err(Clone::clone)
}

fn look() -> Result<Vec<Found>, String> {
    let version = driver()?;
    let count = device_count()?;
    if count == 0 {
        return Err("NVIDIA's driver is here, and shows no device (CUDA_VISIBLE_DEVICES hides those it does not name)"
            .to_owned());
    }
    // Without a compiler no kernel can be built; report that here rather than at the first plan.
    nvrtc()?;
    let driver_text = match package_version() {
        Some(package) => format!("{package} (CUDA {version})"),
        None => format!("CUDA {version}"),
    };
    let host = cpu_info();
    (0..count)
        .map(|index| {
            let (name, memory, arch) = Context::describe_device(index)?;
            let info = DeviceInfo {
                id: format!("cuda:{index}"),
                class: DeviceClass::Cuda,
                name,
                driver: driver_text.clone(),
                isa: format!("{}, sm_{arch}", host.isa),
                memory_bytes: Some(memory as u64),
                ..host.clone()
            };
            Ok(Found { info, index })
        })
        .collect()
}

/// Returns the devices that a selection stands for.
pub(super) fn selected(select: CudaSelect) -> Result<&'static [Found], String> {
    let found = found()?;
    match select {
        CudaSelect::First => Ok(&found[..1]),
        CudaSelect::All => Ok(found),
        CudaSelect::Index(index) => found.get(index..=index).ok_or_else(|| {
            let ids: Vec<&str> = found.iter().map(|f| f.info.id.as_str()).collect();
            format!("there is no such device; NVIDIA's driver shows {}", ids.join(", "))
        }),
    }
}

/// Describes a selection: for several devices, the names of the first and their number.
pub(super) fn info(select: CudaSelect) -> Result<DeviceInfo, String> {
    let devices = selected(select)?;
    let first = &devices[0].info;
    if select != CudaSelect::All {
        return Ok(first.clone());
    }
    let memory = devices.iter().map(|d| d.info.memory_bytes.unwrap_or(0)).sum();
    Ok(DeviceInfo {
        id: "cuda:all".to_owned(),
        name: format!("{} × {}", devices.len(), first.name),
        memory_bytes: Some(memory),
        ..first.clone()
    })
}
