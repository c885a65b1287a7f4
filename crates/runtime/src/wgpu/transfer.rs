//! Copies between the caller's memory and mapped staging memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use super::gpu::Gpu;
use crate::error::Result;

const IDLE: u8 = 0;
const PENDING: u8 = 3;
const MAPPED: u8 = 1;
const REFUSED: u8 = 2;

/// How long the notice of a finished map may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Size in bytes from which a copy uses a second thread.
const COPY_OF_THREAD: usize = 1 << 20;

/// A buffer that the host can access while it is mapped.
#[derive(Debug)]
pub(super) struct Staging {
    buffer: wgpu::Buffer,
    mode: wgpu::MapMode,
    state: Arc<AtomicU8>,
}

impl Staging {
    /// Makes a buffer for uploads. If memory is unified, kernels read it directly.
    pub(super) fn upload(gpu: &Gpu, bytes: u64) -> Result<Self> {
        let usage = wgpu::BufferUsages::MAP_WRITE
            | if gpu.unified { wgpu::BufferUsages::STORAGE } else { wgpu::BufferUsages::COPY_SRC };
        Ok(Self::new(gpu.buffer("upload", bytes, usage)?, wgpu::MapMode::Write))
    }

    /// Makes a buffer for downloads. If memory is unified, kernels write it directly.
    pub(super) fn readback(gpu: &Gpu, bytes: u64) -> Result<Self> {
        let kernels = if gpu.unified { wgpu::BufferUsages::STORAGE } else { wgpu::BufferUsages::empty() };
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST | kernels;
        Ok(Self::new(gpu.buffer("readback", bytes, usage)?, wgpu::MapMode::Read))
    }

    fn new(buffer: wgpu::Buffer, mode: wgpu::MapMode) -> Self {
        Self { buffer, mode, state: Arc::new(AtomicU8::new(IDLE)) }
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// Requests mapping of the buffer, which the device may still use.
    pub(super) fn map(&self) {
        self.state.store(PENDING, Ordering::Release);
        let state = Arc::clone(&self.state);
        self.buffer.map_async(self.mode, .., move |mapped| {
            state.store(if mapped.is_ok() { MAPPED } else { REFUSED }, Ordering::Release);
        });
    }

    /// Waits until the buffer is mapped.
    fn ready(&self, gpu: &Gpu) -> Result<()> {
        if self.state.load(Ordering::Acquire) == IDLE {
            self.map();
        }
        let start = Instant::now();
        // A buffer that no queued work uses is mapped at once; otherwise there is work to wait for.
        let mut poll = wgpu::PollType::Poll;
        while self.state.load(Ordering::Acquire) == PENDING {
            let polled = gpu.device.poll(std::mem::replace(&mut poll, wgpu::PollType::wait_indefinitely()));
            gpu.check("mapping a buffer")?;
            polled.map_err(|e| gpu.fault("mapping a buffer", e.to_string()))?;
            // Another thread that polls may have received the notice and be about to deliver it.
            if start.elapsed() > PATIENCE {
                break;
            }
            std::thread::yield_now();
        }
        if self.state.load(Ordering::Acquire) == MAPPED {
            return Ok(());
        }
        gpu.check("mapping a buffer")?;
        Err(gpu.fault("mapping a buffer", "it was refused".to_owned()))
    }

    /// Copies bytes into the buffer and unmaps it for the device.
    pub(super) fn write(&self, gpu: &Gpu, bytes: &[u8], threads: usize) -> Result<()> {
        self.ready(gpu)?;
        let error = |e: wgpu::MapRangeError| gpu.fault("mapping a buffer", e.to_string());
        let parts = threads.min(bytes.len() / COPY_OF_THREAD).max(1);
        // Mapped ranges start at multiples of eight bytes.
        let len = bytes.len().div_ceil(parts).next_multiple_of(8).max(8);
        let mut views = Vec::with_capacity(parts);
        for (index, from) in bytes.chunks(len).enumerate() {
            let start = (index * len) as u64;
            views.push((
                self.buffer.get_mapped_range_mut(start..start + padded(from.len())).map_err(error)?,
                from,
            ));
        }
        let copy =
            |(mut view, from): (wgpu::BufferViewMut, &[u8])| view.slice(..from.len()).copy_from_slice(from);
        std::thread::scope(|scope| {
            // The caller's thread copies one part.
            let own = views.pop();
            for part in views {
                scope.spawn(move || copy(part));
            }
            own.map(copy);
        });
        self.unmap();
        Ok(())
    }

    /// Copies parts of the results, each from an offset in bytes, and unmaps the buffer.
    pub(super) fn read(&self, gpu: &Gpu, parts: &mut [(usize, &mut [u8])]) -> Result<()> {
        self.ready(gpu)?;
        let error = |e: wgpu::MapRangeError| gpu.fault("mapping a buffer", e.to_string());
        {
            let range = self.buffer.get_mapped_range(..).map_err(error)?;
            for (offset, to) in parts {
                to.copy_from_slice(&range[*offset..*offset + to.len()]);
            }
        }
        self.unmap();
        Ok(())
    }

    fn unmap(&self) {
        self.buffer.unmap();
        self.state.store(IDLE, Ordering::Release);
    }
}

/// Rounds the bytes of a mapped range up to a multiple of four.
fn padded(bytes: usize) -> u64 {
    bytes.max(4).next_multiple_of(4) as u64
}
