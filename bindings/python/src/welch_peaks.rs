//! The strongest bins of rows of f32 samples, straight from the fused kernels.

use std::sync::Arc;

use numpy::PyArrayMethods;
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::welch::peaks::{WelchParams, WelchPeakParams, WelchPeaksScratch};

use crate::arrays::{rows_of, samples, with_last, zeros};
use crate::errors::refused;
use crate::rows::{Batch, Plans, compute};
use crate::threads;

/// Packed peaks along the last axis of C-contiguous f32 arrays; no detrending, raw power.
#[pyclass(frozen)]
pub(crate) struct PeaksPlan {
    params: WelchPeakParams,
    plans: Arc<Plans<WelchPeaksScratch>>,
}

#[pymethods]
impl PeaksPlan {
    #[new]
    fn new(
        window: &str,
        n_fft: usize,
        hop: usize,
        n_segments: usize,
        k: usize,
        nan_policy: &str,
    ) -> PyResult<Self> {
        let parse = || -> Result<_, Error> {
            let welch = WelchParams::new(n_fft, n_segments).hop(hop).window(window.parse()?);
            let params = WelchPeakParams::new(welch, k).nan(nan_policy.parse()?);
            let build = {
                let params = params.clone();
                move || WelchPeaksScratch::fastest(params.clone(), 1)
            };
            Ok(Self { params, plans: Arc::new(Plans::new(build)?) })
        };
        parse().map_err(refused)
    }

    /// Bins and powers, `[…, k]` each.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = x.py();
        let (x, shape) = samples::<f32>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let k = self.params.k_out();
        let welch = &self.params.welch;
        let cost = welch.n_segments.saturating_mul(welch.n_fft).max(len);
        let batch = Batch { rows, cost, width: 2 * k, threads: threads::resolve(threads)? };
        let packed =
            compute(py, &self.plans, batch, &with_last(&shape, &[2 * k]), move |plan, rows, out| {
                let count = rows.len();
                plan.peaks_of_rows_into(&x[rows.start * len..rows.end * len], count, len, out)?;
                Ok(())
            })?;
        let packed = packed.readonly();
        let shape = with_last(&shape, &[k]);
        let bins = zeros::<i32>(py, &shape)?;
        let powers = zeros::<f32>(py, &shape)?;
        {
            let (mut bins, mut powers) = (bins.readwrite(), powers.readwrite());
            let pairs = bins.as_slice_mut()?.iter_mut().zip(powers.as_slice_mut()?);
            for ((bin, power), pair) in pairs.zip(packed.as_slice()?.chunks_exact(2)) {
                // Packed bins are whole numbers below 2²⁴.
                (*bin, *power) = (pair[0] as i32, pair[1]);
            }
        }
        Ok((bins.into_any(), powers.into_any()))
    }
}
