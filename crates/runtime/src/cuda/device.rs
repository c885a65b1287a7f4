//! Interface for callers whose data is on the device.

use std::ffi::c_void;
use std::sync::Arc;

use super::discovery;
use super::driver::{Context, DeviceMemory, Function, Graph, PinnedBuffer, PinnedValue, Stream};
use super::program::DeviceProgram;
use super::scratch::Scratch;
use crate::device::{CudaSelect, DeviceInfo};
use crate::error::{Error, Result};
use crate::session::{Executable, Kind, Program, Resident, SampleFormat};

/// An NVIDIA device: the one that a session of `cuda:N` uses.
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
    /// Opens the device with this index.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] if there is none.
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

    /// Returns the free and the total memory, bytes.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn memory(&self) -> Result<(usize, usize)> {
        self.context.memory()
    }

    /// Allocates `len` zeros in page-locked host memory. Every device of the process reads batches in such memory
    /// without a copy by the host.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`].
    pub fn pinned<T: PinnedValue>(&self, len: usize) -> Result<PinnedBuffer<T>> {
        PinnedBuffer::zeroed(&self.context, len)
    }

    /// Allocates `len` values on the device; their content is unspecified.
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

    /// Copies values to the device.
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

    /// Wraps memory of another library (`DLPack`, an array of another package) as a buffer.
    ///
    /// # Safety
    /// `address` is on this device and holds `bytes` bytes of this format for as long as the buffer, its clones or
    /// anything they were passed to exists.
    pub unsafe fn foreign_buffer(&self, address: u64, bytes: usize, format: SampleFormat) -> DeviceBuffer {
        DeviceBuffer { address, bytes, format, context: self.context.clone(), _owner: None }
    }

    /// Creates a stream.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn stream(&self) -> Result<CudaStream> {
        Ok(CudaStream(Stream::new(&self.context)?))
    }

    /// Wraps the caller's stream (`CUstream`, `cudaStream_t`); null is the default stream.
    ///
    /// # Safety
    /// The stream belongs to this device's primary context and outlives the returned value.
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
    /// Returns the address on the device.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.bytes / self.format.bytes()
    }

    /// Returns whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Returns the type of the values.
    pub fn format(&self) -> SampleFormat {
        self.format
    }

    /// Copies the values to the host and waits for the copy. It does not wait for work in other streams; see
    /// [`CudaStream::wait`].
    ///
    /// # Errors
    /// [`Error::Length`] if `out` has another length.
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

    /// Sets every 32-bit word to `pattern` and waits.
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

/// Runs `work` and then restores the calling thread's current device, for callers in the same process as other
/// libraries that use CUDA, which would otherwise continue with the device of `work`.
pub fn leaving_current<R>(work: impl FnOnce() -> R) -> R {
    super::driver::leaving_current(work)
}

fn same_bytes(name: &str, expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(Error::Length { name: name.to_owned(), expected, got }) }
}

/// A queue of work on a device.
pub struct CudaStream(Stream);

impl CudaStream {
    /// Queues an executable of a one-device CUDA session on data on that device and does not wait. A row with NaN or
    /// infinity gets NaN powers, whatever the session's policy: samples are not checked before they are used. Several
    /// streams may run one executable at the same time: each has its own scratch memory, which is kept for the last
    /// few streams.
    ///
    /// # Errors
    /// [`Error::Count`], [`Error::Length`], a buffer of another device; a plan of which the host runs a part; an
    /// address that is not a multiple of the value size, or of twice that size for results and for inputs of
    /// transforms.
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
        // The graph may be launched in any stream while the executable runs in others.
        let mut scratch = program.new_scratch()?;
        // SAFETY: lengths, formats and device were checked; the graph keeps buffers, scratch and executable.
        let queue = || unsafe { program.queue_with(&mut scratch, &self.0, format, &from, &to) };
        let graph = Graph::record(&self.0, queue)?;
        let buffers = inputs.iter().chain(outputs).map(|b| (*b).clone()).collect();
        Ok(CudaGraph { graph, _keep: Keep::Run(buffers, scratch, executable.clone()) })
    }

    /// Queues a recorded graph and does not wait.
    ///
    /// # Errors
    /// [`Error::DeviceLost`].
    pub fn launch(&self, graph: &CudaGraph) -> Result<()> {
        self.0.launch(&graph.graph)
    }

    /// Queues a copy to the device and does not wait.
    ///
    /// # Safety
    /// `from` remains valid and is not written until the stream is done.
    ///
    /// # Errors
    /// [`Error::Length`] if the lengths differ.
    pub unsafe fn upload<T: PinnedValue>(&self, from: &[T], to: &DeviceBuffer) -> Result<()> {
        same_bytes("upload", size_of_val(from), to.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths, and by this function's own condition.
        unsafe { self.0.upload(from.as_ptr().cast(), to.address, to.bytes) }
    }

    /// Queues a copy to the host and does not wait.
    ///
    /// # Safety
    /// `to` remains valid and is not accessed until the stream is done.
    ///
    /// # Errors
    /// Those of [`CudaStream::upload`].
    pub unsafe fn download<T: PinnedValue>(&self, from: &DeviceBuffer, to: &mut [T]) -> Result<()> {
        same_bytes("download", size_of_val(to), from.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths, and by this function's own condition.
        unsafe { self.0.download(from.address, to.as_mut_ptr().cast(), from.bytes) }
    }

    /// Queues a copy between buffers of the device and does not wait.
    ///
    /// # Errors
    /// Those of [`CudaStream::upload`].
    pub fn copy(&self, from: &DeviceBuffer, to: &DeviceBuffer) -> Result<()> {
        same_bytes("copy", from.bytes, to.bytes)?;
        self.0.context().bind()?;
        // SAFETY: equal lengths; freeing device memory waits for work that is queued.
        unsafe { self.0.copy(from.address, to.address, to.bytes) }
    }

    /// Records a graph of one kernel that does nothing. Benches measure the cost of a launch with it.
    #[doc(hidden)]
    pub fn record_nothing(&self) -> Result<CudaGraph> {
        let function = super::lower::empty_kernel(self.0.context())?;
        let launch = super::driver::Launch { grid: (1, 1), block: 32, shared: 0 };
        // SAFETY: the kernel has no parameters.
        let graph = Graph::record(&self.0, || unsafe { function.launch(&self.0, launch, &mut []) })?;
        Ok(CudaGraph { graph, _keep: Keep::Kernel(function) })
    }

    /// Returns the stream (`CUstream`, `cudaStream_t`) for other libraries that wait for it or queue work in it; it
    /// is valid as long as this value exists.
    pub fn raw(&self) -> *mut c_void {
        self.0.raw().cast()
    }

    /// Identifier that no other stream of the process has or will have; a handle may be reused. `None`: the driver is
    /// older than CUDA 12 and does not report it.
    pub fn id(&self) -> Option<u64> {
        self.0.id()
    }

    /// Returns whether work queued here is recorded and not run, by [`CudaStream::record`] or another library; true
    /// if the driver does not report it.
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

    /// Waits until all queued work is done.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] if a kernel failed.
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

/// Buffers in the form that a program takes.
struct Addresses {
    format: SampleFormat,
    from: Vec<u64>,
    to: Vec<u64>,
}

/// Returns the program if the device runs all of the plan.
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
