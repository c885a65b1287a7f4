//! Multitaper spectra of rows, and tapers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::{Element, IntoPyArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Real;
use rlx_fft::dsp::multitaper::{Dpss, DpssParams, Multitaper, MultitaperParams, MultitaperScratch};
use rlx_fft::dsp::window::Symmetry;

use crate::arrays::{rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::interrupt::detached;
use crate::rows::{Batch, Plans, compute};
use crate::threads;

enum Kind {
    F32(Arc<Plans<MultitaperScratch<f32>>>),
    F64(Arc<Plans<MultitaperScratch<f64>>>),
}

/// Multitaper spectra along the last axis of C-contiguous arrays of one type. Immutable.
#[pyclass(frozen)]
pub(crate) struct MultitaperPlan {
    plan: Arc<Multitaper>,
    kind: Kind,
}

#[pymethods]
impl MultitaperPlan {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "MNE's list")]
    fn new(
        dtype: &str,
        fs: f64,
        n: usize,
        bandwidth: Option<f64>,
        adaptive: bool,
        low_bias: bool,
        normalization: &str,
        remove_dc: bool,
        band: (f64, f64),
        max_iter: usize,
        confidence: Option<f64>,
    ) -> PyResult<Self> {
        let mut params = MultitaperParams::new(fs, n)
            .adaptive(adaptive)
            .low_bias(low_bias)
            .norm(normalization.parse().map_err(named)?)
            .remove_mean(remove_dc)
            .band(band.0, band.1)
            .max_iterations(max_iter);
        params.bandwidth = bandwidth;
        params.confidence = confidence;
        // Tapers take some sweeps over the samples each.
        let cost = n.saturating_mul(64);
        let made = Python::attach(|py| detached(py, cost, move |_| Multitaper::new(params)));
        let plan = Arc::new(made?.map_err(named)?);
        let kind = match dtype {
            "f32" => Kind::F32(scratch(&plan)?),
            "f64" => Kind::F64(scratch(&plan)?),
            other => {
                return Err(PyTypeError::new_err(format!("x: no multitaper spectra of {other} samples")));
            }
        };
        Ok(Self { plan, kind })
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        let count = match &self.kind {
            Kind::F32(plans) => plans.count(),
            Kind::F64(plans) => plans.count(),
        };
        8 * self.plan.dpss().tapers.len() * (1 + 2 * count)
    }

    /// Returns whether the weights are adaptive, which takes at least three tapers.
    #[getter]
    fn adaptive(&self) -> bool {
        self.plan.is_adaptive()
    }

    /// Number of tapers.
    #[getter]
    fn tapers(&self) -> usize {
        self.plan.dpss().count()
    }

    fn frequencies(&self) -> Vec<f64> {
        self.plan.frequencies()
    }

    /// Spectra of `x`, `[…, n]`, and how many of their bins had not converged: `[…, bins]`, or with a confidence
    /// `[…, 2, bins]`, the second being factors of the interval.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<(Bound<'py, PyAny>, usize)> {
        match &self.kind {
            Kind::F32(plans) => self.call(plans, x, threads),
            Kind::F64(plans) => self.call(plans, x, threads),
        }
    }
}

fn scratch<T: Real>(plan: &Arc<Multitaper>) -> PyResult<Arc<Plans<MultitaperScratch<T>>>> {
    let plan = Arc::clone(plan);
    Plans::of_points(plan.params().row_len, move || plan.scratch())?.map_err(named)
}

impl MultitaperPlan {
    fn call<'py, T: Real + Element>(
        &self,
        plans: &Arc<Plans<MultitaperScratch<T>>>,
        x: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<(Bound<'py, PyAny>, usize)> {
        let py = x.py();
        let (x, shape) = samples::<T>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let bins = self.plan.n_bins();
        let both = self.plan.params().confidence.is_some();
        let (width, inner) = if both { (2 * bins, vec![2, bins]) } else { (bins, vec![bins]) };
        let cost = 4 * len * self.plan.dpss().count();
        let batch = Batch { rows, cost, width, threads: threads::resolve(threads)? };
        let (plan, unsolved) = (Arc::clone(&self.plan), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&unsolved);
        let out = compute(py, plans, batch, &with_last(&shape, &inner), move |scratch, rows, out| {
            let x = &x[rows.start * len..rows.end * len];
            let left = plan.run_into(x, scratch, out)?;
            count.fetch_add(left, Ordering::Relaxed);
            Ok(())
        })?;
        Ok((out.into_any(), unsolved.load(Ordering::Relaxed)))
    }
}

/// With MNE's names.
fn named(error: Error) -> PyErr {
    Refusal::renamed(error, |name| match name {
        "sample_rate" => "sfreq",
        "band" => "fmin",
        "row_len" => "x",
        "max_iterations" => "max_iter",
        other => other,
    })
    .into()
}

/// Tapers `[count, len]`, flat, and the share of their energy within the bandwidth.
#[pyfunction]
pub(crate) fn dpss<'py>(
    py: Python<'py>,
    len: usize,
    half_bandwidth: f64,
    count: usize,
    symmetric: bool,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let symmetry = if symmetric { Symmetry::Symmetric } else { Symmetry::Periodic };
    let params = DpssParams::new(len, half_bandwidth, count).symmetry(symmetry);
    let cost = len.saturating_mul(64).saturating_mul(count);
    let dpss = detached(py, cost, move |_| Dpss::new(&params))?.map_err(|error| {
        PyErr::from(Refusal::renamed(error, |name| match name {
            "len" => "M",
            "half_bandwidth" => "NW",
            "count" => "Kmax",
            other => other,
        }))
    })?;
    Ok((dpss.tapers.into_pyarray(py).into_any(), dpss.ratios.into_pyarray(py).into_any()))
}

/// Factors around a Welch estimate of the bins between 0 Hz and Nyquist, and of the two, for `count` segments `hop` apart.
#[pyfunction]
pub(crate) fn welch_interval(
    weights: numpy::PyReadonlyArray1<'_, f64>,
    hop: usize,
    count: u64,
    level: f64,
) -> PyResult<((f64, f64), (f64, f64))> {
    let weights = weights.as_array().to_vec();
    let segments = rlx_fft::dsp::welch::effective_segments(&weights, hop, count);
    let factors = |segments| {
        rlx_fft::dsp::welch::confidence_interval(segments, level).map_err(|error| {
            PyErr::from(Refusal::renamed(error, |name| if name == "level" { "confidence" } else { name }))
        })
    };
    Ok((factors(segments)?, factors(segments / 2.0)?))
}

/// Removes the mean, or lines between breaks, from the rows of a contiguous array of one type; a new array.
#[pyfunction]
pub(crate) fn detrend_rows<'py>(
    x: &Bound<'py, PyAny>,
    dtype: &str,
    kind: &str,
    breaks: Vec<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    use num_complex::Complex;
    match dtype {
        "f32" => detrended::<f32>(x, kind, breaks),
        "f64" => detrended::<f64>(x, kind, breaks),
        "c32" => detrended::<Complex<f32>>(x, kind, breaks),
        "c64" => detrended::<Complex<f64>>(x, kind, breaks),
        other => Err(PyTypeError::new_err(format!("data: no samples of type {other}"))),
    }
}

fn detrended<'py, S: crate::arrays::Number>(
    x: &Bound<'py, PyAny>,
    kind: &str,
    breaks: Vec<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    use rlx_fft::dsp::detrend::{Detrend, detrend};
    let kind: Detrend = kind.parse().map_err(refused)?;
    let (values, shape) = samples::<S>(x, "data")?;
    let (rows, len) = rows_of(&shape)?;
    let plans = Arc::new(Plans::new(|| Ok(())).map_err(refused)?);
    let batch = Batch { rows, cost: 2 * len, width: len, threads: threads::resolve(None)? };
    let out = compute(x.py(), &plans, batch, &shape, move |(), rows, out| {
        for (row, out) in rows.zip(out.chunks_exact_mut(len.max(1))) {
            out.copy_from_slice(&values[row * len..(row + 1) * len]);
            detrend(out, kind, &breaks)?;
        }
        Ok(())
    })?;
    Ok(out.into_any())
}
