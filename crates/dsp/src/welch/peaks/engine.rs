//! Plans, tables and buffers of batched Welch peaks: built once, called many times.

use std::fmt;
use std::sync::Arc;

use super::params::WelchPeakParams;
use crate::error::{Error, Result};
use crate::lanes::{Isa, LaneSpec, LaneWelch, Offset, RowWelch, Rows, row_kernel, supports, welch_kernel};
use crate::params::Threads;
use crate::scratch::{Idle, Owner};

/// Implementation of the transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeaksEngine {
    /// Row by row through the FFT library; any `n_fft`. Powers are stored for one group of rows at a time.
    Streaming,
    /// As [`Streaming`](Self::Streaming), but the whole batch's PSD is stored before the peaks are taken.
    StoredPsd,
    /// The fused lanes kernel; for sizes that [`supports`] accepts.
    Lanes,
}

impl PeaksEngine {
    /// [`Lanes`](Self::Lanes) where there is a kernel for `n_fft`, else [`Streaming`](Self::Streaming).
    #[must_use]
    pub fn fastest(n_fft: usize) -> Self {
        if supports(n_fft) { Self::Lanes } else { Self::Streaming }
    }
}

/// One thread's kernels.
pub(super) struct Worker {
    lanes: Option<Box<dyn LaneWelch>>,
    rows: Box<dyn RowWelch>,
    /// Smallest number of rows for which a group of lanes is faster.
    least: usize,
}

impl Worker {
    fn new(params: &WelchPeakParams, engine: PeaksEngine, isa: Isa) -> Result<Self> {
        let (welch, window) = (&params.welch, params.welch.weights()?);
        let rows = row_kernel(isa, window.clone(), welch.hop, welch.n_segments)?;
        let lanes = match engine {
            PeaksEngine::Lanes => {
                let spec =
                    LaneSpec { window, hop: welch.hop, n_segments: welch.n_segments, offset: Offset::Keep };
                let reason =
                    || Error::argument("n_fft", format!("{}: no lanes kernel for this size", welch.n_fft));
                Some(welch_kernel(isa, spec).ok_or_else(reason)?)
            }
            PeaksEngine::Streaming | PeaksEngine::StoredPsd => None,
        };
        // An incomplete group costs as much as a full one; powers of two gain most from lanes.
        let least = if welch.n_fft.is_power_of_two() { 2 } else { isa.lanes().div_ceil(3) };
        Ok(Self { lanes, rows, least })
    }

    /// Computes the peaks of `rows`; returns the first row in which they are not finite.
    pub(super) fn peaks(&mut self, rows: Rows<'_>, k: usize, out: &mut [f32]) -> Option<usize> {
        match &mut self.lanes {
            Some(lanes) if rows.count >= self.least => lanes.peaks(rows, k, out),
            _ => self.rows.peaks(rows, k, out),
        }
    }

    pub(super) fn psd(&mut self, rows: Rows<'_>, scale: f32, out: &mut [f32]) {
        match &mut self.lanes {
            Some(lanes) if rows.count >= self.least => lanes.psd(rows, scale, out),
            _ => self.rows.psd(rows, scale, out),
        }
    }

    pub(super) fn top_k(&mut self, powers: &[f32], k: usize, out: &mut [f32]) -> Option<usize> {
        self.rows.top_k(powers, k, out)
    }
}

/// A plan for the packed peaks of batches. Immutable: threads may share it. Clones keep their idle
/// [`WelchPeaksScratch`] in common.
///
/// ```
/// use rlx_dsp::welch::peaks::{WelchPeakParams, WelchPeaks};
///
/// let params = WelchPeakParams::fast_for_n_fft(256, 4);
/// let x: Vec<f32> = (0..3 * params.welch.frame_len()).map(|i| (i as f32 * 0.25).sin()).collect();
/// let peaks = WelchPeaks::new(params)?.run_batch(&x, 3)?;
/// assert_eq!((peaks.len(), peaks[0]), (3 * 4 * 2, 10.0));
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WelchPeaks {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    params: WelchPeakParams,
    engine: PeaksEngine,
    threads: Threads,
    owner: Owner,
    idle: Idle<Result<WelchPeaksScratch>>,
}

impl WelchPeaks {
    /// A plan with the fastest engine, on the calling thread.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::new`].
    pub fn new(params: WelchPeakParams) -> Result<Self> {
        let engine = PeaksEngine::fastest(params.welch.n_fft);
        Self::with_engine(params, engine, 1)
    }

    /// A plan with this engine, whose rows these threads share.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::new`].
    pub fn with_engine(
        params: WelchPeakParams,
        engine: PeaksEngine,
        threads: impl Into<Threads>,
    ) -> Result<Self> {
        let (owner, threads) = (Owner::default(), threads.into());
        let mut first = WelchPeaksScratch::new(params.clone(), engine, threads.clone())?;
        first.owner = owner.clone();
        let idle = Idle::default();
        idle.with(|| Ok(first), |_| ());
        Ok(Self { shared: Arc::new(Shared { params, engine, threads, owner, idle }) })
    }

    /// The parameters.
    pub fn params(&self) -> &WelchPeakParams {
        &self.shared.params
    }

    /// Implementation of the transform.
    pub fn engine(&self) -> PeaksEngine {
        self.shared.engine
    }

    /// Kernels and buffers for [`run_into`](Self::run_into).
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::new`].
    pub fn scratch(&self) -> Result<WelchPeaksScratch> {
        let Shared { params, engine, threads, owner, .. } = &*self.shared;
        let scratch = WelchPeaksScratch::new(params.clone(), *engine, threads.clone())?;
        Ok(WelchPeaksScratch { owner: owner.clone(), ..scratch })
    }

    /// Packed peaks `[k_out, 2]` of one row.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::peaks_into`].
    pub fn run(&self, row: &[f32]) -> Result<Vec<f32>> {
        self.run_batch(row, 1)
    }

    /// Packed peaks `[rows, k_out, 2]` of rows of exactly `frame_len` samples.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::peaks_into`].
    pub fn run_batch(&self, samples: &[f32], rows: usize) -> Result<Vec<f32>> {
        let mut out = vec![0.0; rows.saturating_mul(2 * self.params().k_out())];
        let mut done = Ok(());
        let work = |scratch: &mut Result<WelchPeaksScratch>| {
            done = match scratch {
                Ok(scratch) => scratch.peaks_into(samples, rows, &mut out),
                Err(error) => Err(error.clone()),
            };
        };
        self.shared.idle.with(|| self.scratch(), work);
        done.map(|()| out)
    }

    /// [`run_batch`](Self::run_batch) into `out`, with rows of `row_len ≥ frame_len` samples of which the leading
    /// `frame_len` are used.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::peaks_of_rows_into`]; [`Error::Argument`] for scratch of another plan.
    pub fn run_into(
        &self,
        samples: &[f32],
        row_len: usize,
        scratch: &mut WelchPeaksScratch,
        out: &mut [f32],
    ) -> Result<()> {
        self.shared.owner.check(&scratch.owner)?;
        let rows = match row_len {
            0 => return Err(Error::argument("row_len", "rows of 0 samples")),
            len => samples.len() / len,
        };
        scratch.peaks_of_rows_into(samples, rows, row_len, out)
    }
}

/// Kernels and buffers of one set of [`WelchPeakParams`]: only the first call of a size allocates, except for passing
/// rows to other threads. The mutable part of [`WelchPeaks`], which callers may also keep by itself.
pub struct WelchPeaksScratch {
    pub(super) params: WelchPeakParams,
    pub(super) engine: PeaksEngine,
    owner: Owner,
    isa: Isa,
    pub(super) workers: Vec<Worker>,
    /// Thread pool of all workers except the first; `None` selects rayon's current pool.
    pub(super) pool: Option<Arc<rayon::ThreadPool>>,
    pub(super) stored: Vec<f32>,
}

impl WelchPeaksScratch {
    /// Creates a plan on the widest instruction set of the machine (or the one that `RLX_ISA` names).
    ///
    /// `threads` share the rows, and the calling thread is one of them. Unlike elsewhere [`Threads::Count`] starts no pool:
    /// the others are those of rayon's current pool, because a batch is often shorter than waking a pool of its own.
    ///
    /// # Errors
    /// Parameters outside their domain, an `n_fft` without a kernel for [`PeaksEngine::Lanes`], an unsupported
    /// `RLX_ISA`; [`Threads::Count`] of 0.
    pub fn new(params: WelchPeakParams, engine: PeaksEngine, threads: impl Into<Threads>) -> Result<Self> {
        params.validate()?;
        let isa = Isa::detect()?;
        let (threads, pool) = match threads.into() {
            Threads::Count(0) => return Err(Error::argument("threads", "0 threads were asked for")),
            Threads::Count(n) => (n, None),
            Threads::Caller => (1, None),
            Threads::Pool => (rayon::current_num_threads(), None),
            Threads::In(pool) => (pool.current_num_threads(), Some(pool)),
        };
        let workers = (0..threads).map(|_| Worker::new(&params, engine, isa)).collect::<Result<_>>()?;
        let owner = Owner::default();
        Ok(Self { params, engine, owner, isa, workers, pool, stored: Vec::new() })
    }

    /// Creates a plan with [`Lanes`](PeaksEngine::Lanes) if there is a kernel for `n_fft`, otherwise
    /// [`Streaming`](PeaksEngine::Streaming).
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn fastest(params: WelchPeakParams, threads: impl Into<Threads>) -> Result<Self> {
        let engine = PeaksEngine::fastest(params.welch.n_fft);
        Self::new(params, engine, threads)
    }

    /// The parameters.
    pub fn params(&self) -> &WelchPeakParams {
        &self.params
    }

    /// Implementation of the transform.
    pub fn engine(&self) -> PeaksEngine {
        self.engine
    }

    /// The instruction set that was chosen.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Returns the number of threads that share the rows.
    pub fn threads(&self) -> usize {
        self.workers.len()
    }
}

impl fmt::Debug for WelchPeaksScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WelchPeaksScratch")
            .field("params", &self.params)
            .field("engine", &self.engine)
            .field("isa", &self.isa)
            .field("threads", &self.workers.len())
            .finish_non_exhaustive()
    }
}
