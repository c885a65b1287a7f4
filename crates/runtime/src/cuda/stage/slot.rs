//! One chunk in flight: a stream and its buffers on the host and on the device.

use std::sync::Arc;

use super::super::driver::{Context, DeviceMemory, Graph, PinnedMemory, Stream};
use super::pump::Job;
use crate::error::Result;
use crate::session::SampleFormat;

/// A value that the kernels compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cuda) struct Value {
    /// Bytes of one row in one plane.
    pub(in crate::cuda) row: usize,
    /// Planes, each of all rows.
    pub(in crate::cuda) planes: usize,
    /// Bytes that do not grow with the rows.
    pub(in crate::cuda) fixed: usize,
    /// Index of the result; `None` for an intermediate value, which remains on the device.
    pub(in crate::cuda) result: Option<usize>,
    /// Kernels write it once, in whole memory lines, and no kernel reads it: it may be in host memory.
    pub(in crate::cuda) direct: bool,
}

impl Value {
    pub(in crate::cuda) fn bytes(&self, rows: usize) -> usize {
        self.row * self.planes * rows + self.fixed
    }

    /// Returns whether kernels write the results of such a batch directly to host memory.
    fn goes_directly(&self, batch: usize) -> bool {
        self.direct && self.planes == 1 && self.bytes(batch) <= DIRECT_BYTES
    }
}

/// Kernels that run on a chunk.
pub(in crate::cuda) trait Kernels: Send + Sync {
    /// Queues the kernels for `rows` rows.
    ///
    /// # Safety
    /// `input` holds the rows in this format, `values` as many bytes as each [`Value`] says, `status` a [`Status`], until
    /// the stream is done.
    unsafe fn queue(
        &self,
        stream: &Stream,
        format: SampleFormat,
        rows: usize,
        input: u64,
        values: &[u64],
        status: u64,
    ) -> Result<()>;
}

/// Kernels write results up to this size (bytes per batch) directly to pinned memory: a copy of so few bytes takes
/// longer to start than to run.
const DIRECT_BYTES: usize = 256 << 10;

/// Position of the first sample that is NaN or infinite, in host memory that the device writes directly: such samples
/// are rare, whereas a copy of eight bytes would be needed after every chunk.
pub(in crate::cuda) struct Status(PinnedMemory);

impl Status {
    pub(in crate::cuda) fn new(context: &Arc<Context>) -> Result<Self> {
        let status = Self(PinnedMemory::new(context, 8)?);
        status.take();
        Ok(status)
    }

    /// Returns its address, which is the same on the host and the devices: the driver maps pinned memory at one
    /// address.
    pub(in crate::cuda) fn address(&self) -> u64 {
        self.0.at() as u64
    }

    /// Returns `row · samples per row + index` of the first such sample and resets it to none. The stream must be
    /// idle.
    pub(in crate::cuda) fn take(&self) -> Option<u64> {
        let at: *mut u64 = self.0.at().cast();
        // SAFETY: eight page-aligned bytes; the device, their only other user, is done with them. Volatile, because the
        // compiler does not know of it.
        let found = unsafe { at.read_volatile() };
        if found != u64::MAX {
            // SAFETY: as above.
            unsafe { at.write_volatile(u64::MAX) };
        }
        (found != u64::MAX).then_some(found)
    }
}

/// A recorded chunk: the copies and kernels of a replay.
struct Recorded {
    rows: usize,
    format: SampleFormat,
    graph: Graph,
}

pub(super) struct Slot {
    stream: Stream,
    input: DeviceMemory,
    values: Vec<DeviceMemory>,
    /// Address of each value for the kernels of the next chunk.
    addresses: Vec<u64>,
    /// Pinned copies of the input and of the results, allocated when memory that is not pinned is given.
    stage_in: Option<PinnedMemory>,
    stage_out: Vec<Option<PinnedMemory>>,
    status: Status,
    capacity: usize,
    in_row: usize,
    /// First row and number of rows of the chunk in flight.
    pending: Option<(usize, usize)>,
    recorded: Option<Recorded>,
}

impl Slot {
    pub(super) fn new(context: &Arc<Context>, rows: usize, in_row: usize, values: &[Value]) -> Result<Self> {
        let memory: Vec<DeviceMemory> =
            values.iter().map(|v| DeviceMemory::new(context, v.bytes(rows))).collect::<Result<_>>()?;
        Ok(Self {
            stream: Stream::new(context)?,
            input: DeviceMemory::new(context, in_row * rows)?,
            addresses: memory.iter().map(DeviceMemory::at).collect(),
            values: memory,
            stage_in: None,
            stage_out: values.iter().filter(|v| v.result.is_some()).map(|_| None).collect(),
            status: Status::new(context)?,
            capacity: rows,
            in_row,
            pending: None,
            recorded: None,
        })
    }

    /// Returns whether the slot holds chunks of `rows` rows.
    pub(super) fn holds(&self, rows: usize, in_row: usize) -> bool {
        self.capacity >= rows && self.in_row >= in_row && !self.values.is_empty()
    }

    fn stage_in(&mut self) -> Result<*mut u8> {
        let bytes = self.capacity * self.in_row;
        match &self.stage_in {
            Some(memory) => Ok(memory.at()),
            None => Ok(self.stage_in.insert(PinnedMemory::new(self.stream.context(), bytes)?).at()),
        }
    }

    fn stage_out(&mut self, result: usize, bytes: usize) -> Result<*mut u8> {
        let context = self.stream.context().clone();
        match &mut self.stage_out[result] {
            Some(memory) => Ok(memory.at()),
            none => Ok(none.insert(PinnedMemory::new(&context, bytes)?).at()),
        }
    }

    /// # Safety
    /// The slot holds `rows` rows and remains valid until its stream is done.
    unsafe fn queue(&self, kernels: &dyn Kernels, format: SampleFormat, rows: usize) -> Result<()> {
        let (input, status) = (self.input.at(), self.status.address());
        // SAFETY: the buffers were made for the kernels' values, and by this function's own conditions.
        unsafe { kernels.queue(&self.stream, format, rows, input, &self.addresses, status) }
    }

    /// Queues a chunk and returns once this thread no longer needs to read its samples.
    pub(super) fn start(
        &mut self,
        kernels: &dyn Kernels,
        values: &[Value],
        job: &Job<'_>,
        chunk: (usize, usize),
    ) -> Result<()> {
        let (start, rows) = chunk;
        self.stream.context().bind()?;
        let in_row = job.in_row;
        // SAFETY: the job's slices hold all rows of the batch, and chunks are ranges of them.
        let mut from = unsafe { job.input.at(start * in_row) };
        if !job.input.pinned {
            let staged = self.stage_in()?;
            // SAFETY: `from` has the chunk's rows, the stage holds `capacity` rows, and nothing is queued that uses it:
            // `finish` waited for the chunk before.
            unsafe { std::ptr::copy_nonoverlapping(from, staged, rows * in_row) };
            from = staged;
        }
        for (index, value) in values.iter().enumerate() {
            self.addresses[index] = match value.result {
                Some(result) if value.goes_directly(job.batch) => {
                    let target = job.targets[result];
                    if target.pinned {
                        // SAFETY: the job's slice has the chunk's rows; a direct value has one plane.
                        unsafe { target.at(0, job.batch, start) as u64 }
                    } else {
                        self.stage_out(result, value.bytes(self.capacity))? as u64
                    }
                }
                _ => self.values[index].at(),
            };
        }
        // From here on the stream may use the buffers: `finish` must be called in every case.
        self.pending = Some(chunk);
        // SAFETY: the buffers hold `capacity >= rows` rows and live in this slot, the caller's live as long as the job,
        // which waits for every slot.
        unsafe {
            self.stream.upload(from, self.input.at(), rows * in_row)?;
            self.queue(kernels, job.input.format, rows)?;
        }
        for (index, value) in values.iter().enumerate() {
            let Some(result) = value.result else { continue };
            if value.goes_directly(job.batch) {
                continue;
            }
            let target = job.targets[result];
            let staged =
                if target.pinned { None } else { Some(self.stage_out(result, value.bytes(self.capacity))?) };
            let bytes = rows * value.row;
            for plane in 0..value.planes {
                // SAFETY: as above; a plane of the chunk follows the one before it at once.
                unsafe {
                    let to = match staged {
                        Some(staged) => staged.add(plane * bytes),
                        None => target.at(plane, job.batch, start),
                    };
                    self.stream.download(self.addresses[index] + (plane * bytes) as u64, to, bytes)?;
                }
            }
        }
        Ok(())
    }

    /// Waits for the chunk in flight, if there is one, and delivers its results.
    pub(super) fn finish(&mut self, values: &[Value], job: &Job<'_>) -> Result<()> {
        let Some((start, rows)) = self.pending.take() else { return Ok(()) };
        self.stream.wait()?;
        if let Some(found) = self.status.take() {
            job.non_finite.report(start, found);
        }
        for value in values {
            let Some(result) = value.result else { continue };
            let target = job.targets[result];
            let Some(staged) = self.stage_out[result].as_ref().filter(|_| !target.pinned) else { continue };
            let bytes = rows * value.row;
            for plane in 0..value.planes {
                // SAFETY: the stage holds the chunk's planes, which the stream has written; the rows are this chunk's.
                unsafe {
                    let to = target.at(plane, job.batch, start);
                    std::ptr::copy_nonoverlapping(staged.at().add(plane * bytes), to, bytes);
                }
            }
        }
        Ok(())
    }

    /// Waits for all queued work, whether it failed or not; afterwards nothing uses the caller's memory.
    pub(super) fn abandon(&mut self) {
        if self.pending.take().is_some() {
            // The error that led here is the one to report.
            let _ = self.stream.wait();
        }
    }

    /// Runs a whole batch that is one chunk by a recorded graph, through the pinned copies.
    pub(super) fn replay(&mut self, kernels: &dyn Kernels, values: &[Value], job: &Job<'_>) -> Result<()> {
        let rows = job.batch;
        let in_bytes = rows * job.in_row;
        let staged = self.stage_in()?;
        for value in values {
            if let Some(result) = value.result {
                self.stage_out(result, value.bytes(self.capacity))?;
            }
        }
        for (index, value) in values.iter().enumerate() {
            let staged = value.result.and_then(|r| self.stage_out[r].as_ref());
            self.addresses[index] = match staged.filter(|_| value.goes_directly(rows)) {
                Some(staged) => staged.at() as u64,
                None => self.values[index].at(),
            };
        }
        let fits = |r: &Recorded| r.rows == rows && r.format == job.input.format;
        if !self.recorded.as_ref().is_some_and(fits) {
            self.recorded = None;
            // Kernels are loaded lazily at their first launch, which must not happen while a graph is recorded.
            // SAFETY: as in `start`.
            unsafe { self.queue(kernels, job.input.format, rows)? };
            self.stream.wait()?;
            // The device's buffer held no samples yet, so the status is meaningless.
            let _ = self.status.take();
            let graph = Graph::record(&self.stream, || {
                // SAFETY: as in `start`; the graph lives in this slot, beside the buffers that it names.
                unsafe {
                    self.stream.upload(staged, self.input.at(), in_bytes)?;
                    self.queue(kernels, job.input.format, rows)?;
                    for (index, value) in values.iter().enumerate() {
                        let Some(out) = value.result.and_then(|r| self.stage_out[r].as_ref()) else {
                            continue;
                        };
                        if value.goes_directly(rows) {
                            continue;
                        }
                        self.stream.download(
                            self.addresses[index],
                            out.at(),
                            rows * value.row * value.planes,
                        )?;
                    }
                }
                Ok(())
            })?;
            self.recorded = Some(Recorded { rows, format: job.input.format, graph });
        }
        // SAFETY: the job's slice holds the whole batch, the stage `capacity >= rows` rows; the stream is idle.
        unsafe { std::ptr::copy_nonoverlapping(job.input.at(0), staged, in_bytes) };
        if let Some(recorded) = &self.recorded {
            self.stream.launch(&recorded.graph)?;
        }
        self.stream.wait()?;
        if let Some(found) = self.status.take() {
            job.non_finite.report(0, found);
        }
        for value in values {
            let Some(result) = value.result else { continue };
            let Some(out) = &self.stage_out[result] else { continue };
            let target = job.targets[result];
            // SAFETY: one chunk is the whole batch: its planes follow one another on both sides.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    out.at(),
                    target.at(0, rows, 0),
                    rows * value.row * value.planes,
                );
            }
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Pinned memory must outlive the copies that use it; a lost device has none.
        let _ = self.stream.wait();
    }
}
