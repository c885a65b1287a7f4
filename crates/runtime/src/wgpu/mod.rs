//! wgpu: every GPU that speaks Vulkan, Metal or Direct3D 12.
//!
//! A plan's device part becomes kernels over buffers of a few rows each (chunks), which move through a ring of staging
//! buffers: while one chunk is copied in, another is computed and a third copied back. `blueprint` is pure: what a
//! kernel's text and tables are, tested without an adapter. Shaders are the files of `kernels/*.wgsl`.

mod adapters;
mod backend;
mod blueprint;
mod buffer;
mod design;
mod device;
mod flow;
mod gpu;
mod kernel;
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

/// Adapters that can be opened, or why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Ok(adapters::all()?.iter().map(|a| a.info.clone()).collect())
}

/// The adapter that a name stands for, or why it is not there.
pub(crate) fn find(api: WgpuApi, select: &WgpuSelect) -> Result<DeviceInfo, String> {
    Ok(adapters::select(api, select)?.info.clone())
}

/// Opens it, or says why it cannot be.
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
