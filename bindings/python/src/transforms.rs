//! Transforms of rows as they are: `rlx_fft.fft`.

use std::sync::Arc;

use num_complex::Complex;
use numpy::Element;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rlx_fft::dsp::Result as DspResult;
use rlx_fft::dsp::fft::{Fft, FftParams, FftScratch, Ifft, Irfft, Real, Rfft, Transform};

use crate::arrays::{rows_of, samples, with_last};
use crate::errors::refused;
use crate::interrupt::detached;
use crate::rows::{Batch, Plans, compute};
use crate::threads;

enum Kind {
    RealF32(Plan<f32, Rfft<f32>>),
    RealF64(Plan<f64, Rfft<f64>>),
    RealBackF32(Plan<f32, Irfft<f32>>),
    RealBackF64(Plan<f64, Irfft<f64>>),
    F32(Plan<f32, Fft<f32>>),
    F64(Plan<f64, Fft<f64>>),
    BackF32(Plan<f32, Ifft<f32>>),
    BackF64(Plan<f64, Ifft<f64>>),
}

struct Plan<T: Real, F: Transform<T>> {
    fft: Arc<F>,
    plans: Arc<Plans<FftScratch<T, F::In>>>,
}

/// A transform along the last axis of C-contiguous arrays of one type. Immutable.
#[pyclass(frozen)]
pub(crate) struct FftPlan {
    kind: Kind,
    n: usize,
}

macro_rules! on_kind {
    ($kind:expr, $plan:ident => $body:expr) => {
        match $kind {
            Kind::RealF32($plan) => $body,
            Kind::RealF64($plan) => $body,
            Kind::RealBackF32($plan) => $body,
            Kind::RealBackF64($plan) => $body,
            Kind::F32($plan) => $body,
            Kind::F64($plan) => $body,
            Kind::BackF32($plan) => $body,
            Kind::BackF64($plan) => $body,
        }
    };
}

#[pymethods]
impl FftPlan {
    /// `kind` is `rfft`, `irfft`, `fft` or `ifft`; `single` is 32 bits instead of 64.
    #[new]
    fn new(kind: &str, single: bool, n: usize, norm: &str) -> PyResult<Self> {
        let params = FftParams::new(n).norm(norm.parse().map_err(refused)?);
        let kind = match (kind, single) {
            ("rfft", true) => Kind::RealF32(Plan::new(n, move || Rfft::new(params))?),
            ("rfft", false) => Kind::RealF64(Plan::new(n, move || Rfft::new(params))?),
            ("irfft", true) => Kind::RealBackF32(Plan::new(n, move || Irfft::new(params))?),
            ("irfft", false) => Kind::RealBackF64(Plan::new(n, move || Irfft::new(params))?),
            ("fft", true) => Kind::F32(Plan::new(n, move || Fft::new(params))?),
            ("fft", false) => Kind::F64(Plan::new(n, move || Fft::new(params))?),
            ("ifft", true) => Kind::BackF32(Plan::new(n, move || Ifft::new(params))?),
            ("ifft", false) => Kind::BackF64(Plan::new(n, move || Ifft::new(params))?),
            (other, _) => return Err(PyTypeError::new_err(format!("x: no transform {other}"))),
        };
        Ok(Self { kind, n })
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        on_kind!(&self.kind, plan => plan.plans.count() * (1024 + 64 * self.n))
    }

    /// The transforms `[…, out]` of `x`, `[…, len]`.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        on_kind!(&self.kind, plan => plan.call(x, self.n, threads))
    }
}

impl<T: Real, F: Transform<T> + 'static> Plan<T, F>
where
    F::In: Element,
    F::Out: Element,
    Complex<T>: Element,
{
    fn new(n: usize, fft: impl FnOnce() -> DspResult<F> + Send + 'static) -> PyResult<Self> {
        let made = Python::attach(|py| detached(py, n.saturating_mul(16), move |_| fft()));
        let fft = Arc::new(made?.map_err(refused)?);
        let shared = Arc::clone(&fft);
        let plans = Plans::of_points(n, move || Ok(shared.scratch()))?.map_err(refused)?;
        Ok(Self { fft, plans })
    }

    fn call<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        n: usize,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (x, shape) = samples::<F::In>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let (fft, width) = (Arc::clone(&self.fft), self.fft.output_len());
        let batch = Batch { rows, cost: 2 * n, width, threads: threads::resolve(threads)? };
        let out =
            compute(py, &self.plans, batch, &with_last(&shape, &[width]), move |scratch, rows, out| {
                for (row, out) in rows.zip(out.chunks_exact_mut(width)) {
                    fft.run_into(&x[row * len..(row + 1) * len], scratch, out)?;
                }
                Ok(())
            })?;
        Ok(out.into_any())
    }
}
