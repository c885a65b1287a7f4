//! Cross spectra and coherence of pairs of rows.

use std::sync::Arc;

use num_complex::Complex;
use numpy::Element;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::{Real, Sample};
use rlx_fft::dsp::welch::{CrossMatrix, CrossSpectrum, Csd, PsdParams, cross_spectral_matrix};

use crate::arrays::{Number, Samples, each_type, for_dtype, on_each, rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::params::{Segments, plan_bytes, work};
use crate::rows::{Batch, Plans, compute, fill};
use crate::threads;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    params: PsdParams,
    n_bins: usize,
    plans: Arc<Plans<Csd<S>>>,
}

/// Rows of both arrays that belong together, in C order of the answer; None: row by row.
type Pairs = Option<(Vec<usize>, Vec<usize>)>;

/// Cross spectra along the last axis of two C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct CsdPlan(Kind);

#[pymethods]
impl CsdPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        Ok(Self(for_dtype!(dtype, Kind => Plan::new(segments))))
    }

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        on_each!(&self.0, Kind, plan => plan.plans.count() * 2 * plan_bytes(&plan.params))
    }

    /// The averaged `conj(X) · Y`: `[…, bins]`, or `[pairs, bins]`.
    #[pyo3(signature = (x, y, threads=None, pairs=None))]
    fn csd<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
        pairs: Pairs,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.call(x, y, threads, pairs, write_cross))
    }

    /// The magnitude-squared coherence: `[…, bins]`, or `[pairs, bins]`.
    #[pyo3(signature = (x, y, threads=None, pairs=None))]
    fn coherence<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
        pairs: Pairs,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.call(x, y, threads, pairs, |cross, out| {
            out.copy_from_slice(&cross.coherence);
        }))
    }

    /// The averaged `conj(X_i) · X_j` of pairs of rows of `x`, `[pairs, bins]`; each row is transformed once. Means only.
    fn csd_of_rows<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        first: Vec<usize>,
        second: Vec<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.of_rows(x, first, second, |matrix, i, j, out| {
            out.copy_from_slice(&matrix.pair(i, j));
        }))
    }

    /// The magnitude-squared coherence of pairs of rows of `x`, `[pairs, bins]`; as [`csd_of_rows`](Self::csd_of_rows).
    fn coherence_of_rows<'py>(
        &self,
        x: &Bound<'py, PyAny>,
        first: Vec<usize>,
        second: Vec<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.of_rows(x, first, second, write_coherence))
    }
}

fn write_cross<T: Real>(cross: CrossSpectrum<T>, out: &mut [Complex<T>]) {
    for (out, (re, im)) in out.iter_mut().zip(cross.re.iter().zip(&cross.im)) {
        *out = Complex::new(*re, *im);
    }
}

fn write_coherence<T: Real>(matrix: &CrossMatrix<T>, i: usize, j: usize, out: &mut [T]) {
    let bins = matrix.frequencies.len();
    let at = |i: usize, j: usize| (i * matrix.channels + j) * bins;
    for (bin, out) in out.iter_mut().enumerate() {
        let (re, im) = (matrix.re[at(i, j) + bin].widen(), matrix.im[at(i, j) + bin].widen());
        let (xx, yy) = (matrix.re[at(i, i) + bin].widen(), matrix.re[at(j, j) + bin].widen());
        *out = T::narrow((re * re + im * im) / xx / yy);
    }
}

impl<S: Number> Plan<S>
where
    Complex<S::Real>: Element,
{
    fn new(segments: &Segments) -> PyResult<Self> {
        let params = segments.exact.clone();
        let n_bins = params.n_bins::<S>();
        let build = {
            let params = params.clone();
            move || Csd::new(params.clone())
        };
        let plans = Plans::of_points(params.segments.n_fft, build)?.map_err(refused)?;
        Ok(Self { params, n_bins, plans })
    }

    fn call<'py, T: Element + Send + 'static>(
        &self,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        threads: Option<usize>,
        pairs: Pairs,
        write: impl Fn(CrossSpectrum<S::Real>, &mut [T]) + Send + Sync + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let ((x, shape), (y, other)) = (samples::<S>(x, "x")?, samples::<S>(y, "y")?);
        let (rows, len) = rows_of(&shape)?;
        let n_bins = self.n_bins;
        let (rows, out_shape) = match &pairs {
            None if shape != other => {
                return Err(PyValueError::new_err("y: x and y have different shapes"));
            }
            None => (rows, with_last(&shape, &[n_bins])),
            Some((first, second)) => {
                let (rows_y, len_y) = rows_of(&other)?;
                if len != len_y || first.len() != second.len() {
                    return Err(PyValueError::new_err("y: x and y have different shapes"));
                }
                inside(first, rows)?;
                inside(second, rows_y)?;
                (first.len(), vec![first.len(), n_bins])
            }
        };
        let cost = work(&self.params, len).saturating_mul(2);
        let batch = Batch { rows, cost, width: n_bins, threads: threads::resolve(threads)? };
        let out = compute(py, &self.plans, batch, &out_shape, move |plan, rows, out| {
            let first = rows.start;
            for (row, out) in rows.zip(out.chunks_exact_mut(n_bins)) {
                let (a, b) = pairs.as_ref().map_or((row, row), |(first, second)| (first[row], second[row]));
                let cross = plan.run(&x[a * len..(a + 1) * len], &y[b * len..(b + 1) * len]);
                write(cross.map_err(|e| name(e, row - first))?, out);
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }

    fn of_rows<'py, T: Element + Send + 'static>(
        &self,
        x: &Bound<'py, PyAny>,
        first: Vec<usize>,
        second: Vec<usize>,
        write: impl Fn(&CrossMatrix<S::Real>, usize, usize, &mut [T]) + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (array, shape): (Samples<S>, _) = samples(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        inside(&first, rows)?;
        inside(&second, rows)?;
        let (params, n_bins) = (self.params.clone(), self.n_bins);
        let products = first.len().saturating_mul(self.params.segment_count(len)).saturating_mul(n_bins);
        let cost = rows.saturating_mul(work(&self.params, len)).saturating_add(products);
        let out = fill(x.py(), cost, &[first.len(), n_bins], move |out, _| {
            let channels: Vec<&[S]> = array.chunks_exact(len).collect();
            let matrix = cross_spectral_matrix(&channels, &params)?;
            for ((i, j), out) in first.into_iter().zip(second).zip(out.chunks_exact_mut(n_bins)) {
                write(&matrix, i, j, out);
            }
            Ok(())
        })?;
        Ok(out.into_any())
    }
}

fn inside(rows: &[usize], count: usize) -> PyResult<()> {
    match rows.iter().find(|&&row| row >= count) {
        Some(row) => Err(PyValueError::new_err(format!("pairs: row {row} of {count}"))),
        None => Ok(()),
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
