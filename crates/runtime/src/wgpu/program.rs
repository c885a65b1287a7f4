//! A lowered plan with its ring of buffers.

use std::sync::Arc;

use super::gpu::Gpu;
use super::lower::{Lowered, Repair};
use super::slot::{Chunk, Shared, Slot, shared};
use crate::cpu::refuse_non_finite;
use crate::error::{Error, Result};
use crate::session::{Program, Timed};

/// Chunks in flight: one is copied in while others are computed and copied back.
const RING: usize = 4;
/// Input bytes of a chunk. On an H100, chunks of 4 MiB took 1.3 to 1.5 times as long: submitting and mapping cost more
/// than overlapping saves.
const CHUNK_BYTES: usize = 16 << 20;
/// A kernel counts values in 32 bits.
const MAX_VALUES: u64 = 1 << 32;

/// The device's part of a plan, ready to run.
pub(super) struct WgpuProgram {
    gpu: Arc<Gpu>,
    lowered: Lowered,
    chunks: Vec<Chunk>,
    shared: Shared,
    slots: Vec<Slot>,
    threads: usize,
    /// Buffers of the whole batch, for timing without copies.
    resident: Option<Slot>,
}

impl WgpuProgram {
    pub(super) fn new(gpu: Arc<Gpu>, lowered: Lowered, threads: usize) -> Result<Self> {
        let most = most_rows(&gpu, &lowered)?;
        let row = lowered.inputs.iter().map(|&i| lowered.values[i].row_bytes).sum::<usize>().max(1);
        let count = lowered.batch.div_ceil(most.min(CHUNK_BYTES.div_ceil(row)).max(1));
        // Chunks of one size: what is recorded for one serves all but the last.
        let rows = lowered.batch.div_ceil(count.max(1)).max(1);
        let chunks: Vec<Chunk> = (0..lowered.batch)
            .step_by(rows)
            .map(|first| Chunk { first, rows: rows.min(lowered.batch - first) })
            .collect();
        let shared = shared(&gpu, &lowered, rows)?;
        let ring = RING.min(chunks.len());
        let mut slots =
            (0..ring).map(|_| Slot::new(&gpu, &lowered, &shared, rows)).collect::<Result<Vec<_>>>()?;
        if let Some(last) = chunks.last() {
            slots[(chunks.len() - 1) % ring].prepare(&gpu, &lowered, last.rows)?;
        }
        Ok(Self { gpu, lowered, chunks, shared, slots, threads, resident: None })
    }

    fn flow(&mut self, inputs: &[&[u8]], outputs: &mut [&mut [f32]]) -> Result<()> {
        let Self { gpu, lowered, chunks, slots, threads, .. } = self;
        let ring = slots.len().max(1);
        for (index, &chunk) in chunks.iter().enumerate() {
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
}

/// Rows that the buffers of every value can have.
fn most_rows(gpu: &Gpu, lowered: &Lowered) -> Result<usize> {
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

/// Rows without finite powers, once more on the host: an error by the policy, or the powers that the host finds.
fn repair(repair: &mut Repair, samples: &[f32], out: &mut [f32]) -> Result<()> {
    let Repair { row_len, width, host, .. } = repair;
    for (row, out) in out.chunks_exact_mut(*width).enumerate() {
        if out[1].is_finite() {
            continue;
        }
        host.run(&[&samples[row * *row_len..][..*row_len]], &mut [out]).map_err(|error| match error {
            Error::Dsp(rlx_dsp::Error::NonFinite { index, value, .. }) => {
                Error::Dsp(rlx_dsp::Error::NonFinite { row, index, value })
            }
            other => other,
        })?;
    }
    Ok(())
}

impl Program for WgpuProgram {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        for (input, row_len) in inputs.iter().zip(&self.lowered.check_rows) {
            if let Some(row_len) = row_len {
                refuse_non_finite(input, *row_len)?;
            }
        }
        let bytes: Vec<&[u8]> = inputs.iter().map(|i| bytemuck::cast_slice(i)).collect();
        let done = self.flow(&bytes, outputs);
        if done.is_err() {
            self.slots.iter_mut().for_each(Slot::abandon);
        }
        done?;
        for r in &mut self.lowered.repairs {
            let (samples, out) = (inputs[r.input], &mut *outputs[r.output]);
            repair(r, samples, out)?;
        }
        Ok(())
    }

    fn timings(&self) -> &[Timed] {
        if self.gpu.timestamps { &[Timed::Resident] } else { &[] }
    }

    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        if timed != Timed::Resident || !self.gpu.timestamps {
            return Err(Error::unsupported(format!("{} is not timed {timed}", self.gpu.id)));
        }
        let rows = self.lowered.batch;
        if rows == 0 || rows > most_rows(&self.gpu, &self.lowered)? {
            return Err(Error::unsupported(format!(
                "{rows} rows do not lie in one buffer of {}",
                self.gpu.id
            )));
        }
        if self.resident.is_none() {
            let own = if self.chunks.len() > 1 {
                shared(&self.gpu, &self.lowered, rows)?
            } else {
                self.shared.clone()
            };
            self.resident = Some(Slot::new(&self.gpu, &self.lowered, &own, rows)?);
        }
        let Self { gpu, lowered, resident, threads, .. } = self;
        let Some(slot) = resident else { return Err(Error::unsupported("nothing is resident")) };
        let bytes: Vec<&[u8]> = inputs.iter().map(|i| bytemuck::cast_slice(i)).collect();
        slot.submit(gpu, lowered, Chunk { first: 0, rows }, &bytes, *threads)?;
        slot.collect(gpu, lowered, outputs)?;
        super::timing::device_ns(gpu, runs, |encoder, writes| slot.record(encoder, rows, writes))
    }
}
