//! The core's parameters from Python's plain values.

use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::welch::PsdParams;
use rlx_fft::dsp::window::{Symmetry, Window};

use crate::errors::refused;

/// Parameters of every estimate over segments. Immutable.
#[pyclass(frozen)]
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    pub(crate) params: PsdParams,
    /// Whether the window has a name in the core; its weights are given otherwise.
    pub(crate) named: bool,
}

#[pymethods]
impl Segments {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "SciPy's list")]
    fn new(
        fs: f64,
        weights: Vec<f64>,
        hop: usize,
        nfft: usize,
        detrend: &str,
        scaling: &str,
        average: &str,
        sides: &str,
        nan_policy: &str,
        window: Option<&str>,
    ) -> PyResult<Self> {
        let parse = || -> Result<PsdParams, Error> {
            Ok(PsdParams::new(fs, weights.len())
                .hop(hop)
                .n_fft(nfft)
                .detrend(detrend.parse()?)
                .scaling(scaling.parse()?)
                .average(average.parse()?)
                .sides(sides.parse()?)
                .nan(nan_policy.parse()?)
                .window(match window {
                    Some(name) => name.parse()?,
                    None => Window::Custom(weights.as_slice().into()),
                }))
        };
        Ok(Self { params: parse().map_err(refused)?, named: window.is_some() })
    }
}

/// A window that the core knows by this name, `len` weights.
#[pyfunction]
pub(crate) fn window(name: &str, len: usize, symmetric: bool) -> PyResult<Vec<f64>> {
    let symmetry = if symmetric { Symmetry::Symmetric } else { Symmetry::Periodic };
    name.parse::<Window>().and_then(|w| w.coefficients(len, symmetry)).map_err(refused)
}
