//! Devices and their capabilities.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::devices::devices as report;

use crate::sessions::named;

/// The report of `rlx-fft devices` as JSON.
#[pyfunction]
pub(crate) fn devices_json() -> PyResult<String> {
    serde_json::to_string(&report()).map_err(|e| PyValueError::new_err(e.to_string()))
}

/// The id of the device of this name; `None` for `auto`. An error lists what there is.
#[pyfunction]
pub(crate) fn find_device(name: &str) -> PyResult<Option<String>> {
    Ok(named(name)?.map(|info| info.id))
}
