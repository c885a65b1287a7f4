//! CUDA, as it stands in a build without the feature `cuda`: the same names, and nothing behind them.

use crate::device::{CudaSelect, DeviceInfo};
use crate::session::{Backend, SessionOptions};

const REASON: &str = "this build does not have the feature `cuda`";

/// Devices that can be opened, or why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Err(REASON.to_owned())
}

/// The device that a name stands for, or why it is not there.
pub(crate) fn find(_select: CudaSelect) -> Result<DeviceInfo, String> {
    Err(REASON.to_owned())
}

/// Opens it, or says why it cannot be.
pub(crate) fn open(_select: CudaSelect, _options: SessionOptions) -> Result<Box<dyn Backend>, String> {
    Err(REASON.to_owned())
}
