//! Interface for callers whose data is on the adapter.

use std::sync::Arc;

use super::adapters;
use super::buffer::{SampleValue, WgpuBuffer};
use super::gpu::Gpu;
use crate::device::{Device, DeviceInfo, WgpuApi, WgpuSelect};
use crate::error::{Error, Result};
use crate::session::{Executable, Kind, Resident, SampleFormat};

/// An adapter: the one that a session of that name uses. An executable can take its input from a buffer that another
/// has written, so that only results that the caller needs are read back.
///
/// ```no_run
/// use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
/// use rlx_compile::passes::FusionPolicy;
/// use rlx_runtime::{Device, Session, wgpu::WgpuDevice};
///
/// # fn main() -> rlx_runtime::Result<()> {
/// let name: Device = "wgpu".parse()?;
/// let session = Session::open(&name)?;
/// let graph = welch_peaks(&WelchPeaksShape::new(1024, 256, 2, 16))?;
/// // Of data that lies on the host, `compile` may leave a part to the host.
/// let executable = session.compile_plan(session.explain(&graph, FusionPolicy::Always)?.plan)?;
/// let device = WgpuDevice::open(&name)?;
/// let samples = device.upload(&vec![0.5f32; 1024 * 384])?;
/// let peaks = device.buffer::<f32>(1024 * 16 * 2)?;
/// device.run(&executable, &[&samples], &[&peaks])?;
/// let mut host = vec![0.0f32; 1024 * 16 * 2];
/// peaks.download(&mut host)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct WgpuDevice {
    gpu: Arc<Gpu>,
    info: DeviceInfo,
}

impl WgpuDevice {
    /// Opens the adapter with this name: `wgpu`, `wgpu:N`, `wgpu:NAME`, `vulkan`, `metal` or `dx12`.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] if there is none; the name of another kind of device.
    pub fn open(name: &Device) -> Result<Self> {
        let preferred = &WgpuSelect::Preferred;
        let found = match name {
            Device::Wgpu(select) => adapters::select(WgpuApi::Any, select),
            Device::Vulkan => adapters::select(WgpuApi::Vulkan, preferred),
            Device::Metal => adapters::select(WgpuApi::Metal, preferred),
            Device::Dx12 => adapters::select(WgpuApi::Dx12, preferred),
            other => return Err(Error::unsupported(format!("{other} is not an adapter of wgpu"))),
        };
        let absent = |reason| Error::AbsentDevice {
            name: name.to_string(),
            reason,
            available: match adapters::all() {
                Ok(all) if !all.is_empty() => {
                    all.iter().map(|a| a.info.id.as_str()).collect::<Vec<_>>().join(", ")
                }
                _ => "no adapter".to_owned(),
            },
        };
        let found = found.map_err(absent)?;
        let gpu = Gpu::open(found).map_err(absent)?;
        Ok(Self { gpu, info: found.info.clone() })
    }

    /// For tests, on an adapter that they do not share.
    #[cfg(test)]
    pub(super) fn of(gpu: &Arc<Gpu>, info: DeviceInfo) -> Self {
        Self { gpu: Arc::clone(gpu), info }
    }

    /// Describes the adapter.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Allocates `len` values on the adapter, set to zero.
    ///
    /// # Errors
    /// More bytes than `max_buffer_size`; [`Error::Device`] if there is not enough memory.
    pub fn buffer<T: SampleValue>(&self, len: usize) -> Result<WgpuBuffer> {
        WgpuBuffer::new(&self.gpu, len, T::FORMAT, &[])
    }

    /// Copies values to the adapter.
    ///
    /// # Errors
    /// Those of [`WgpuDevice::buffer`].
    pub fn upload<T: SampleValue>(&self, values: &[T]) -> Result<WgpuBuffer> {
        self.upload_parts(&[values])
    }

    /// Copies several slices of the host to one buffer, one after another, without concatenating them on the host
    /// first.
    ///
    /// # Errors
    /// Those of [`WgpuDevice::buffer`].
    pub fn upload_parts<T: SampleValue>(&self, parts: &[&[T]]) -> Result<WgpuBuffer> {
        let bytes: Vec<&[u8]> = parts.iter().map(|part| bytemuck::cast_slice(part)).collect();
        WgpuBuffer::new(&self.gpu, parts.iter().map(|part| part.len()).sum(), T::FORMAT, &bytes)
    }

    /// Returns an empty list of work, which is submitted as a whole.
    pub fn commands(&self) -> WgpuCommands {
        let encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        WgpuCommands { gpu: Arc::clone(&self.gpu), encoder }
    }

    /// Submits one executable and does not wait; see [`WgpuCommands::run`].
    ///
    /// # Errors
    /// Those of [`WgpuCommands::run`].
    pub fn run(
        &self,
        executable: &Executable,
        inputs: &[&WgpuBuffer],
        outputs: &[&WgpuBuffer],
    ) -> Result<()> {
        let mut commands = self.commands();
        commands.run(executable, inputs, outputs)?;
        commands.submit()
    }

    /// Waits until all submitted work is done.
    ///
    /// # Errors
    /// [`Error::DeviceLost`]; an error that wgpu reported.
    pub fn wait(&self) -> Result<()> {
        let waited = self.gpu.device.poll(wgpu::PollType::wait_indefinitely());
        self.gpu.check("waiting")?;
        waited.map(drop).map_err(|e| self.gpu.fault("waiting", e.to_string()))
    }
}

/// Work for an adapter, in order: later work reads what earlier work has written. Nothing runs before
/// [`WgpuCommands::submit`], and nothing if the list is dropped.
pub struct WgpuCommands {
    gpu: Arc<Gpu>,
    encoder: wgpu::CommandEncoder,
}

impl WgpuCommands {
    /// Adds an executable of a session of this adapter, on data on that adapter. A row with NaN or infinity gets
    /// powers that are not finite, whatever the session's policy: samples are not checked before they are used.
    ///
    /// # Errors
    /// [`Error::Count`], [`Error::Length`], a buffer of another adapter, a buffer that is both read and written; a
    /// plan of which the host runs a part; a batch that does not fit and cannot be split (the message names the
    /// limit).
    pub fn run(
        &mut self,
        executable: &Executable,
        inputs: &[&WgpuBuffer],
        outputs: &[&WgpuBuffer],
    ) -> Result<&mut Self> {
        let count = |name, expected: usize, got: usize| {
            if expected == got { Ok(()) } else { Err(Error::Count { name, expected, got }) }
        };
        count("inputs", executable.inputs().len(), inputs.len())?;
        count("outputs", executable.outputs().len(), outputs.len())?;
        for (index, (buffer, &expected)) in inputs.iter().zip(executable.inputs()).enumerate() {
            self.fits(buffer, expected, || format!("input {index}"))?;
            if outputs.iter().any(|output| output.same(buffer)) {
                return Err(Error::unsupported(format!("input {index} is an output too")));
            }
        }
        for (buffer, info) in outputs.iter().zip(executable.outputs()) {
            self.fits(buffer, info.floats, || format!("output {}", info.name))?;
            if buffer.format() != SampleFormat::F32 {
                return Err(Error::unsupported(format!("output {} is not of f32", info.name)));
            }
        }
        let format = inputs.first().map_or(SampleFormat::F32, |b| b.format());
        if inputs.iter().any(|b| b.format() != format) {
            return Err(Error::unsupported("inputs of several types"));
        }
        let mut program = executable.program();
        let Some(Resident(Kind::Wgpu(program))) = program.resident() else {
            return Err(Error::unsupported("the plan does not run on data that lies on an adapter"));
        };
        let raw = |buffers: &[&WgpuBuffer]| buffers.iter().map(|b| b.raw().clone()).collect::<Vec<_>>();
        program.record(&self.gpu, &mut self.encoder, format, &raw(inputs), &raw(outputs))?;
        Ok(self)
    }

    /// Adds a copy.
    ///
    /// # Errors
    /// [`Error::Length`]; buffers of different types, of another adapter, or the same one.
    pub fn copy(&mut self, from: &WgpuBuffer, to: &WgpuBuffer) -> Result<&mut Self> {
        self.fits(from, from.len(), || "copy".to_owned())?;
        self.fits(to, from.len(), || "copy".to_owned())?;
        if from.format() != to.format() || from.same(to) {
            return Err(Error::unsupported("a copy goes between two buffers of one type"));
        }
        self.encoder.copy_buffer_to_buffer(from.raw(), 0, to.raw(), 0, from.padded_bytes());
        Ok(self)
    }

    /// Submits the list to the adapter and does not wait.
    ///
    /// # Errors
    /// [`Error::DeviceLost`]; an error that wgpu reports.
    pub fn submit(self) -> Result<()> {
        let Self { gpu, encoder } = self;
        gpu.checked("a submission", || gpu.queue.submit([encoder.finish()])).map(drop)
    }

    fn fits(&self, buffer: &WgpuBuffer, expected: usize, name: impl FnOnce() -> String) -> Result<()> {
        if !buffer.is_on(&self.gpu) {
            return Err(Error::unsupported(format!("{}: a buffer of another adapter", name())));
        }
        if buffer.len() != expected {
            return Err(Error::Length { name: name(), expected, got: buffer.len() });
        }
        Ok(())
    }
}

impl std::fmt::Debug for WgpuCommands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WgpuCommands").field(&self.gpu.id).finish()
    }
}
