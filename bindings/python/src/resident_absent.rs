//! Data on NVIDIA devices, as it stands in a build without the feature `cuda`: refused.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::device_plan::DevicePlan;

/// The type that a build with the feature returns.
#[pyclass(frozen, module = "rlx_fft")]
pub(crate) struct DeviceArray {}

pub(crate) fn run(_plan: &DevicePlan, _x: &Bound<'_, PyAny>, _stream: Option<u64>) -> PyResult<DeviceArray> {
    Err(PyTypeError::new_err(
        "x: lives on a CUDA device, and this build does not have the feature `cuda`; bring it over first (for a torch tensor: x.cpu())",
    ))
}
