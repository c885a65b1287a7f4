//! Stand-in for CUDA in a build without the feature `cuda`: the same names; each function reports that the feature is
//! missing.

use crate::device::{CudaSelect, DeviceInfo};
use crate::session::{Backend, SessionOptions};

const REASON: &str = "this build does not have the feature `cuda`";

/// Lists the devices that can be opened, or returns why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Err(REASON.to_owned())
}

/// Returns the device that a name stands for, or why it is absent.
pub(crate) fn find(_select: CudaSelect) -> Result<DeviceInfo, String> {
    Err(REASON.to_owned())
}

/// Opens a device, or returns why it cannot be opened.
pub(crate) fn open(_select: CudaSelect, _options: SessionOptions) -> Result<Box<dyn Backend>, String> {
    Err(REASON.to_owned())
}
