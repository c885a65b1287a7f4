//! Streams.

use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys;

use super::{Context, Event, Graph};
use crate::error::Result;

/// A queue of work on a device, owned by this crate or by the caller.
pub(crate) struct Stream {
    context: Arc<Context>,
    raw: sys::CUstream,
    owned: bool,
}

// SAFETY: a stream may be used from any thread that has made its context current.
unsafe impl Send for Stream {}
// SAFETY: the driver's functions are thread-safe.
unsafe impl Sync for Stream {}

impl Stream {
    /// Creates a stream that does not wait for the default stream.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        context.bind()?;
        let mut raw = ptr::null_mut();
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: the context is current and `raw` outlives the call.
        context.check("making a stream", unsafe { sys::cuStreamCreate(&mut raw, flags) })?;
        Ok(Self { context: context.clone(), raw, owned: true })
    }

    /// Wraps the caller's stream; null is the default stream.
    pub(crate) fn foreign(context: &Arc<Context>, raw: *mut std::ffi::c_void) -> Self {
        Self { context: context.clone(), raw: raw.cast(), owned: false }
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(crate) fn raw(&self) -> sys::CUstream {
        self.raw
    }

    /// Waits until all its work is done.
    pub(crate) fn wait(&self) -> Result<()> {
        self.context.bind()?;
        // SAFETY: the stream is alive.
        self.context.check("waiting for a stream", unsafe { sys::cuStreamSynchronize(self.raw) })
    }

    /// Identifier that no other stream of the process has or will have; a handle may be reused. `None`: a driver
    /// before CUDA 12 does not report it.
    pub(crate) fn id(&self) -> Option<u64> {
        if !super::library::has("cuStreamGetId") || self.context.bind().is_err() {
            return None;
        }
        let mut id = 0;
        // SAFETY: the driver has the function, the stream is alive, `id` outlives the call.
        let code = unsafe { sys::cuStreamGetId(self.raw, &mut id) };
        (code == sys::CUresult::CUDA_SUCCESS).then_some(id)
    }

    /// Returns whether queued work is recorded and not run; true if the driver does not report it.
    pub(crate) fn is_recording(&self) -> bool {
        if !super::library::has("cuStreamIsCapturing") || self.context.bind().is_err() {
            return true;
        }
        let mut status = sys::CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE;
        // SAFETY: the driver has the function, the stream is alive, `status` outlives the call.
        let code = unsafe { sys::cuStreamIsCapturing(self.raw, &mut status) };
        code != sys::CUresult::CUDA_SUCCESS
            || status != sys::CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE
    }

    /// Makes work queued here from now on wait for the work already queued in `other`.
    pub(crate) fn wait_for(&self, other: &Self) -> Result<()> {
        let event = Event::new(&self.context)?;
        event.record(other)?;
        self.wait_event(&event)
    }

    /// Makes work queued here from now on wait for the work that the event marks.
    pub(crate) fn wait_event(&self, event: &Event) -> Result<()> {
        self.context.bind()?;
        // SAFETY: event and stream are alive; the driver keeps the event until the wait is over.
        let code = unsafe { sys::cuStreamWaitEvent(self.raw, event.raw(), 0) };
        self.context.check("waiting for another stream", code)
    }

    /// Queues a graph.
    pub(crate) fn launch(&self, graph: &Graph) -> Result<()> {
        self.context.bind()?;
        // SAFETY: graph and stream are alive and of one context.
        self.context.check("launching a graph", unsafe { sys::cuGraphLaunch(graph.raw(), self.raw) })
    }

    /// Queues a copy to the device.
    ///
    /// # Safety
    /// `host` and `device` hold `bytes` bytes until the stream has done the copy.
    pub(crate) unsafe fn upload(&self, host: *const u8, device: u64, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: by this function's own conditions.
        let code = unsafe { sys::cuMemcpyHtoDAsync_v2(device, host.cast(), bytes, self.raw) };
        self.context.check("copying to the device", code)
    }

    /// Queues a copy to the host.
    ///
    /// # Safety
    /// As [`Stream::upload`].
    pub(crate) unsafe fn download(&self, device: u64, host: *mut u8, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: by this function's own conditions.
        let code = unsafe { sys::cuMemcpyDtoHAsync_v2(host.cast(), device, bytes, self.raw) };
        self.context.check("copying from the device", code)
    }

    /// Queues a copy inside the device.
    ///
    /// # Safety
    /// As [`Stream::upload`].
    pub(crate) unsafe fn copy(&self, from: u64, to: u64, bytes: usize) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: by this function's own conditions.
        let code = unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes, self.raw) };
        self.context.check("copying on the device", code)
    }

    /// Queues a fill with `words` copies of a 32-bit value.
    ///
    /// # Safety
    /// `device` holds `words` 32-bit words until the stream is done.
    pub(crate) unsafe fn fill(&self, device: u64, value: u32, words: usize) -> Result<()> {
        if words == 0 {
            return Ok(());
        }
        // SAFETY: by this function's own conditions.
        let code = unsafe { sys::cuMemsetD32Async(device, value, words, self.raw) };
        self.context.check("filling memory", code)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.owned && self.context.bind().is_ok() {
            // SAFETY: made by `new` and not used afterwards; what is queued still runs. Nothing could be done about a
            // failure here.
            let _ = unsafe { sys::cuStreamDestroy_v2(self.raw) };
        }
    }
}
