//! A recorded sequence of copies and kernels that is launched as one.

use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys;

use super::{Context, Stream};
use crate::error::Result;

/// Runs `work`, which may allocate memory while this thread records a graph; otherwise the driver rejects the
/// allocation. The memory is not part of the graph.
pub(crate) fn while_recording<R>(work: impl FnOnce() -> R) -> R {
    if !super::library::has("cuThreadExchangeStreamCaptureMode") {
        return work();
    }
    let mut mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED;
    // SAFETY: the driver has the function, `mode` outlives the call and is the thread's mode before from then on.
    let exchanged = unsafe { sys::cuThreadExchangeStreamCaptureMode(&mut mode) };
    let done = work();
    if exchanged == sys::CUresult::CUDA_SUCCESS {
        // SAFETY: as above; the mode is the one that the driver gave.
        let _ = unsafe { sys::cuThreadExchangeStreamCaptureMode(&mut mode) };
    }
    done
}

/// Work that a stream recorded. Addresses and sizes are fixed; the data there may change between launches.
pub(crate) struct Graph {
    context: Arc<Context>,
    raw: sys::CUgraphExec,
}

// SAFETY: a graph may be launched from any thread that has made its context current.
unsafe impl Send for Graph {}

impl Graph {
    /// Records the work that `queue` puts into the stream, without running it.
    pub(crate) fn record(stream: &Stream, queue: impl FnOnce() -> Result<()>) -> Result<Self> {
        let context = stream.context();
        context.bind()?;
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream is alive and of the current context.
        let code = unsafe { sys::cuStreamBeginCapture_v2(stream.raw(), mode) };
        context.check("starting a graph", code)?;
        let queued = queue();
        let mut graph = ptr::null_mut();
        // SAFETY: capturing was started above; `graph` outlives the call.
        let code = unsafe { sys::cuStreamEndCapture(stream.raw(), &mut graph) };
        let ended = context.check("ending a graph", code);
        let mut raw = ptr::null_mut();
        let made = queued.and(ended).and_then(|()| {
            // SAFETY: `graph` was just captured; `raw` outlives the call.
            let code = unsafe { sys::cuGraphInstantiateWithFlags(&mut raw, graph, 0) };
            context.check("building a graph", code)
        });
        if !graph.is_null() {
            // SAFETY: captured above, and not needed once it is instantiated.
            let _ = unsafe { sys::cuGraphDestroy(graph) };
        }
        made?;
        Ok(Self { context: context.clone(), raw })
    }

    pub(crate) fn raw(&self) -> sys::CUgraphExec {
        self.raw
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: instantiated by `record` and not used afterwards; a launch in flight keeps what it needs.
            let _ = unsafe { sys::cuGraphExecDestroy(self.raw) };
        }
    }
}
