//! Memory of the device, and memory of the host that the device can reach by itself.

use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use cudarc::driver::sys;

use super::Context;
use crate::error::{Error, Result};

/// Bytes on a device.
pub(crate) struct DeviceMemory {
    context: Arc<Context>,
    at: sys::CUdeviceptr,
    bytes: usize,
}

impl DeviceMemory {
    /// Memory of any content; none for zero bytes.
    pub(crate) fn new(context: &Arc<Context>, bytes: usize) -> Result<Self> {
        let mut at = 0;
        if bytes > 0 {
            context.bind()?;
            // SAFETY: the context is current and `at` outlives the call.
            let code = unsafe { sys::cuMemAlloc_v2(&mut at, bytes) };
            context.check("asking for memory", code).map_err(|e| asked(e, bytes))?;
        }
        Ok(Self { context: context.clone(), at, bytes })
    }

    /// Where it starts; 256-byte aligned.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }
}

fn asked(error: Error, bytes: usize) -> Error {
    match error {
        Error::DeviceMemory { device, reason } => {
            Error::DeviceMemory { device, reason: format!("{bytes} bytes: {reason}") }
        }
        other => other,
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if self.at != 0 && self.context.bind().is_ok() {
            // SAFETY: allocated by `new`, freed once; the driver waits for work that uses it.
            let _ = unsafe { sys::cuMemFree_v2(self.at) };
        }
    }
}

/// `f32` values of the host in page-locked memory: a device copies from and to it without the host's help, which is
/// two to five times faster than from any other memory.
pub struct PinnedBuffer {
    context: Arc<Context>,
    at: NonNull<f32>,
    len: usize,
}

// SAFETY: plain memory with one owner.
unsafe impl Send for PinnedBuffer {}
// SAFETY: shared access only reads.
unsafe impl Sync for PinnedBuffer {}

/// cuMemHostAlloc: every context of the process sees the pages as locked.
const PORTABLE: u32 = 1;

impl PinnedBuffer {
    pub(crate) fn zeroed(context: &Arc<Context>, len: usize) -> Result<Self> {
        let mut at = ptr::null_mut();
        if len > 0 {
            let too_large = || Error::DeviceMemory {
                device: context.id().to_owned(),
                reason: format!("{len} values of pinned host memory"),
            };
            let bytes = len.checked_mul(4).filter(|b| isize::try_from(*b).is_ok()).ok_or_else(too_large)?;
            context.bind()?;
            // SAFETY: the context is current and `at` outlives the call.
            let code = unsafe { sys::cuMemHostAlloc(&mut at, bytes, PORTABLE) };
            context.check("asking for pinned host memory", code).map_err(|e| asked(e, bytes))?;
            // SAFETY: the allocation holds `bytes` bytes.
            unsafe { ptr::write_bytes(at.cast::<u8>(), 0, bytes) };
        }
        let at = NonNull::new(at.cast()).unwrap_or(NonNull::dangling());
        Ok(Self { context: context.clone(), at, len })
    }

    pub(crate) fn as_ptr(&self) -> *mut f32 {
        self.at.as_ptr()
    }
}

impl Deref for PinnedBuffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` values were allocated and zeroed, and `self` owns them.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl DerefMut for PinnedBuffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`, and `self` is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }
}

impl Drop for PinnedBuffer {
    fn drop(&mut self) {
        if self.len > 0 && self.context.bind().is_ok() {
            // SAFETY: allocated by `zeroed`, freed once.
            let _ = unsafe { sys::cuMemFreeHost(self.at.as_ptr().cast()) };
        }
    }
}

impl std::fmt::Debug for PinnedBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinnedBuffer").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Whether the driver knows both ends of this host memory as page-locked (ours, or another library's). The context
/// must be current.
pub(crate) fn is_pinned(at: *const u8, bytes: usize) -> bool {
    let known = |at: u64| {
        let mut kind = 0u32;
        let attribute = sys::CUpointer_attribute::CU_POINTER_ATTRIBUTE_MEMORY_TYPE;
        // SAFETY: `kind` has the attribute's size; an address that the driver does not know is an error code.
        let code = unsafe { sys::cuPointerGetAttribute((&raw mut kind).cast(), attribute, at) };
        code == sys::CUresult::CUDA_SUCCESS && kind == sys::CUmemorytype::CU_MEMORYTYPE_HOST as u32
    };
    bytes > 0 && known(at as u64) && known(at as u64 + bytes as u64 - 1)
}
