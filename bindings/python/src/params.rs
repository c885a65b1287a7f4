//! The core's parameters from Python's plain values.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::welch::PsdParams;
use rlx_fft::dsp::window::{Symmetry, Window};

use crate::errors::refused;

/// Parameters of every estimate over segments. Immutable.
#[pyclass(frozen)]
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    /// With the window's name, if it has one, as devices and fused kernels want it.
    pub(crate) params: PsdParams,
    /// With the given weights: SciPy's to the last bit.
    pub(crate) exact: PsdParams,
}

#[pymethods]
impl Segments {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "SciPy's list")]
    fn new(
        fs: f64,
        weights: PyReadonlyArray1<'_, f64>,
        hop: usize,
        nfft: usize,
        detrend: &str,
        scaling: &str,
        average: &str,
        sides: &str,
        nan_policy: &str,
        window: Option<&str>,
    ) -> PyResult<Self> {
        let weights: Arc<[f64]> = weights.as_array().to_vec().into();
        let parse = || -> Result<(PsdParams, PsdParams), Error> {
            let params = PsdParams::new(fs, weights.len())
                .hop(hop)
                .n_fft(nfft)
                .detrend(detrend.parse()?)
                .scaling(scaling.parse()?)
                .average(average.parse()?)
                .sides(sides.parse()?)
                .nan(nan_policy.parse()?);
            let exact = params.clone().window(Window::Custom(Arc::clone(&weights)));
            Ok((window.map_or_else(|| Ok(exact.clone()), |name| Ok(params.window(name.parse()?)))?, exact))
        };
        let (params, exact) = parse().map_err(refused)?;
        Ok(Self { params, exact })
    }
}

/// A window that the core knows by this name, `len` weights.
#[pyfunction]
pub(crate) fn window<'py>(
    py: Python<'py>,
    name: &str,
    len: usize,
    symmetric: bool,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let symmetry = if symmetric { Symmetry::Symmetric } else { Symmetry::Periodic };
    let weights = name.parse::<Window>().and_then(|w| w.coefficients(len, symmetry)).map_err(refused)?;
    Ok(weights.into_pyarray(py))
}

/// Bytes of a plan, estimated from above: weights, twiddles and scratch of the transform (a chirp's where it has one).
pub(crate) fn plan_bytes(params: &PsdParams) -> usize {
    1024 + 96 * params.segments.n_fft + 16 * params.segments.segment_len
}

/// Cost of a row of `len` samples: points of its transforms, more where they exceed the caches.
pub(crate) fn work(params: &PsdParams, len: usize) -> usize {
    let n_fft = params.segments.n_fft;
    let points = params.segment_count(len).saturating_mul(n_fft).max(len);
    if n_fft > 1 << 15 { points.saturating_mul(4) } else { points }
}
