//! Cross spectra and coherence of pairs of rows.

use num_complex::Complex;
use numpy::{Element, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::welch::{CrossSpectrum, Csd};

use crate::arrays::{Number, borrow, each_type, filled, for_dtype, on_each, rows_of, with_last};
use crate::errors::{Refusal, refused};
use crate::params::Segments;
use crate::rows::{Batch, Plans, run};
use crate::threads;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    n_bins: usize,
    plans: Plans<Csd<S>>,
}

/// Cross spectra along the last axis of two C-contiguous arrays of one type and shape.
#[pyclass(frozen)]
pub(crate) struct CsdPlan(Kind);

#[pymethods]
impl CsdPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        Ok(Self(for_dtype!(dtype, Kind => Plan::new(segments))))
    }

    /// The averaged `conj(X) · Y`, `[…, bins]`.
    #[pyo3(signature = (x, y, threads=None))]
    fn csd<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.csd(x, y, threads))
    }

    /// The magnitude-squared coherence, `[…, bins]`.
    #[pyo3(signature = (x, y, threads=None))]
    fn coherence<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => {
            plan.call(x, y, threads, |cross, out| out.copy_from_slice(&cross.coherence))
        })
    }
}

impl<S: Number> Plan<S>
where
    Complex<S::Real>: Element,
{
    fn new(segments: &Segments) -> PyResult<Self> {
        let params = segments.params.clone();
        let n_bins = params.n_bins::<S>();
        let plans = Plans::new(move || Csd::new(params.clone())).map_err(refused)?;
        Ok(Self { n_bins, plans })
    }

    fn csd<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.call(x, y, threads, |cross, out: &mut [Complex<S::Real>]| {
            for (out, (re, im)) in out.iter_mut().zip(cross.re.iter().zip(&cross.im)) {
                *out = Complex::new(*re, *im);
            }
        })
    }

    fn call<'py, T: Element>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
        write: impl Fn(CrossSpectrum<S::Real>, &mut [T]) + Sync,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (a, b) = (borrow::<S>(x, "x")?, borrow::<S>(y, "y")?);
        if a.shape() != b.shape() {
            return Err(PyValueError::new_err("y: x and y have different shapes"));
        }
        let (rows, len) = rows_of(a.shape())?;
        let (x, y) = (a.as_slice()?, b.as_slice()?);
        let batch = Batch { rows, cost: 2 * len, width: self.n_bins, threads: threads::resolve(threads)? };
        let out = filled(py, &with_last(a.shape(), &[self.n_bins]), |out: &mut [T]| {
            run(py, &self.plans, batch, out, |plan, rows, out| {
                let first = rows.start;
                for (row, out) in rows.zip(out.chunks_exact_mut(self.n_bins)) {
                    let part = row * len..(row + 1) * len;
                    let cross = plan.run(&x[part.clone()], &y[part]).map_err(|e| name(e, row - first))?;
                    write(cross, out);
                }
                Ok(())
            })
        })?;
        Ok(out.into_any())
    }
}

/// The core calls the signals rows 0 and 1.
fn name(error: Error, row: usize) -> Refusal {
    match error {
        Error::NonFinite { row: signal, index, value } => Refusal {
            argument: if signal == 0 { "x" } else { "y" },
            error: Error::NonFinite { row, index, value },
        },
        other => other.into(),
    }
}
