//! Averaged power spectra of rows.

use numpy::PyUntypedArrayMethods;
use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::welch::{LongWelch, PsdParams, Welch, WelchScratch};

use crate::arrays::{Number, borrow, each_type, filled, for_dtype, on_each, rows_of, with_last};
use crate::errors::{Refusal, refused};
use crate::params::Segments;
use crate::rows::{Batch, Plans, run};
use crate::threads;

/// From this many samples on a row is shared between threads, one row after the other.
const LONG: usize = 1 << 20;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    params: PsdParams,
    plans: Plans<(Welch<S>, WelchScratch<S>)>,
}

/// Welch's averages along the last axis of C-contiguous arrays of one type.
#[pyclass(frozen)]
pub(crate) struct WelchPlan(Kind);

#[pymethods]
impl WelchPlan {
    #[new]
    fn new(dtype: &str, segments: &Segments) -> PyResult<Self> {
        log::debug!(target: crate::LOG, "new Welch plan for {dtype}: {:?}", segments.params);
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
        let params = segments.params.clone();
        let build = {
            let params = params.clone();
            move || {
                let plan = Welch::new(params.clone())?.with_threads(1)?;
                let scratch = plan.scratch();
                Ok((plan, scratch))
            }
        };
        Ok(Self { params, plans: Plans::new(build).map_err(refused)? })
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
            if len >= LONG && LongWelch::<S>::takes(&self.params) {
                for (row, (x, out)) in x.chunks_exact(len).zip(out.chunks_exact_mut(width)).enumerate() {
                    self.long(py, row, x, threads, out)?;
                }
                return Ok(());
            }
            run(
                py,
                &self.plans,
                Batch { rows, cost: len, width, threads },
                out,
                |(plan, scratch), rows, out| {
                    let (x, count) = (&x[rows.start * len..rows.end * len], rows.len());
                    plan.run_batch_into(x, count, scratch, out)?;
                    Ok(())
                },
            )
        })?;
        Ok(out.into_any())
    }

    /// One long signal on many threads. How it is cut depends on its length alone, so the numbers do not depend on the
    /// threads.
    fn long(&self, py: Python<'_>, row: usize, x: &[S], threads: usize, out: &mut [S::Real]) -> PyResult<()> {
        let mut interrupt = None;
        let mut go_on = || match Python::attach(|py| py.check_signals()) {
            Ok(()) => true,
            Err(error) => {
                interrupt = Some(error);
                false
            }
        };
        let done = py.detach(|| -> Result<_, Error> {
            let long = LongWelch::<S>::with_stored_segments(self.params.clone(), u64::MAX)?;
            let mut long = if threads == 1 { long.alone() } else { long.in_pool(threads::pool(threads)?) };
            if !long.push_while(x, &mut go_on)? {
                return Ok(None);
            }
            long.finish().map(|psd| Some(psd.values))
        });
        let psd = done.map_err(|error| PyErr::from(Refusal::from(error).after(row)))?;
        interrupt.map_or(Ok(()), Err)?;
        out.copy_from_slice(&psd.unwrap_or_default());
        Ok(())
    }
}
