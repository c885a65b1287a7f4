//! What can run where.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::devices::devices as report;

/// The report of `rlx-fft devices` as JSON.
#[pyfunction]
pub(crate) fn devices_json() -> PyResult<String> {
    serde_json::to_string(&report()).map_err(|e| PyValueError::new_err(e.to_string()))
}
