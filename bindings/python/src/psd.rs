//! Averaged power spectra of rows.

use std::ops::Range;

use num_complex::Complex;
use numpy::PyUntypedArrayMethods;
use pyo3::prelude::*;
use rayon::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::nan::{NanPolicy, first_non_finite};
use rlx_fft::dsp::welch::{PsdParams, Welch, WelchAccumulator};

use crate::arrays::{Number, borrow, filled, for_dtype, on_each, rows_of, with_last};
use crate::errors::{Refusal, refused};
use crate::params::Segments;
use crate::rows::{BLOCK, Batch, Plans, run};
use crate::threads;

/// From this many samples on a single signal is shared between threads.
const LONG: usize = 1 << 20;

enum Kind {
    F32(Plan<f32>),
    F64(Plan<f64>),
    C32(Plan<Complex<f32>>),
    C64(Plan<Complex<f64>>),
}

struct Plan<S: Sample> {
    params: PsdParams,
    weights: Vec<f64>,
    plans: Plans<Welch<S>>,
}

/// Welch's averages along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct WelchPlan(Kind);

#[pymethods]
impl WelchPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        log::debug!("new Welch plan for {dtype}: {:?}", segments.params);
        Ok(Self(for_dtype!(dtype, Kind => Plan::new(segments))))
    }

    /// Frequencies of the bins.
    fn frequencies(&self) -> Vec<f64> {
        on_each!(&self.0, Kind, plan => plan.frequencies())
    }

    /// Spectra `[…, bins]` of `x`, `[…, len]`.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.call(x, threads))
    }
}

impl<S: Number> Plan<S> {
    fn new(segments: &Segments) -> PyResult<Self> {
        let Segments { params, weights, .. } = segments.clone();
        let build = {
            let weights = weights.clone();
            move || Welch::with_weights(params, &weights)?.with_threads(1)
        };
        Ok(Self { params, weights, plans: Plans::new(build).map_err(refused)? })
    }

    fn frequencies(&self) -> Vec<f64> {
        self.params.frequencies::<S>()
    }

    fn call<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let array = borrow::<S>(x, "x")?;
        let (rows, len) = rows_of(array.shape())?;
        let x = array.as_slice()?;
        let threads = threads::resolve(threads)?;
        let width = self.params.n_bins::<S>();
        let out = filled(py, &with_last(array.shape(), &[width]), |out| {
            let shared = len >= LONG && rows < threads || len > BLOCK;
            if shared && !matches!(self.params.nan, NanPolicy::Interpolate { .. }) {
                for (row, (x, out)) in x.chunks_exact(len).zip(out.chunks_exact_mut(width)).enumerate() {
                    self.long(py, row, x, threads, out)?;
                }
                return Ok(());
            }
            run(py, &self.plans, Batch { rows, cost: len, width, threads }, out, |plan, rows, out| {
                let (x, count) = (&x[rows.start * len..rows.end * len], rows.len());
                plan.psd_batch_into(x, count, out)?;
                Ok(())
            })
        })?;
        Ok(out.into_any())
    }

    /// One long signal in stretches whose averages are added up in order.
    fn long(&self, py: Python<'_>, row: usize, x: &[S], threads: usize, out: &mut [S::Real]) -> PyResult<()> {
        let place = |error: Error, start: usize| -> PyErr {
            let error = match error {
                Error::NonFinite { index, value, .. } => {
                    Error::NonFinite { row, index: index + start as u64, value }
                }
                other => other,
            };
            Refusal::from(error).into()
        };
        let empty =
            WelchAccumulator::<S>::with_weights(self.params, &self.weights, u64::MAX).map_err(refused)?;
        let parts = x.len().div_ceil(BLOCK).next_multiple_of(threads);
        let stretches = self.params.stretches(x.len(), parts);
        let mut total = empty.clone();
        let mut end = 0;
        for group in stretches.chunks(threads) {
            let taken: Vec<_> = py
                .detach(|| -> Result<_, Error> {
                    let take = |range: &Range<usize>| {
                        let mut part = empty.clone();
                        (range.start, part.push(&x[range.clone()]).map(|()| part))
                    };
                    if threads == 1 {
                        return Ok(group.iter().map(take).collect());
                    }
                    Ok(threads::pool(threads)?.install(|| group.par_iter().map(take).collect()))
                })
                .map_err(refused)?;
            for (start, part) in taken {
                total.merge(part.map_err(|e| place(e, start))?).map_err(refused)?;
            }
            end = group.last().map_or(end, |range| range.end);
            py.check_signals()?;
        }
        if self.params.nan == NanPolicy::Error
            && let Some((index, value)) = first_non_finite(&x[end..])
        {
            return Err(place(Error::NonFinite { row, index: index as u64, value }, end));
        }
        let psd = total.finish().map_err(refused)?.psd;
        out.copy_from_slice(&psd);
        Ok(())
    }
}
