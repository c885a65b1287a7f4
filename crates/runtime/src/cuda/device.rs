//! For callers whose data lies on the device.

use std::ffi::c_void;
use std::sync::Arc;

use super::discovery;
use super::driver::{Context, DeviceMemory, Function, Graph, PinnedBuffer, PinnedValue, Stream};
use super::program::DeviceProgram;
use super::scratch::Scratch;
use crate::device::{CudaSelect, DeviceInfo};
use crate::error::{Error, Result};
use crate::session::{Executable, Kind, Program, Resident, SampleFormat};

/// An NVIDIA device, the same one that a session of `cuda:N` runs on.
///
/// ```no_run
/// use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
/// use rlx_runtime::{Device, Session, cuda::CudaDevice};
///
/// # fn main() -> rlx_runtime::Result<()> {
/// let session = Session::open(&"cuda:0".parse::<Device>()?)?;
/// let executable = session.compile(&welch_peaks(&WelchPeaksShape::new(1024, 256, 2, 16))?)?;
/// let device = CudaDevice::open(0)?;
/// let stream = device.stream()?;
/// let samples = device.upload(&vec![0.5f32; 1024 * 384])?;
/// let peaks = device.buffer::<f32>(1024 * 16 * 2)?;
/// stream.run(&executable, &[&samples], &[&peaks])?;
/// stream.wait()?;
/// let mut host = vec![0.0; 1024 * 16 * 2];
/// peaks.download(&mut host)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CudaDevice {
    context: Arc<Context>,
    info: DeviceInfo,
}

impl CudaDevice {
    /// The device of this index.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] where there is none.
    pub fn open(index: usize) -> Result<Self> {
        let info = discovery::info(CudaSelect::Index(index)).map_err(|reason| Error::AbsentDevice {
            name: format!("cuda:{index}"),
            reason,
            available: match discovery::found() {
                Ok(found) if !found.is_empty() => {
                    found.iter().map(|f| f.info.id.as_str()).collect::<Vec<_>>().join(", ")
                }
                _ => "no CUDA device".to_owned(),
            },
        })?;
        Ok(Self { context: Context::of(index)?, info })
    }

    /// Describes the device.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Free and whole memory, bytes.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn memory(&self) -> Result<(usize, usize)> {
        self.context.memory()
    }

    /// Zeros in page-locked host memory. Batches in such memory reach every device of the process without a copy by the
    /// host.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`].
    pub fn pinned<T: PinnedValue>(&self, len: usize) -> Result<PinnedBuffer<T>> {
        PinnedBuffer::zeroed(&self.context, len)
    }

    /// So many values on the device, of any content.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`].
    pub fn buffer<T: PinnedValue>(&self, len: usize) -> Result<DeviceBuffer> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or_else(|| Error::DeviceMemory {
            device: self.context.id().to_owned(),
            reason: format!("{len} values"),
        })?;
        let memory = Arc::new(DeviceMemory::new(&self.context, bytes)?);
        Ok(DeviceBuffer {
            address: memory.at(),
            bytes,
            format: T::FORMAT,
            context: self.context.clone(),
            _owner: Some(memory),
        })
    }

    /// Values on the device.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`].
    pub fn upload<T: PinnedValue>(&self, values: &[T]) -> Result<DeviceBuffer> {
        let buffer = self.buffer::<T>(values.len())?;
        let stream = Stream::new(&self.context)?;
        // SAFETY: both hold the bytes, and the stream is waited for.
        unsafe { stream.upload(values.as_ptr().cast(), buffer.address, buffer.bytes)? };
        stream.wait()?;
        Ok(buffer)
    }

    /// Memory of another library (`DLPack`, an array of another package) as a buffer.
    ///
    /// # Safety
    /// `address` is on this device and holds `bytes` bytes of this format for as long as the buffer, its clones and what
    /// they were given to live.
    pub unsafe fn foreign_buffer(&self, address: u64, bytes: usize, format: SampleFormat) -> DeviceBuffer {
        DeviceBuffer { address, bytes, format, context: self.context.clone(), _owner: None }
    }

    /// A stream of its own.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn stream(&self) -> Result<CudaStream> {
        Ok(CudaStream(Stream::new(&self.context)?))
    }

    /// The caller's stream (`CUstream`, `cudaStream_t`); null is the default one.
    ///
    /// # Safety
    /// It belongs to this device's primary context and lives as long as what is returned.
    pub unsafe fn foreign_stream(&self, stream: *mut c_void) -> CudaStream {
        CudaStream(Stream::foreign(&self.context, stream))
    }
}

impl std::fmt::Debug for CudaDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CudaDevice").field(&self.info.id).finish()
    }
}

/// Values on a device. Clones share them.
#[derive(Clone)]
pub struct DeviceBuffer {
    address: u64,
    bytes: usize,
    format: SampleFormat,
    context: Arc<Context>,
    _owner: Option<Arc<DeviceMemory>>,
}

impl DeviceBuffer {
    /// Where it lies on the device.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.bytes / self.format.bytes()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Type of the values.
    pub fn format(&self) -> SampleFormat {
        self.format
    }

    /// Copies to the host and waits. What streams still compute is not waited for: see [`CudaStream::wait`].
    ///
    /// # Errors
    /// [`Error::Length`] when `out` has another length.
    pub fn download<T: PinnedValue>(&self, out: &mut [T]) -> Result<()> {
        if size_of_val(out) != self.bytes {
            return Err(Error::Length {
                name: "download".to_owned(),
                expected: self.bytes / size_of::<T>(),
                got: out.len(),
            });
        }
        let stream = Stream::new(&self.context)?;
        // SAFETY: both hold the bytes, and the stream is waited for.
        unsafe { stream.download(self.address, out.as_mut_ptr().cast(), self.bytes)? };
        stream.wait()
    }

    /// Sets every 32 bits to the same pattern and waits.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn fill(&self, pattern: u32) -> Result<()> {
        let stream = Stream::new(&self.context)?;
        // SAFETY: the buffer holds the words, and the stream is waited for.
        unsafe { stream.fill(self.address, pattern, self.bytes / 4)? };
        stream.wait()
    }
}

impl std::fmt::Debug for DeviceBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceBuffer").field("address", &self.address).field("bytes", &self.bytes).finish()
    }
}

/// Runs `work` and leaves the calling thread with the device that was its current one: for callers beside other libraries
/// that use CUDA, which would go on with the device of `work`.
pub fn leaving_current<R>(work: impl FnOnce() -> R) -> R {
    super::driver::leaving_current(work)
}

fn same_bytes(name: &str, expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(Error::Length { name: name.to_owned(), expected, got }) }
}

/// A queue of work on a device.
pub struct CudaStream(Stream);

impl CudaStream {
    /// Queues an executable of a one-device CUDA session on data that lies there; does not wait. A row with NaN or
    /// infinity gets NaN powers, whatever the session's policy: nothing is inspected before it is used. Several streams may
    /// run one executable at the same time: each has its own scratch memory, kept for the last few of them.
    ///
    /// # Errors
    /// [`Error::Count`], [`Error::Length`], a buffer of another device; a plan of which the host runs a part; an address
    /// between two values, between two pairs of them for results and for what transforms take as it lies.
    pub fn run(
        &self,
        executable: &Executable,
        inputs: &[&DeviceBuffer],
        outputs: &[&DeviceBuffer],
    ) -> Result<()> {
        let Addresses { format, from, to } = self.addresses(executable, inputs, outputs)?;
        let mut program = executable.program();
        // SAFETY: lengths, formats and device were checked; freeing device memory waits for work that is queued.
        unsafe { resident(&mut program)?.queue_in(&self.0, format, &from, &to) }
    }

    /// Checks buffers against a plan.
    fn addresses(
        &self,
        executable: &Executable,
        inputs: &[&DeviceBuffer],
        outputs: &[&DeviceBuffer],
    ) -> Result<Addresses> {
        let count = |name, expected: usize, got: usize| {
            if expected == got { Ok(()) } else { Err(Error::Count { name, expected, got }) }
        };
        count("inputs", executable.inputs().len(), inputs.len())?;
        count("outputs", executable.outputs().len(), outputs.len())?;
        let lengths = executable.outputs().iter().map(|o| o.floats);
        let all = inputs.iter().zip(executable.inputs().iter().copied()).map(|x| ("input", x));
        for (name, (buffer, expected)) in all.chain(outputs.iter().zip(lengths).map(|x| ("output", x))) {
            if buffer.len() != expected || (name == "output" && buffer.format != SampleFormat::F32) {
                return Err(Error::Length { name: name.to_owned(), expected, got: buffer.len() });
            }
            if buffer.context.id() != self.0.context().id() {
                let (device, stream) = (buffer.context.id(), self.0.context().id());
                return Err(Error::unsupported(format!("a buffer of {device} in a stream of {stream}")));
            }
        }
        let format = inputs.first().map_or(SampleFormat::F32, |b| b.format);
        if inputs.iter().any(|b| b.format != format) {
            return Err(Error::unsupported("inputs of several types"));
        }
        let from: Vec<u64> = inputs.iter().map(|b| b.address).collect();
        let to: Vec<u64> = outputs.iter().map(|b| b.address).collect();
        Ok(Addresses { format, from, to })
    }

    /// Records [`CudaStream::run`] as a graph, which can be launched often in any stream with little work for the host. A
    /// graph has its own scratch memory, and its launches run one after another.
    ///
    /// # Errors
    /// Those of [`CudaStream::run`].
    pub fn record(
        &self,
        executable: &Executable,
        inputs: &[&DeviceBuffer],
        outputs: &[&DeviceBuffer],
    ) -> Result<CudaGraph> {
        self.run(executable, inputs, outputs)?;
        self.wait()?;
        let Addresses { format, from, to } = self.addresses(executable, inputs, outputs)?;
        let mut program = executable.program();
        let program = resident(&mut program)?;
        // The graph may be launched in any stream, while the executable runs in others.
        let mut scratch = program.new_scratch()?;
        // SAFETY: lengths, formats and device were checked; the graph keeps buffers, scratch and executable.
        let queue = || unsafe { program.queue_with(&mut scratch, &self.0, format, &from, &to) };
        let graph = Graph::record(&self.0, queue)?;
        let buffers = inputs.iter().chain(outputs).map(|b| (*b).clone()).collect();
        Ok(CudaGraph { graph, _keep: Keep::Run(buffers, scratch, executable.clone()) })
    }

    /// Queues a recorded graph; does not wait.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn launch(&self, graph: &CudaGraph) -> Result<()> {
        self.0.launch(&graph.graph)
    }

    /// Queues a copy to the device; does not wait.
    ///
    /// # Safety
    /// `from` lives, and is not written, until the stream is done.
    ///
    /// # Errors
    /// [`Error::Length`] when they differ in length.
    pub unsafe fn upload<T: PinnedValue>(&self, from: &[T], to: &DeviceBuffer) -> Result<()> {
        same_bytes("upload", size_of_val(from), to.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths, and by this function's own condition.
        unsafe { self.0.upload(from.as_ptr().cast(), to.address, to.bytes) }
    }

    /// Queues a copy to the host; does not wait.
    ///
    /// # Safety
    /// `to` lives, and is not used otherwise, until the stream is done.
    ///
    /// # Errors
    /// As [`CudaStream::upload`].
    pub unsafe fn download<T: PinnedValue>(&self, from: &DeviceBuffer, to: &mut [T]) -> Result<()> {
        same_bytes("download", size_of_val(to), from.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths, and by this function's own condition.
        unsafe { self.0.download(from.address, to.as_mut_ptr().cast(), from.bytes) }
    }

    /// Queues a copy between buffers of the device; does not wait.
    ///
    /// # Errors
    /// As [`CudaStream::upload`].
    pub fn copy(&self, from: &DeviceBuffer, to: &DeviceBuffer) -> Result<()> {
        same_bytes("copy", from.bytes, to.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths; freeing device memory waits for work that is queued.
        unsafe { self.0.copy(from.address, to.address, to.bytes) }
    }

    /// A graph of one kernel that does nothing, for benches: what a launch costs alone.
    #[doc(hidden)]
    pub fn record_nothing(&self) -> Result<CudaGraph> {
        let function = super::lower::empty_kernel(self.0.context())?;
        let launch = super::driver::Launch { grid: (1, 1), block: 32, shared: 0 };
        // SAFETY: the kernel has no parameters.
        let graph = Graph::record(&self.0, || unsafe { function.launch(&self.0, launch, &mut []) })?;
        Ok(CudaGraph { graph, _keep: Keep::Kernel(function) })
    }

    /// The stream (`CUstream`, `cudaStream_t`), for other libraries that are to wait for it or queue work in it; it
    /// lives as long as this value.
    pub fn raw(&self) -> *mut c_void {
        self.0.raw().cast()
    }

    /// Identifier that no other stream of the process has or will have; a handle may be reused. `None`: the driver is
    /// older than CUDA 12 and does not report it.
    pub fn id(&self) -> Option<u64> {
        self.0.id()
    }

    /// Whether work is recorded here and not run, by [`CudaStream::record`] or another library; true in doubt.
    pub fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    /// Makes work queued here from now on wait for the work already queued in `other`; the host does not wait.
    ///
    /// # Errors
    /// [`Error::DeviceLost`]; one of the streams is being recorded.
    pub fn wait_for(&self, other: &Self) -> Result<()> {
        self.0.wait_for(&other.0)
    }

    /// Waits until everything queued is done.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] when a kernel failed.
    pub fn wait(&self) -> Result<()> {
        self.0.wait()
    }
}

impl std::fmt::Debug for CudaStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CudaStream").field(&self.0.context().id()).finish()
    }
}

/// A recorded run, with the buffers it reads and writes.
pub struct CudaGraph {
    graph: Graph,
    _keep: Keep,
}

/// Resources that a graph uses.
#[expect(dead_code, reason = "held, not read")]
enum Keep {
    Run(Vec<DeviceBuffer>, Scratch, Executable),
    Kernel(Function),
}

/// Buffers as a program gets them.
struct Addresses {
    format: SampleFormat,
    from: Vec<u64>,
    to: Vec<u64>,
}

/// The program, where the device runs all of the plan.
fn resident(program: &mut Box<dyn Program>) -> Result<&mut DeviceProgram> {
    match program.resident() {
        Some(Resident(Kind::Cuda(program))) => Ok(program),
        _ => Err(Error::unsupported("the plan does not run on data that lies on a CUDA device")),
    }
}

impl std::fmt::Debug for CudaGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CudaGraph")
    }
}
