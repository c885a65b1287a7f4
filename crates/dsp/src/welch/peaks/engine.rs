//! Plans, tables and buffers of batched Welch peaks: built once, called many times.

use std::fmt;
use std::sync::Arc;

use super::params::WelchPeakParams;
use crate::error::{Error, Result};
use crate::lanes::{Isa, LaneSpec, LaneWelch, Offset, RowWelch, Rows, row_kernel, supports, welch_kernel};
use crate::scratch::{Idle, Owner};

/// How rows are transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeaksEngine {
    /// Row by row through the FFT library; any `n_fft`. Powers are kept for a group of rows at a time.
    Streaming,
    /// As [`Streaming`](Self::Streaming), but the whole batch's PSD is stored before the peaks are taken.
    StoredPsd,
    /// The fused lanes kernel; the sizes that [`supports`] names.
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
    /// Fewest rows for which a whole group of lanes pays.
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
        // A group that is not full costs the lanes as much as a full one; powers of two gain most from them.
        let least = if welch.n_fft.is_power_of_two() { 2 } else { isa.lanes().div_ceil(3) };
        Ok(Self { lanes, rows, least })
    }

    /// Peaks of `rows`; the first row in which they are not finite.
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
    threads: usize,
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

    /// A plan with this engine, whose rows `threads` threads share: 1 is the calling thread, 0 one per core.
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::new`].
    pub fn with_engine(params: WelchPeakParams, engine: PeaksEngine, threads: usize) -> Result<Self> {
        let owner = Owner::default();
        let mut first = WelchPeaksScratch::new(params.clone(), engine, threads)?;
        first.owner = owner.clone();
        let idle = Idle::default();
        idle.with(|| Ok(first), |_| ());
        Ok(Self { shared: Arc::new(Shared { params, engine, threads, owner, idle }) })
    }

    /// The parameters.
    pub fn params(&self) -> &WelchPeakParams {
        &self.shared.params
    }

    /// How rows are transformed.
    pub fn engine(&self) -> PeaksEngine {
        self.shared.engine
    }

    /// Kernels and buffers for [`run_into`](Self::run_into).
    ///
    /// # Errors
    /// Those of [`WelchPeaksScratch::new`].
    pub fn scratch(&self) -> Result<WelchPeaksScratch> {
        let Shared { params, engine, threads, owner, .. } = &*self.shared;
        let scratch = WelchPeaksScratch::new(params.clone(), *engine, *threads)?;
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

/// Kernels and buffers of one set of [`WelchPeakParams`]: no call after the first of a size allocates, but for
/// what handing rows to other threads takes. The mutable part of [`WelchPeaks`], which callers may also keep by itself.
pub struct WelchPeaksScratch {
    pub(super) params: WelchPeakParams,
    pub(super) engine: PeaksEngine,
    owner: Owner,
    isa: Isa,
    pub(super) workers: Vec<Worker>,
    pub(super) stored: Vec<f32>,
}

impl WelchPeaksScratch {
    /// A plan on the widest instruction set of the machine (or the one that `RLX_ISA` names).
    ///
    /// `threads` share the rows: 1 is the caller's alone, 0 one per core. The others are those of rayon's current pool, so
    /// that plans have no threads of their own to start and to wake.
    ///
    /// # Errors
    /// Parameters outside their domain, an `n_fft` that [`PeaksEngine::Lanes`] has no kernel for, an `RLX_ISA` that the
    /// machine lacks.
    pub fn new(params: WelchPeakParams, engine: PeaksEngine, threads: usize) -> Result<Self> {
        params.validate()?;
        let isa = Isa::detect()?;
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let workers = (0..threads).map(|_| Worker::new(&params, engine, isa)).collect::<Result<_>>()?;
        let owner = Owner::default();
        Ok(Self { params, engine, owner, isa, workers, stored: Vec::new() })
    }

    /// [`Lanes`](PeaksEngine::Lanes) where there is a kernel for `n_fft`, else [`Streaming`](PeaksEngine::Streaming).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn fastest(params: WelchPeakParams, threads: usize) -> Result<Self> {
        let engine = PeaksEngine::fastest(params.welch.n_fft);
        Self::new(params, engine, threads)
    }

    /// The parameters.
    pub fn params(&self) -> &WelchPeakParams {
        &self.params
    }

    /// How rows are transformed.
    pub fn engine(&self) -> PeaksEngine {
        self.engine
    }

    /// The instruction set that was chosen.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Threads that share the rows.
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
