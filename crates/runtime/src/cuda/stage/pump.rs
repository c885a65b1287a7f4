//! Runs a batch on one or several devices.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::driver::Context;
use super::chunks::{Chunks, Feed, RowBytes};
use super::host::{Source, Target};
use super::slot::{Kernels, Slot, Value};
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// One run.
pub(in crate::cuda) struct Job<'a> {
    pub(in crate::cuda) batch: usize,
    pub(in crate::cuda) input: Source,
    /// Bytes of one row of the input.
    pub(in crate::cuda) in_row: usize,
    pub(in crate::cuda) targets: &'a [Target],
    /// Ends the run between two chunks once it is true.
    pub(in crate::cuda) cancel: Option<&'a AtomicBool>,
    /// NaN and infinity that the kernels found among the samples.
    pub(in crate::cuda) non_finite: NonFinite,
}

/// The first sample of a batch that is NaN or infinite.
pub(in crate::cuda) struct NonFinite {
    row_len: u64,
    first: AtomicU64,
}

impl NonFinite {
    /// Nothing found yet; the kernels check `row_len` samples per row.
    pub(in crate::cuda) fn none(row_len: usize) -> Self {
        Self { row_len: row_len.max(1) as u64, first: AtomicU64::new(u64::MAX) }
    }

    /// Reports `found` of a chunk that begins at row `start`.
    pub(super) fn report(&self, start: usize, found: u64) {
        self.first.fetch_min((start as u64 * self.row_len).saturating_add(found), Ordering::Relaxed);
    }

    /// Returns the row and the index within it.
    pub(in crate::cuda) fn first(&self) -> Option<(usize, usize)> {
        let first = self.first.load(Ordering::Relaxed);
        let at = |v: u64| usize::try_from(v).unwrap_or(usize::MAX);
        (first != u64::MAX).then(|| (at(first / self.row_len), at(first % self.row_len)))
    }
}

/// A device's share of a program.
struct Shard {
    context: Arc<Context>,
    kernels: Arc<dyn Kernels>,
    /// Slots for each kind of input: their sizes differ, and a caller that alternates between kinds must not cause
    /// new allocations.
    slots: Vec<(Feeding, Vec<Slot>)>,
}

/// Kind of input: whether it is pinned, and the type of its samples.
type Feeding = (bool, SampleFormat);

impl Shard {
    fn slots(&mut self, feeding: Feeding) -> &mut Vec<Slot> {
        let at = match self.slots.iter().position(|(key, _)| *key == feeding) {
            Some(at) => at,
            None => {
                self.slots.push((feeding, Vec::new()));
                self.slots.len() - 1
            }
        };
        &mut self.slots[at].1
    }
}

/// Runs the kernels of a program on its devices.
pub(in crate::cuda) struct Pump {
    shards: Vec<Shard>,
    values: Vec<Value>,
    /// Rows depend on one another: the batch is not divided.
    whole: bool,
    /// Threads that may copy into pinned memory.
    threads: usize,
}

/// Below this size (bytes of samples), copying the batch costs less than the driver calls that it saves.
const REPLAY_BYTES: usize = 192 << 10;
/// The same limit if the samples have to be copied in any case.
const REPLAY_STAGED_BYTES: usize = 512 << 10;

impl Pump {
    pub(in crate::cuda) fn new(
        shards: Vec<(Arc<Context>, Arc<dyn Kernels>)>,
        values: Vec<Value>,
        whole: bool,
        threads: usize,
    ) -> Self {
        let shards = shards
            .into_iter()
            .map(|(context, kernels)| Shard { context, kernels, slots: Vec::new() })
            .collect();
        Self { shards, values, whole, threads }
    }

    /// Runs a batch. When it returns, with or without an error, nothing uses the caller's memory any more.
    pub(in crate::cuda) fn run(&mut self, job: &Job<'_>) -> Result<()> {
        if job.batch == 0 {
            return Ok(());
        }
        let of_row = |v: &Value| v.row * v.planes;
        let output: usize = self.values.iter().filter(|v| v.result.is_some()).map(of_row).sum();
        let all: usize = self.values.iter().map(of_row).sum();
        let row = RowBytes { input: job.in_row, output, device: job.in_row + all };
        let pinned = job.input.pinned && job.targets.iter().all(|t| t.pinned);
        let feed = if pinned { Feed::Pinned } else { Feed::Threads(self.threads) };
        let mut chunks = if self.whole {
            Chunks::whole(job.batch)
        } else {
            Chunks::plan(job.batch, row, feed, self.shards.len())
        };
        // The memory that is free now is an estimate: another process may take it, so a failed allocation halves the
        // chunks again.
        let feeding = (pinned, job.input.format);
        let held = self.shards.iter_mut().any(|s| !s.slots(feeding).is_empty());
        if !self.whole && !held && chunks.rows.saturating_mul(row.device) > 64 << 20 {
            let (free, _) = self.shards[0].context.memory()?;
            chunks = chunks.within(job.batch, row, free / 10 * 9);
        }
        loop {
            match self.reserve(feeding, chunks, job.in_row) {
                Ok(()) => break,
                Err(error @ Error::DeviceMemory { .. }) => {
                    self.release();
                    let smaller = if self.whole { None } else { chunks.smaller(job.batch) };
                    chunks = smaller.ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
        let limit = if pinned { REPLAY_BYTES } else { REPLAY_STAGED_BYTES };
        if chunks.count == 1 && job.batch * job.in_row.max(output) <= limit {
            cancelled(job)?;
            let shard = &mut self.shards[0];
            let kernels = shard.kernels.clone();
            return shard.slots(feeding)[0].replay(&*kernels, &self.values, job);
        }
        self.pump(job, feeding, chunks)
    }

    /// Frees every buffer.
    pub(in crate::cuda) fn release(&mut self) {
        self.shards.iter_mut().for_each(|s| s.slots.clear());
    }

    /// Makes slots for these chunks on every device.
    fn reserve(&mut self, feeding: Feeding, chunks: Chunks, in_row: usize) -> Result<()> {
        let count = (chunks.threads * chunks.slots).min(chunks.count.div_ceil(self.shards.len()));
        for shard in &mut self.shards {
            let context = shard.context.clone();
            let slots = shard.slots(feeding);
            if slots.iter().any(|slot| !slot.holds(chunks.rows, in_row)) {
                slots.clear();
            }
            while slots.len() < count {
                slots.push(Slot::new(&context, chunks.rows, in_row, &self.values)?);
            }
        }
        Ok(())
    }

    fn pump(&mut self, job: &Job<'_>, feeding: Feeding, chunks: Chunks) -> Result<()> {
        let run = Run {
            job,
            chunks,
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            error: Mutex::new(None),
        };
        let values = &self.values;
        let mut lanes: Vec<(&dyn Kernels, &mut [Slot])> = Vec::new();
        for shard in &mut self.shards {
            let Shard { kernels, slots, .. } = shard;
            let kernels: &dyn Kernels = &**kernels;
            let Some((_, slots)) = slots.iter_mut().find(|(key, _)| *key == feeding) else { continue };
            lanes.extend(slots.chunks_mut(chunks.slots).take(chunks.threads).map(|slots| (kernels, slots)));
        }
        let mut lanes = lanes.into_iter();
        let own = lanes.next();
        rayon::in_place_scope(|scope| {
            for (kernels, slots) in lanes {
                let run = &run;
                scope.spawn(move |_| run.lane(kernels, values, slots));
            }
            if let Some((kernels, slots)) = own {
                run.lane(kernels, values, slots);
            }
        });
        match run.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

fn cancelled(job: &Job<'_>) -> Result<()> {
    if job.cancel.is_some_and(|c| c.load(Ordering::Relaxed)) { Err(Error::Cancelled) } else { Ok(()) }
}

/// A batch in progress, shared by the threads that feed it.
struct Run<'a> {
    job: &'a Job<'a>,
    chunks: Chunks,
    next: AtomicUsize,
    failed: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl Run<'_> {
    /// Takes chunks until none is left, and alternates between the slots.
    fn lane(&self, kernels: &dyn Kernels, values: &[Value], slots: &mut [Slot]) {
        if let Err(error) = self.feed(kernels, values, slots) {
            self.failed.store(true, Ordering::Relaxed);
            // The first error is the cause; others follow from it.
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        slots.iter_mut().for_each(Slot::abandon);
    }

    fn feed(&self, kernels: &dyn Kernels, values: &[Value], slots: &mut [Slot]) -> Result<()> {
        let mut turn = 0;
        while !self.failed.load(Ordering::Relaxed) {
            cancelled(self.job)?;
            let slot = &mut slots[turn % slots.len()];
            // Only a free slot takes a chunk: a slow device must not hold work that a fast one could do.
            slot.finish(values, self.job)?;
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.chunks.count {
                break;
            }
            slot.start(kernels, values, self.job, self.chunks.range(index, self.job.batch))?;
            turn += 1;
        }
        for _ in 0..slots.len() {
            let slot = &mut slots[turn % slots.len()];
            slot.finish(values, self.job)?;
            turn += 1;
        }
        Ok(())
    }
}
