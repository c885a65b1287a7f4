//! Times by the device's clock.

use super::gpu::Gpu;
use crate::error::Result;

/// Returns the mean time of `runs` consecutive recordings in one submission, ns.
pub(super) fn device_ns(
    gpu: &Gpu,
    runs: usize,
    record: impl Fn(&mut wgpu::CommandEncoder, Option<wgpu::ComputePassTimestampWrites<'_>>),
) -> Result<f64> {
    let runs = runs.max(1);
    let set = gpu.checked("a clock", || {
        gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: None,
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        })
    })?;
    let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
    let resolved = gpu.buffer("clock", 16, usage)?;
    let readback = super::transfer::Staging::readback(gpu, 16)?;
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    for run in 0..runs {
        let (first, last) = (run == 0, run + 1 == runs);
        let writes = wgpu::ComputePassTimestampWrites {
            query_set: &set,
            beginning_of_pass_write_index: first.then_some(0),
            end_of_pass_write_index: last.then_some(1),
        };
        record(&mut encoder, (first || last).then_some(writes));
    }
    encoder.resolve_query_set(&set, 0..2, &resolved, 0);
    encoder.copy_buffer_to_buffer(&resolved, 0, readback.buffer(), 0, 16);
    let submission = gpu.queue.submit([encoder.finish()]);
    readback.map();
    gpu.wait(&submission)?;
    let mut ticks = [0u64; 2];
    readback.read(gpu, &mut [(0, bytemuck::bytes_of_mut(&mut ticks))])?;
    let elapsed = ticks[1].checked_sub(ticks[0]).ok_or_else(|| {
        gpu.fault("reading the clock", format!("it went back from {} to {}", ticks[0], ticks[1]))
    })?;
    Ok(elapsed as f64 * f64::from(gpu.queue.get_timestamp_period()) / runs as f64)
}
