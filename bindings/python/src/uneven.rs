//! Lomb–Scargle periodograms, and samples above all others within a distance.

use std::sync::Arc;

use num_complex::Complex;
use numpy::Element;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rlx_fft::dsp::lomb_scargle::{LombScargle, LombScargleNorm, LombScargleParams};
use rlx_fft::dsp::peaks::{Beyond, relative_maxima};

use crate::arrays::{rows_of, samples};
use crate::errors::refused;
use crate::rows::{Batch, Plans, compute};
use crate::threads;

/// The periodogram at angular frequencies, or with `normalize` "amplitude" complex amplitudes.
#[pyfunction]
#[pyo3(signature = (x, y, freqs, weights, floating_mean, normalize, threads=None))]
pub(crate) fn lombscargle<'py>(
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    freqs: &Bound<'py, PyAny>,
    weights: Option<&Bound<'py, PyAny>>,
    floating_mean: bool,
    normalize: &str,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    let ((x, _), (y, _), (freqs, shape)) =
        (samples::<f64>(x, "x")?, samples::<f64>(y, "y")?, samples::<f64>(freqs, "freqs")?);
    let weights = weights.map(|w| samples::<f64>(w, "weights")).transpose()?;
    let amplitude = normalize == "amplitude";
    let norm: LombScargleNorm =
        if amplitude { LombScargleNorm::Power } else { normalize.parse().map_err(refused)? };
    let params = LombScargleParams::new().norm(norm).floating_mean(floating_mean);
    let plan = LombScargle::new(&x, weights.as_ref().map(|(w, _)| &**w), params).map_err(refused)?;
    let plan = Arc::new(plan);
    let plans = Arc::new(Plans::new(|| Ok(())).map_err(refused)?);
    // A frequency costs a sine and a cosine per sample.
    let cost = x.len().saturating_mul(8);
    let batch = Batch { rows: freqs.len(), cost, width: 1, threads: threads::resolve(threads)? };
    if amplitude {
        let out = compute(py, &plans, batch, &shape, move |(), range, out: &mut [Complex<f64>]| {
            Ok(plan.amplitudes_into(&y, &freqs[range], out)?)
        })?;
        return Ok(out.into_any());
    }
    let out = compute(py, &plans, batch, &shape, move |(), range, out: &mut [f64]| {
        Ok(plan.run_into(&y, &freqs[range], out)?)
    })?;
    Ok(out.into_any())
}

/// A mask of the samples of each row that are greater than all others within `order`.
#[pyfunction]
pub(crate) fn relative_maxima_mask<'py>(
    x: &Bound<'py, PyAny>,
    dtype: &str,
    order: usize,
    wrap: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match dtype {
        "float64" => mask::<f64>(x, order, wrap),
        "float32" => mask::<f32>(x, order, wrap),
        "int64" => mask::<i64>(x, order, wrap),
        "uint64" => mask::<u64>(x, order, wrap),
        other => Err(PyTypeError::new_err(format!("data: no comparison of {other}"))),
    }
}

fn mask<'py, T: Element + PartialOrd + Sync + 'static>(
    x: &Bound<'py, PyAny>,
    order: usize,
    wrap: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (values, shape) = samples::<T>(x, "data")?;
    let (rows, len) = rows_of(&shape)?;
    let beyond = if wrap { Beyond::Wrap } else { Beyond::Clip };
    let plans = Arc::new(Plans::new(|| Ok(())).map_err(refused)?);
    let batch = Batch { rows, cost: 4 * len, width: len, threads: threads::resolve(None)? };
    let out = compute(x.py(), &plans, batch, &shape, move |(), rows, out: &mut [bool]| {
        for (row, out) in rows.zip(out.chunks_exact_mut(len.max(1))) {
            for at in relative_maxima(&values[row * len..(row + 1) * len], order, beyond)? {
                out[at] = true;
            }
        }
        Ok(())
    })?;
    Ok(out.into_any())
}
