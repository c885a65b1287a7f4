//! Stand-in for wgpu in a build without the feature `gpu`: the same names; each function reports that the feature is
//! missing.

use crate::device::{DeviceInfo, WgpuApi, WgpuSelect};
use crate::session::{Backend, SessionOptions};

const REASON: &str = "this build does not have the feature `gpu`";

/// Lists the adapters that can be opened, or returns why there are none.
pub(crate) fn discover() -> Result<Vec<DeviceInfo>, String> {
    Err(REASON.to_owned())
}

/// Returns the adapter that a name stands for, or why it is absent.
pub(crate) fn find(_api: WgpuApi, _select: &WgpuSelect) -> Result<DeviceInfo, String> {
    Err(REASON.to_owned())
}

/// Opens an adapter, or returns why it cannot be opened.
pub(crate) fn open(
    _api: WgpuApi,
    _select: &WgpuSelect,
    _options: SessionOptions,
) -> Result<Box<dyn Backend>, String> {
    Err(REASON.to_owned())
}
