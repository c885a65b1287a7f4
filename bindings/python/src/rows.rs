//! Rows of a batch over threads: plans are kept between calls, Python's lock is free while they work, and an interrupt
//! is looked for between blocks.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use rayon::prelude::*;
use rlx_fft::dsp::Result as DspResult;

use crate::errors::Refusal;
use crate::threads;

/// Samples between two looks for an interrupt, a thread: some 50 ms.
const BLOCK: usize = 1 << 23;

/// Fewest samples that are worth waking a thread for.
const LEAST: usize = 1 << 15;

/// Shares are whole groups of lanes.
const GROUP: usize = 16;

type Build<P> = Box<dyn Fn() -> DspResult<P> + Send + Sync>;

/// Plans of one kind: one for each thread that was ever at work at the same time.
pub(crate) struct Plans<P> {
    idle: Mutex<Vec<P>>,
    build: Build<P>,
}

impl<P: Send> Plans<P> {
    /// Builds the first, so that errors in parameters come now.
    pub(crate) fn new(build: impl Fn() -> DspResult<P> + Send + Sync + 'static) -> DspResult<Self> {
        let first = build()?;
        Ok(Self { idle: Mutex::new(vec![first]), build: Box::new(build) })
    }

    pub(crate) fn with<R, E: From<rlx_fft::dsp::Error>>(
        &self,
        work: impl FnOnce(&mut P) -> Result<R, E>,
    ) -> Result<R, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut plan = match idle {
            Some(plan) => plan,
            None => (self.build)()?,
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

/// Calls `work` with ranges of rows and their part of `out`, which is `[rows, width]`. Rows in its errors count from
/// the range's first.
pub(crate) fn run<P: Send, T: Send>(
    py: Python<'_>,
    plans: &Plans<P>,
    batch: Batch,
    out: &mut [T],
    work: impl Fn(&mut P, Range<usize>, &mut [T]) -> Result<(), Refusal> + Sync,
) -> PyResult<()> {
    let Batch { rows, cost, width, threads } = batch;
    let block = (BLOCK / cost.max(1)).max(1).saturating_mul(threads).next_multiple_of(GROUP);
    for first in (0..rows).step_by(block) {
        let range = first..rows.min(first + block);
        let out = &mut out[range.start * width..range.end * width];
        let last = range.end == rows;
        py.detach(|| share(plans, batch, range, out, &work))?;
        if !last {
            py.check_signals()?;
        }
    }
    Ok(())
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
