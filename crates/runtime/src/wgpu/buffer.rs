//! Values on an adapter, owned by the caller.

use std::sync::Arc;

use super::gpu::Gpu;
use super::transfer::Staging;
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// Bytes per piece of a download; two pieces are in flight.
const PIECE: usize = 16 << 20;

/// Number types of samples.
pub trait SampleValue: bytemuck::Pod {
    /// Sample format of this type.
    const FORMAT: SampleFormat;
}

impl SampleValue for f32 {
    const FORMAT: SampleFormat = SampleFormat::F32;
}
impl SampleValue for i16 {
    const FORMAT: SampleFormat = SampleFormat::I16;
}
/// The bits of a half-precision number.
impl SampleValue for u16 {
    const FORMAT: SampleFormat = SampleFormat::F16;
}

/// Values on an adapter. Clones share them; dropping the last clone frees them after the submitted work is done.
#[derive(Clone)]
pub struct WgpuBuffer {
    buffer: wgpu::Buffer,
    len: usize,
    format: SampleFormat,
    gpu: Arc<Gpu>,
}

impl WgpuBuffer {
    /// Makes a buffer of `len` values: these bytes, followed by zeros.
    pub(super) fn new(gpu: &Arc<Gpu>, len: usize, format: SampleFormat, parts: &[&[u8]]) -> Result<Self> {
        let (limit, bytes) = (gpu.limits.max_buffer_size, len.checked_mul(format.bytes()));
        let fitting = bytes.map(|b| (b as u64).max(8)).filter(|&b| b <= limit);
        let size = fitting.and_then(|b| b.checked_next_multiple_of(8)).ok_or_else(|| {
            Error::unsupported(format!("{len} values: {} has max_buffer_size {limit}", gpu.id))
        })?;
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let descriptor = wgpu::BufferDescriptor {
            label: Some("values"),
            size: size.min(limit & !3),
            usage,
            mapped_at_creation: !parts.is_empty(),
        };
        let buffer = gpu.checked("a buffer", || gpu.device.create_buffer(&descriptor))?;
        if !parts.is_empty() {
            let mut view =
                buffer.get_mapped_range_mut(..).map_err(|e| gpu.fault("mapping a buffer", e.to_string()))?;
            let mut at = 0;
            for part in parts {
                view.slice(at..at + part.len()).copy_from_slice(part);
                at += part.len();
            }
            drop(view);
            gpu.checked("an upload", || buffer.unmap())?;
        }
        Ok(Self { buffer, len, format, gpu: Arc::clone(gpu) })
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the type of the values.
    pub fn format(&self) -> SampleFormat {
        self.format
    }

    /// Overwrites the values; work that was submitted before still reads the old values.
    ///
    /// # Errors
    /// [`Error::Length`]; a type other than that of the buffer.
    pub fn write<T: SampleValue>(&self, values: &[T]) -> Result<()> {
        self.same_shape::<T>("write", values.len())?;
        let bytes: &[u8] = bytemuck::cast_slice(values);
        // The length of a copy is a multiple of four bytes.
        let (whole, rest) = bytes.split_at(bytes.len() & !3);
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        self.gpu.checked("an upload", || {
            self.gpu.queue.write_buffer(&self.buffer, 0, whole);
            if !rest.is_empty() {
                self.gpu.queue.write_buffer(&self.buffer, whole.len() as u64, &last);
            }
        })
    }

    /// Waits for the work submitted before and copies the values to the host.
    ///
    /// # Errors
    /// [`Error::Length`]; a type other than that of the buffer; [`Error::DeviceLost`].
    pub fn download<T: SampleValue>(&self, out: &mut [T]) -> Result<()> {
        self.same_shape::<T>("download", out.len())?;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
        let size = bytes.len().min(PIECE).next_multiple_of(4) as u64;
        let mut free = [Staging::readback(&self.gpu, size)?, Staging::readback(&self.gpu, size)?];
        let mut read: Option<(&Staging, &mut [u8], wgpu::SubmissionIndex)> = None;
        let [even, odd] = &mut free;
        for (index, piece) in bytes.chunks_mut(PIECE).enumerate() {
            let staging: &Staging = if index % 2 == 0 { even } else { odd };
            let mut encoder =
                self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            let size = piece.len().next_multiple_of(4) as u64;
            encoder.copy_buffer_to_buffer(&self.buffer, (index * PIECE) as u64, staging.buffer(), 0, size);
            let submission = self.gpu.checked("a download", || self.gpu.queue.submit([encoder.finish()]))?;
            staging.map();
            if let Some((staging, piece, submission)) = read.replace((staging, piece, submission)) {
                self.gpu.wait(&submission)?;
                staging.read(&self.gpu, &mut [(0, piece)])?;
            }
        }
        if let Some((staging, piece, submission)) = read {
            self.gpu.wait(&submission)?;
            staging.read(&self.gpu, &mut [(0, piece)])?;
        }
        Ok(())
    }

    fn same_shape<T: SampleValue>(&self, name: &str, got: usize) -> Result<()> {
        if T::FORMAT != self.format {
            return Err(Error::unsupported(format!("{name}: the buffer has {:?} values", self.format)));
        }
        if got != self.len {
            return Err(Error::Length { name: name.to_owned(), expected: self.len, got });
        }
        Ok(())
    }

    pub(super) fn raw(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    pub(super) fn is_on(&self, gpu: &Arc<Gpu>) -> bool {
        Arc::ptr_eq(&self.gpu, gpu)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.buffer == other.buffer
    }

    /// Returns the bytes of the values, rounded up to a multiple of four.
    pub(super) fn padded_bytes(&self) -> u64 {
        ((self.len * self.format.bytes()) as u64).next_multiple_of(4)
    }
}

impl std::fmt::Debug for WgpuBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { len, format, .. } = self;
        f.debug_struct("WgpuBuffer")
            .field("on", &self.gpu.id)
            .field("len", len)
            .field("format", format)
            .finish()
    }
}
