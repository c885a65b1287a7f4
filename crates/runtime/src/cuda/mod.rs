//! NVIDIA devices through the driver API: loaded at run time, so that a build with them starts on machines without.
//!
//! `driver` has the handles, `nvrtc` the compiler and its cache; `blueprint` says, in plain data, which kernel runs a
//! plan's ops and how.

mod discovery;
pub(crate) mod driver;
mod nvrtc;

use crate::device::{CudaSelect, DeviceInfo};
use crate::session::{Backend, SessionOptions};

pub use driver::PinnedBuffer;

/// Devices that can be opened, or why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Ok(discovery::found()?.iter().map(|f| f.info.clone()).collect())
}

/// The device that a name stands for, or why it is not there.
pub(crate) fn find(select: CudaSelect) -> Result<DeviceInfo, String> {
    discovery::info(select)
}

/// Opens it, or says why it cannot be.
pub(crate) fn open(_select: CudaSelect, _options: SessionOptions) -> Result<Box<dyn Backend>, String> {
    Err("wip".to_owned())
}
