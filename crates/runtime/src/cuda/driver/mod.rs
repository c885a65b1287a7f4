//! The CUDA driver behind owned handles: the return code of every call is checked, every handle is freed once.
//!
//! Handles belong to a [`Context`]; any thread may use them after [`Context::bind`], which each method calls.

mod context;
mod event;
mod graph;
mod library;
mod memory;
mod module;
mod numa;
mod stream;

use std::ffi::CStr;

use cudarc::driver::sys;

pub(crate) use context::{Context, device_count, leaving_current};
pub(crate) use event::Event;
pub(crate) use graph::{Graph, while_recording};
pub(crate) use library::{CudaVersion, driver, package_version};
pub(crate) use memory::{DeviceMemory, PinnedMemory, is_pinned};
pub use memory::{PinnedBuffer, PinnedValue};
pub(crate) use module::{Function, Launch, Module};
pub(crate) use stream::Stream;

/// Returns the name and meaning of a driver's return code.
pub(crate) fn describe(code: sys::CUresult) -> String {
    let text = |ask: unsafe fn(sys::CUresult, *mut *const std::ffi::c_char) -> sys::CUresult| {
        let mut at = std::ptr::null();
        // SAFETY: `at` outlives the call, which sets it to a constant string of the driver or to null.
        let known = unsafe { ask(code, &mut at) } == sys::CUresult::CUDA_SUCCESS && !at.is_null();
        // SAFETY: not null, and a NUL-terminated constant by the driver's contract.
        known.then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
    };
    match (text(sys::cuGetErrorName), text(sys::cuGetErrorString)) {
        (Some(name), Some(meaning)) => format!("{name}: {meaning}"),
        (Some(name), None) => name,
        _ => format!("code {}", code as u32),
    }
}
