//! Marks in streams that other streams wait for.

use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys;

use super::{Context, Stream};
use crate::error::Result;

/// A mark that can be set repeatedly.
pub(crate) struct Event {
    context: Arc<Context>,
    raw: sys::CUevent,
}

// SAFETY: an event may be used from any thread that has made its context current.
unsafe impl Send for Event {}

impl Event {
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        context.bind()?;
        let mut raw = ptr::null_mut();
        let flags = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING as u32;
        // SAFETY: the context is current and `raw` outlives the call.
        context.check("making an event", unsafe { sys::cuEventCreate(&mut raw, flags) })?;
        Ok(Self { context: context.clone(), raw })
    }

    /// Marks the end of what is queued in a stream now.
    pub(crate) fn record(&self, stream: &Stream) -> Result<()> {
        self.context.bind()?;
        // SAFETY: event and stream are alive and of one context.
        self.context.check("recording an event", unsafe { sys::cuEventRecord(self.raw, stream.raw()) })
    }

    pub(crate) fn raw(&self) -> sys::CUevent {
        self.raw
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: made by `new` and not used afterwards; the driver keeps it until waits for it are over.
            let _ = unsafe { sys::cuEventDestroy_v2(self.raw) };
        }
    }
}
