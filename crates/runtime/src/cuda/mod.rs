//! NVIDIA devices through the driver API, which is loaded at run time, so that the same build starts on machines
//! without them.
//!
//! `driver` contains the handles, `nvrtc` the compiler and its cache; `blueprint` describes, as plain data, which
//! kernel runs a plan's ops and how; `lower` turns a plan into loaded kernels in order (`chain`), and `stage`
//! transfers data to and from them.
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

/// Lists the devices that can be opened, or returns why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Ok(discovery::found()?.iter().map(|f| f.info.clone()).collect())
}

/// Returns the device that a name stands for, or why it is absent.
pub(crate) fn find(select: CudaSelect) -> Result<DeviceInfo, String> {
    discovery::info(select)
}

/// Opens a device, or returns why it cannot be opened.
pub(crate) fn open(select: CudaSelect, options: SessionOptions) -> Result<Box<dyn Backend>, String> {
    let opened = backend::CudaBackend::open(select, options);
    Ok(Box::new(opened.map_err(|error| error.to_string())?))
}
