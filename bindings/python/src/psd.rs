//! Averaged power spectra of rows.

use std::sync::Arc;

use pyo3::prelude::*;
use rlx_fft::dsp::Error;
use rlx_fft::dsp::fft::Sample;
use rlx_fft::dsp::params::Threads;
use rlx_fft::dsp::welch::{PsdParams, Welch, WelchScratch, WelchStream};

use crate::arrays::{Number, each_type, for_dtype, on_each, rows_of, samples, with_last};
use crate::errors::{Refusal, refused};
use crate::params::{Segments, plan_bytes, work};
use crate::rows::{Batch, Plans, compute, fill};
use crate::threads;

/// From this many samples on a row is shared between threads, one row after the other.
const LONG: usize = 1 << 20;
/// Fewest segments for that: the accumulators of its parts cost as much as some segments each.
const MANY: usize = 256;

each_type!(Kind, Plan);

struct Plan<S: Sample> {
    params: PsdParams,
    plans: Arc<Plans<(Welch<S>, WelchScratch<S>)>>,
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

    /// Bytes that it holds, estimated.
    #[getter]
    fn nbytes(&self) -> usize {
        on_each!(&self.0, Kind, plan => plan.plans.count() * plan_bytes(&plan.params))
    }

    /// Spectra `[…, bins]` of `x`, `[…, len]`.
    #[pyo3(signature = (x, threads=None))]
    fn __call__<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        on_each!(&self.0, Kind, plan => plan.call(x, threads))
    }
}

impl<S: Number> Plan<S> {
    fn new(segments: &Segments) -> PyResult<Self> {
        let params = segments.exact.clone();
        let build = {
            let params = params.clone();
            move || {
                let plan = Welch::new(params.clone())?.with_threads(1)?;
                let scratch = plan.scratch();
                Ok((plan, scratch))
            }
        };
        Ok(Self { plans: Plans::of_points(params.segments.n_fft, build)?.map_err(refused)?, params })
    }

    fn frequencies(&self) -> Vec<f64> {
        self.params.frequencies::<S>()
    }

    fn call<'py>(&self, x: &Bound<'py, PyAny>, threads: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        let py = x.py();
        let (x, shape) = samples::<S>(x, "x")?;
        let (rows, len) = rows_of(&shape)?;
        let threads = threads::resolve(threads)?;
        let width = self.params.n_bins::<S>();
        let shape = with_last(&shape, &[width]);
        let is_long = len >= LONG && self.params.segment_count(len) >= MANY;
        if is_long && WelchStream::<S>::supports(&self.params) {
            let params = self.params.clone();
            let cost = rows.saturating_mul(work(&self.params, len));
            let out = fill(py, cost, &shape, move |out, cancelled| {
                for (row, (x, out)) in x.chunks_exact(len).zip(out.chunks_exact_mut(width)).enumerate() {
                    let psd = long(params.clone(), x, threads, || !cancelled.get())
                        .map_err(|error| Refusal::from(error).after(row))?;
                    if let Some(psd) = psd {
                        out.copy_from_slice(&psd);
                    }
                }
                Ok(())
            })?;
            return Ok(out.into_any());
        }
        let batch = Batch { rows, cost: work(&self.params, len), width, threads };
        let out = compute(py, &self.plans, batch, &shape, move |(plan, scratch), rows, out| {
            let (x, count) = (&x[rows.start * len..rows.end * len], rows.len());
            plan.run_batch_into(x, count, scratch, out)?;
            Ok(())
        })?;
        Ok(out.into_any())
    }
}

/// One long signal on many threads; None where `go_on` has ended it. How it is cut depends on its length alone, so the
/// numbers do not depend on the threads.
fn long<S: Number>(
    params: PsdParams,
    x: &[S],
    threads: usize,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<Vec<S::Real>>, Error> {
    let threads = match threads {
        1 => Threads::Caller,
        n => Threads::In(threads::pool(n)?),
    };
    let mut long = Welch::<S>::new(params)?.with_threads(threads)?.stream()?;
    if !long.push_while(x, &mut go_on)? {
        return Ok(None);
    }
    long.finish().map(|psd| Some(psd.values))
}
