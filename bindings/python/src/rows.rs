//! Rows of a batch over threads: plans are kept between calls, Python's lock is free while they work, and work that was
//! interrupted ends between blocks.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use rayon::prelude::*;
use rlx_fft::dsp::Result as DspResult;

use numpy::{Element, PyArrayDyn};

use crate::arrays::Output;
use crate::errors::Refusal;
use crate::interrupt::{Cancelled, detached};
use crate::threads;

/// Points of transforms between two checks whether the caller has left, per thread: some 50 ms.
const BLOCK: usize = 1 << 23;

/// Cost of planning a transform, per point.
const BUILDING: usize = 16;

/// Fewest samples that are worth waking a thread for.
const LEAST: usize = 1 << 15;

/// Shares are whole groups of lanes.
const GROUP: usize = 16;

type Build<P> = Box<dyn Fn() -> DspResult<P> + Send + Sync>;

/// Plans of one kind: one for each thread that was ever at work at the same time.
pub(crate) struct Plans<P> {
    idle: Mutex<Vec<P>>,
    build: Build<P>,
    built: AtomicUsize,
}

impl<P: Send> Plans<P> {
    /// Builds the first, so that errors in parameters come now.
    pub(crate) fn new(build: impl Fn() -> DspResult<P> + Send + Sync + 'static) -> DspResult<Self> {
        let first = build()?;
        Ok(Self { idle: Mutex::new(vec![first]), build: Box::new(build), built: AtomicUsize::new(1) })
    }

    /// As [`new`](Self::new), of plans for transforms of `n` points: Ctrl-C ends a long wait for the first one.
    pub(crate) fn of_points(
        n: usize,
        build: impl Fn() -> DspResult<P> + Send + Sync + 'static,
    ) -> PyResult<DspResult<Arc<Self>>>
    where
        P: 'static,
    {
        let cost = n.saturating_mul(BUILDING);
        Python::attach(|py| detached(py, cost, move |_| Self::new(build).map(Arc::new)))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.built.load(Ordering::Relaxed)
    }

    pub(crate) fn with<R, E: From<rlx_fft::dsp::Error>>(
        &self,
        work: impl FnOnce(&mut P) -> Result<R, E>,
    ) -> Result<R, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut plan = match idle {
            Some(plan) => plan,
            None => {
                let plan = (self.build)()?;
                self.built.fetch_add(1, Ordering::Relaxed);
                plan
            }
        };
        let result = work(&mut plan);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
        result
    }
}

/// Layout of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    /// Samples that a row costs.
    pub(crate) cost: usize,
    /// Values of a row's answer.
    pub(crate) width: usize,
    pub(crate) threads: usize,
}

/// A new array of `shape`, `[rows, width]` flat. `work` is called with ranges of rows and their part of it, and owns what it
/// reads, so that Ctrl-C ends the call within a row, too. Rows in its errors count from the range's first.
pub(crate) fn compute<'py, P: Send + 'static, T: Element + Send + 'static>(
    py: Python<'py>,
    plans: &Arc<Plans<P>>,
    batch: Batch,
    shape: &[usize],
    work: impl Fn(&mut P, Range<usize>, &mut [T]) -> Result<(), Refusal> + Send + Sync + 'static,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let plans = Arc::clone(plans);
    let cost = batch.rows.saturating_mul(batch.cost.max(batch.width));
    fill(py, cost, shape, move |out, cancelled| {
        let Batch { rows, cost, width, threads } = batch;
        let block = (BLOCK / cost.max(1)).max(1).saturating_mul(threads).next_multiple_of(GROUP);
        for first in (0..rows).step_by(block) {
            if cancelled.get() {
                break;
            }
            let range = first..rows.min(first + block);
            let out = &mut out[range.start * width..range.end * width];
            share(&plans, batch, range, out, &work)?;
        }
        Ok(())
    })
}

/// A new array of `shape` that `work` fills without Python's lock; see [`detached`].
pub(crate) fn fill<'py, T: Element + Send + 'static>(
    py: Python<'py>,
    cost: usize,
    shape: &[usize],
    work: impl FnOnce(&mut [T], &Cancelled) -> Result<(), Refusal> + Send + 'static,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let (array, mut out) = Output::zeros(py, shape)?;
    detached(py, cost, move |cancelled| work(out.as_mut_slice(), cancelled))??;
    Ok(array)
}

fn share<P: Send, T: Send>(
    plans: &Plans<P>,
    batch: Batch,
    rows: Range<usize>,
    out: &mut [T],
    work: &(impl Fn(&mut P, Range<usize>, &mut [T]) -> Result<(), Refusal> + Sync),
) -> Result<(), Refusal> {
    let useful = (rows.len().saturating_mul(batch.cost) / LEAST).max(1);
    let threads = batch.threads.min(rows.len()).min(useful);
    let piece = |rows: Range<usize>, out: &mut [T]| {
        let first = rows.start;
        plans.with(|plan| work(plan, rows, out)).map_err(|refusal: Refusal| refusal.after(first))
    };
    if threads <= 1 {
        return piece(rows, out);
    }
    let even = rows.len().div_ceil(threads);
    let share = if even >= 4 * GROUP { even.next_multiple_of(GROUP) } else { even };
    let pool = threads::pool(batch.threads)?;
    let done: Vec<_> = pool.install(|| {
        let parts = out.par_chunks_mut((share * batch.width).max(1)).enumerate();
        parts
            .map(|(part, out)| {
                let first = rows.start + part * share;
                piece(first..rows.end.min(first + share), out)
            })
            .collect()
    });
    // The first row's error, whichever thread was first.
    done.into_iter().collect()
}
