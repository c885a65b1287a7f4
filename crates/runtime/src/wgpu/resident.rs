//! A design on buffers on the device: recorded, not run.

use std::num::NonZeroU64;

use super::flow::{MAX_VALUES, most_rows};
use super::gpu::Gpu;
use super::kernel::Sized;
use super::lower::Lowered;
use super::slot::{Chunk, Shared, shared};
use crate::error::{Error, Result};

/// Parts of a batch that bindings can hold, and the intermediate values of one part.
pub(super) struct Resident {
    chunks: Vec<Chunk>,
    shared: Shared,
    /// The launches of the kernels for each number of rows per chunk.
    sized: Vec<(usize, Vec<Sized>)>,
}

impl Resident {
    pub(super) fn new(gpu: &Gpu, lowered: &Lowered) -> Result<Self> {
        let chunks = chunks(gpu, lowered)?;
        let rows = chunks.first().map_or(0, |c| c.rows);
        let mut sized: Vec<(usize, Vec<Sized>)> = Vec::new();
        for chunk in &chunks {
            if sized.iter().all(|(rows, _)| *rows != chunk.rows) {
                let kernels = lowered.kernels.iter().map(|p| p.kernel.sized(gpu, chunk.rows));
                sized.push((chunk.rows, kernels.collect::<Result<_>>()?));
            }
        }
        Ok(Self { chunks, shared: shared(gpu, lowered, rows)?, sized })
    }

    /// Records the kernels over these buffers, one per input and one per output.
    pub(super) fn record(
        &self,
        gpu: &Gpu,
        lowered: &Lowered,
        encoder: &mut wgpu::CommandEncoder,
        inputs: &[wgpu::Buffer],
        outputs: &[wgpu::Buffer],
    ) -> Result<()> {
        let place = |value: usize, chunk: &Chunk| {
            let given = |list: &[usize], buffers: &'_ [wgpu::Buffer]| {
                list.iter().position(|v| *v == value).and_then(|at| buffers.get(at).cloned())
            };
            let row = lowered.values[value].row_bytes;
            let outside = given(&lowered.inputs, inputs).or_else(|| given(&lowered.outputs, outputs));
            let (buffer, first) = match (outside, &self.shared[value]) {
                (Some(buffer), _) => (buffer, chunk.first),
                (None, Some(between)) => (between.clone(), 0),
                (None, None) => return Err(Error::unsupported("a value has no buffer")),
            };
            // Sizes of bindings and buffers are multiples of four bytes.
            let size = NonZeroU64::new(((chunk.rows * row) as u64).next_multiple_of(4));
            Ok((buffer, (first * row) as u64, size))
        };
        for chunk in &self.chunks {
            let sized = self.sized.iter().find(|(rows, _)| *rows == chunk.rows).map(|(_, s)| s);
            let mut launches = Vec::new();
            for (placed, sized) in lowered.kernels.iter().zip(sized.into_iter().flatten()) {
                let (from, to) = (place(placed.from, chunk)?, place(placed.to, chunk)?);
                launches.push(placed.kernel.bind(gpu, sized, part(&from), &[part(&to)])?);
            }
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            launches.iter().for_each(|l| l.record(&mut pass));
        }
        Ok(())
    }
}

fn part((buffer, offset, size): &(wgpu::Buffer, u64, Option<NonZeroU64>)) -> wgpu::BufferBinding<'_> {
    wgpu::BufferBinding { buffer, offset: *offset, size: *size }
}

/// Divides the batch into parts whose values can all be bound: as many rows as limits allow, each part starting at an
/// offset that a binding may have.
fn chunks(gpu: &Gpu, lowered: &Lowered) -> Result<Vec<Chunk>> {
    let most = most_rows(gpu, lowered)?;
    let rows = if most >= lowered.batch {
        lowered.batch
    } else {
        let limit = gpu.max_buffer().min(4 * MAX_VALUES);
        let named = format!("{} has max_storage_buffer_binding_size {limit}", gpu.id);
        if lowered.outputs.iter().any(|&v| lowered.values[v].planes > 1) {
            let batch = lowered.batch;
            return Err(Error::unsupported(format!("a batch of {batch} in planes is not split; {named}")));
        }
        let align = u64::from(gpu.limits.min_storage_buffer_offset_alignment).max(4);
        let outside = lowered.inputs.iter().chain(&lowered.outputs);
        let step = outside.fold(1, |step, &v| {
            let bytes = lowered.values[v].row_bytes.max(1) as u64;
            // Alignments are powers of two.
            step.max(align >> bytes.trailing_zeros().min(align.trailing_zeros()))
        });
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        let rows = most / step * step;
        if rows == 0 {
            return Err(Error::unsupported(format!("{step} rows do not fit in a binding; {named}")));
        }
        rows
    };
    let starts = (0..lowered.batch).step_by(rows.max(1));
    Ok(starts.map(|first| Chunk { first, rows: rows.min(lowered.batch - first) }).collect())
}
