//! The buffers of one chunk in flight.

use super::design::Value;
use super::gpu::Gpu;
use super::kernel::Launch;
use super::lower::Lowered;
use super::transfer::Staging;
use crate::error::Result;

/// Rows of the batch that the device processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) first: usize,
    pub(super) rows: usize,
}

/// Buffers for up to `rows` rows, and the launches recorded over them.
#[derive(Debug)]
pub(super) struct Slot {
    /// Indexed by value; buffers of intermediate values are shared by all slots.
    buffers: Vec<wgpu::Buffer>,
    uploads: Vec<Staging>,
    readbacks: Vec<Staging>,
    launches: Vec<(usize, Vec<Launch>)>,
    in_flight: Option<(Chunk, wgpu::SubmissionIndex)>,
}

/// Buffers of intermediate values.
pub(super) type Shared = Vec<Option<wgpu::Buffer>>;

/// Makes buffers of `rows` rows for the values that are neither input nor output. Kernels of different chunks run one
/// after another, so one set is enough.
pub(super) fn shared(gpu: &Gpu, lowered: &Lowered, rows: usize) -> Result<Shared> {
    let between = |index: usize| !lowered.inputs.contains(&index) && !lowered.outputs.contains(&index);
    let make = |(index, value): (usize, &Value)| {
        let bytes = (rows * value.row_bytes) as u64;
        between(index).then(|| gpu.buffer("value", bytes, wgpu::BufferUsages::STORAGE)).transpose()
    };
    lowered.values.iter().enumerate().map(make).collect()
}

impl Slot {
    /// Makes buffers for chunks of `rows` rows.
    pub(super) fn new(gpu: &Gpu, lowered: &Lowered, shared: &Shared, rows: usize) -> Result<Self> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let bytes = |index: usize| (rows * lowered.values[index].row_bytes) as u64;
        let uploads: Vec<Staging> =
            lowered.inputs.iter().map(|&i| Staging::upload(gpu, bytes(i))).collect::<Result<_>>()?;
        let readbacks: Vec<Staging> =
            lowered.outputs.iter().map(|&i| Staging::readback(gpu, bytes(i))).collect::<Result<_>>()?;
        // If memory is unified, kernels use the buffers that the host maps.
        let mapped = |values: &[usize], staging: &[Staging], index: usize| {
            let at = values.iter().position(|&i| i == index).filter(|_| gpu.unified);
            at.map(|at| staging[at].buffer().clone())
        };
        let mut buffers = Vec::new();
        for (index, between) in shared.iter().enumerate() {
            let known = between.clone();
            let known = known.or_else(|| mapped(&lowered.inputs, &uploads, index));
            let known = known.or_else(|| mapped(&lowered.outputs, &readbacks, index));
            buffers.push(match known {
                Some(buffer) => buffer,
                None => gpu.buffer("value", bytes(index), usage)?,
            });
        }
        let mut slot = Self { buffers, uploads, readbacks, launches: Vec::new(), in_flight: None };
        slot.prepare(gpu, lowered, rows)?;
        Ok(slot)
    }

    /// Makes bindings for chunks of exactly `rows` rows.
    pub(super) fn prepare(&mut self, gpu: &Gpu, lowered: &Lowered, rows: usize) -> Result<()> {
        if self.launches.iter().any(|(known, _)| *known == rows) {
            return Ok(());
        }
        let mut launches = Vec::new();
        for placed in &lowered.kernels {
            let (from, to) = (&self.buffers[placed.from], &self.buffers[placed.to]);
            let sized = placed.kernel.sized(gpu, rows)?;
            let (from, to) = (from.as_entire_buffer_binding(), to.as_entire_buffer_binding());
            launches.push(placed.kernel.bind(gpu, &sized, from, &[to])?);
        }
        self.launches.push((rows, launches));
        Ok(())
    }

    /// Copies a chunk to the device and submits all its work.
    pub(super) fn submit(
        &mut self,
        gpu: &Gpu,
        lowered: &Lowered,
        chunk: Chunk,
        inputs: &[&[u8]],
        threads: usize,
    ) -> Result<()> {
        for ((staging, &value), input) in self.uploads.iter().zip(&lowered.inputs).zip(inputs) {
            let row = lowered.values[value].row_bytes;
            staging.write(gpu, &input[chunk.first * row..][..chunk.rows * row], threads)?;
        }
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (staging, &value) in self.uploads.iter().zip(&lowered.inputs).filter(|_| !gpu.unified) {
            let bytes = (chunk.rows * lowered.values[value].row_bytes).next_multiple_of(4) as u64;
            encoder.copy_buffer_to_buffer(staging.buffer(), 0, &self.buffers[value], 0, bytes);
        }
        self.record(&mut encoder, chunk.rows, None);
        for (staging, &value) in self.readbacks.iter().zip(&lowered.outputs).filter(|_| !gpu.unified) {
            let bytes = (chunk.rows * lowered.values[value].row_bytes) as u64;
            encoder.copy_buffer_to_buffer(&self.buffers[value], 0, staging.buffer(), 0, bytes);
        }
        let submission = gpu.queue.submit([encoder.finish()]);
        self.in_flight = Some((chunk, submission));
        self.readbacks.iter().for_each(Staging::map);
        // A kernel that runs again needs its operand unmapped.
        self.uploads.iter().filter(|_| !gpu.unified).for_each(Staging::map);
        gpu.check("a submission")
    }

    /// Records the kernels.
    pub(super) fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        rows: usize,
        timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) {
        let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
        let mut pass = encoder.begin_compute_pass(&descriptor);
        for (_, launches) in self.launches.iter().filter(|(known, _)| *known == rows) {
            launches.iter().for_each(|l| l.record(&mut pass));
        }
    }

    /// Waits for the chunk in flight, copies its results to the caller and returns the chunk.
    pub(super) fn collect(
        &mut self,
        gpu: &Gpu,
        lowered: &Lowered,
        outputs: &mut [&mut [f32]],
    ) -> Result<Option<Chunk>> {
        let Some((chunk, submission)) = self.in_flight.take() else { return Ok(None) };
        gpu.wait(&submission)?;
        for ((staging, &value), output) in self.readbacks.iter().zip(&lowered.outputs).zip(outputs) {
            let mut parts: Vec<(usize, &mut [u8])> = Vec::new();
            let mut at = 0;
            let Value { row_bytes, planes } = lowered.values[value];
            let (row, plane) = (row_bytes / planes, lowered.batch * row_bytes / planes);
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(output);
            for part in bytes.chunks_exact_mut(plane.max(1)) {
                parts.push((at, &mut part[chunk.first * row..][..chunk.rows * row]));
                at += chunk.rows * row;
            }
            staging.read(gpu, &mut parts)?;
        }
        Ok(Some(chunk))
    }
}
