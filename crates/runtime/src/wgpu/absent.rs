//! wgpu, as it stands in a build without the feature `gpu`: the same names, and nothing behind them.

use crate::device::{DeviceInfo, WgpuApi, WgpuSelect};
use crate::session::{Backend, SessionOptions};

const REASON: &str = "this build does not have the feature `gpu`";

/// Devices that can be opened, or why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Err(REASON.to_owned())
}

/// The device that a name stands for, or why it is not there.
pub(crate) fn find(_api: WgpuApi, _select: &WgpuSelect) -> Result<DeviceInfo, String> {
    Err(REASON.to_owned())
}

/// Opens it, or says why it cannot be.
pub(crate) fn open(
    _api: WgpuApi,
    _select: &WgpuSelect,
    _options: SessionOptions,
) -> Result<Box<dyn Backend>, String> {
    Err(REASON.to_owned())
}
