//! wgpu: every GPU with Vulkan, Metal or Direct3D 12.
//!
//! A plan's device part becomes kernels over buffers of a few rows each (chunks), which pass through a ring of
//! staging buffers: while one chunk is copied in, another is computed and a third is copied back. `blueprint` builds
//! the text and tables of kernels as plain data and is tested without an adapter. Shaders are the files of
//! `kernels/*.wgsl`.

mod adapters;
mod backend;
mod blueprint;
mod buffer;
mod cross;
mod design;
mod device;
mod flow;
mod gpu;
mod kernel;
mod limb_psd;
mod lower;
mod program;
mod resident;
mod slot;
mod timing;
mod transfer;

use std::sync::Arc;

pub use backend::WgpuBackend;
pub use buffer::{SampleValue, WgpuBuffer};
pub use device::{WgpuCommands, WgpuDevice};
pub(crate) use program::WgpuProgram;

use crate::device::{DeviceInfo, WgpuApi, WgpuSelect};
use crate::session::{Backend, SessionOptions};

/// Lists the adapters that can be opened, or returns why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Ok(adapters::all()?.iter().map(|a| a.info.clone()).collect())
}

/// Returns the adapter that a name stands for, or why it is absent.
pub(crate) fn find(api: WgpuApi, select: &WgpuSelect) -> Result<DeviceInfo, String> {
    Ok(adapters::select(api, select)?.info.clone())
}

/// Opens an adapter, or returns why it cannot be opened.
pub(crate) fn open(
    api: WgpuApi,
    select: &WgpuSelect,
    options: SessionOptions,
) -> Result<Box<dyn Backend>, String> {
    let found = adapters::select(api, select)?;
    let gpu = gpu::Gpu::open(found)?;
    Ok(Box::new(WgpuBackend::new(Arc::clone(&gpu), found.info.clone(), options)?))
}

#[cfg(test)]
mod tests;
