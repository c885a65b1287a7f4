//! NVIDIA devices through the driver API: loaded at run time, so that a build with them starts on machines without.
//!
//! `driver` has the handles, `nvrtc` the compiler and its cache; `blueprint` says, in plain data, which kernel runs a
//! plan's ops and how; `lower` goes from a plan to loaded kernels in order (`chain`), and `stage` moves data past them.
//!
//! Callers who keep data on the device use [`CudaDevice`]: buffers, streams, recorded graphs, pinned memory.

mod backend;
pub mod blueprint;
mod chain;
mod device;
mod discovery;
pub(crate) mod driver;
mod lower;
mod nvrtc;
mod program;
mod scratch;
mod stage;

use crate::device::{CudaSelect, DeviceInfo};
use crate::session::{Backend, SessionOptions};

pub use device::{CudaDevice, CudaGraph, CudaStream, DeviceBuffer, leaving_current};
pub use driver::{PinnedBuffer, PinnedValue};
pub(crate) use program::DeviceProgram;

/// Devices that can be opened, or why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Ok(discovery::found()?.iter().map(|f| f.info.clone()).collect())
}

/// The device that a name stands for, or why it is not there.
pub(crate) fn find(select: CudaSelect) -> Result<DeviceInfo, String> {
    discovery::info(select)
}

/// Opens it, or says why it cannot be.
pub(crate) fn open(select: CudaSelect, options: SessionOptions) -> Result<Box<dyn Backend>, String> {
    let opened = backend::CudaBackend::open(select, options);
    Ok(Box::new(opened.map_err(|error| error.to_string())?))
}
