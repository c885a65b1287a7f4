//! A design on a device: its kernels, its ring of buffers, and the processing of batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::gpu::Gpu;
use super::lower::Lowered;
use super::resident::Resident;
use super::slot::{Chunk, Shared, Slot, shared};
use crate::error::{Error, Result};

/// Chunks in flight: one is copied in while others are computed and copied back.
const RING: usize = 4;
/// Bytes per chunk of input or output, whichever is larger. On an H100, chunks of 4 MiB took 1.3 to 1.5 times as
/// long, because submitting and mapping cost more than overlapping saves.
const CHUNK_BYTES: usize = 16 << 20;
/// A kernel counts values in 32 bits.
pub(super) const MAX_VALUES: u64 = 1 << 32;

/// Kernels and buffers for samples of one type.
pub(super) struct Flow {
    gpu: Arc<Gpu>,
    pub(super) lowered: Lowered,
    chunks: Vec<Chunk>,
    shared: Shared,
    slots: Vec<Slot>,
    threads: usize,
    /// Buffers of the whole batch, for timing without copies.
    whole: Option<Slot>,
    /// For data on the device.
    resident: Option<Resident>,
}

impl Flow {
    pub(super) fn new(gpu: &Arc<Gpu>, lowered: Lowered, threads: usize) -> Result<Self> {
        let most = most_rows(gpu, &lowered)?;
        let bytes = |values: &[usize]| values.iter().map(|&i| lowered.values[i].row_bytes).sum::<usize>();
        let row = bytes(&lowered.inputs).max(bytes(&lowered.outputs)).max(1);
        let count = lowered.batch.div_ceil(most.min(CHUNK_BYTES.div_ceil(row)).max(1));
        // Chunks of one size: the bindings of one are valid for all except the last.
        let rows = lowered.batch.div_ceil(count.max(1)).max(1);
        let chunks: Vec<Chunk> = (0..lowered.batch)
            .step_by(rows)
            .map(|first| Chunk { first, rows: rows.min(lowered.batch - first) })
            .collect();
        let shared = shared(gpu, &lowered, rows)?;
        let slots = ring(gpu, &lowered, &shared, &chunks)?;
        Ok(Self {
            gpu: Arc::clone(gpu),
            lowered,
            chunks,
            shared,
            slots,
            threads,
            whole: None,
            resident: None,
        })
    }

    /// Runs a batch. The host waits once at the end, and earlier only if the ring is full.
    pub(super) fn run(
        &mut self,
        inputs: &[&[u8]],
        outputs: &mut [&mut [f32]],
        cancel: Option<&AtomicBool>,
    ) -> Result<()> {
        if self.slots.is_empty() {
            self.slots = ring(&self.gpu, &self.lowered, &self.shared, &self.chunks)?;
        }
        let done = self.flow(inputs, outputs, cancel);
        if done.is_err() {
            // Staging buffers may still be mapped or about to be mapped: the next run makes new ones.
            self.slots.clear();
        }
        done
    }

    fn flow(
        &mut self,
        inputs: &[&[u8]],
        outputs: &mut [&mut [f32]],
        cancel: Option<&AtomicBool>,
    ) -> Result<()> {
        let Self { gpu, lowered, chunks, slots, threads, .. } = self;
        let ring = slots.len().max(1);
        for (index, &chunk) in chunks.iter().enumerate() {
            if cancel.is_some_and(|c| c.load(Ordering::Relaxed)) {
                return Err(Error::Cancelled);
            }
            let slot = &mut slots[index % ring];
            slot.collect(gpu, lowered, outputs)?;
            slot.submit(gpu, lowered, chunk, inputs, *threads)?;
        }
        for index in 0..ring {
            if let Some(slot) = slots.get_mut((chunks.len() + index) % ring) {
                slot.collect(gpu, lowered, outputs)?;
            }
        }
        Ok(())
    }

    /// Records the kernels over buffers on the device.
    pub(super) fn record(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        inputs: &[wgpu::Buffer],
        outputs: &[wgpu::Buffer],
    ) -> Result<()> {
        let Self { gpu, lowered, resident, .. } = self;
        let resident = match resident {
            Some(resident) => resident,
            none => none.insert(Resident::new(gpu, lowered)?),
        };
        resident.record(gpu, lowered, encoder, inputs, outputs)
    }

    /// Returns the mean time of one run of the kernels in ns, by the device's clock, with all data on the device.
    pub(super) fn time_resident(
        &mut self,
        runs: usize,
        inputs: &[&[u8]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        let rows = self.lowered.batch;
        if rows == 0 || rows > most_rows(&self.gpu, &self.lowered)? {
            return Err(Error::unsupported(format!(
                "{rows} rows do not lie in one buffer of {}",
                self.gpu.id
            )));
        }
        if self.whole.is_none() {
            let one = self.chunks.len() <= 1;
            let own = if one { self.shared.clone() } else { shared(&self.gpu, &self.lowered, rows)? };
            self.whole = Some(Slot::new(&self.gpu, &self.lowered, &own, rows)?);
        }
        let Self { gpu, lowered, whole, threads, .. } = self;
        let Some(slot) = whole else { return Err(Error::unsupported("nothing is resident")) };
        slot.submit(gpu, lowered, Chunk { first: 0, rows }, inputs, *threads)?;
        slot.collect(gpu, lowered, outputs)?;
        super::timing::device_ns(gpu, runs, |encoder, writes| slot.record(encoder, rows, writes))
    }
}

/// Makes buffers for the chunks in flight.
fn ring(gpu: &Gpu, lowered: &Lowered, shared: &Shared, chunks: &[Chunk]) -> Result<Vec<Slot>> {
    let (Some(first), Some(last)) = (chunks.first(), chunks.last()) else { return Ok(Vec::new()) };
    let ring = RING.min(chunks.len());
    let make = |_| Slot::new(gpu, lowered, shared, first.rows);
    let mut slots = (0..ring).map(make).collect::<Result<Vec<_>>>()?;
    slots[(chunks.len() - 1) % ring].prepare(gpu, lowered, last.rows)?;
    Ok(slots)
}

/// Returns the most rows that the buffers of every value can hold.
pub(super) fn most_rows(gpu: &Gpu, lowered: &Lowered) -> Result<usize> {
    let limit = gpu.max_buffer().min(4 * MAX_VALUES);
    let mut most = usize::MAX;
    for value in &lowered.values {
        let rows = limit / value.row_bytes.max(1) as u64;
        if rows == 0 {
            return Err(Error::unsupported(format!(
                "a row takes a buffer of {} bytes, {} has max_storage_buffer_binding_size {limit}",
                value.row_bytes, gpu.id
            )));
        }
        most = most.min(usize::try_from(rows).unwrap_or(usize::MAX));
    }
    Ok(most)
}
