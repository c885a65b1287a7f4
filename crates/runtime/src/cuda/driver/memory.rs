//! Memory of the device, and memory of the host that the device can access.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use cudarc::driver::sys;

use super::Context;
use super::numa::Near;
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// Bytes on a device.
pub(crate) struct DeviceMemory {
    context: Arc<Context>,
    at: sys::CUdeviceptr,
    bytes: usize,
}

impl DeviceMemory {
    /// Allocates memory with unspecified content; nothing is allocated for zero bytes.
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

    /// Returns its start; 256-byte aligned.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
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

/// Page-locked, zeroed bytes of the host, in the memory nearest to the device.
pub(crate) struct PinnedMemory {
    context: Arc<Context>,
    at: NonNull<u8>,
    bytes: usize,
}

// SAFETY: plain memory with one owner.
unsafe impl Send for PinnedMemory {}
// SAFETY: shared access only reads.
unsafe impl Sync for PinnedMemory {}

/// cuMemHostAlloc: every context of the process sees the pages as locked.
const PORTABLE: u32 = 1;

impl PinnedMemory {
    pub(crate) fn new(context: &Arc<Context>, bytes: usize) -> Result<Self> {
        let mut at = ptr::null_mut();
        if bytes > 0 {
            context.bind()?;
            let _near = Near::node(context.numa_node());
            // SAFETY: the context is current and `at` outlives the call.
            let code = unsafe { sys::cuMemHostAlloc(&mut at, bytes, PORTABLE) };
            context.check("asking for pinned host memory", code).map_err(|e| asked(e, bytes))?;
            // SAFETY: the allocation holds `bytes` bytes.
            unsafe { ptr::write_bytes(at.cast::<u8>(), 0, bytes) };
        }
        let at = NonNull::new(at.cast()).unwrap_or(NonNull::dangling());
        Ok(Self { context: context.clone(), at, bytes })
    }

    /// Returns its start, page-aligned; dangling if it is empty.
    pub(crate) fn at(&self) -> *mut u8 {
        self.at.as_ptr()
    }
}

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        if self.bytes > 0 && self.context.bind().is_ok() {
            // SAFETY: allocated by `new`, freed once.
            let _ = unsafe { sys::cuMemFreeHost(self.at.as_ptr().cast()) };
        }
    }
}

/// Values in page-locked memory of the host. A device copies from and to it directly, which is two to five times
/// faster than for any other memory.
pub struct PinnedBuffer<T = f32> {
    memory: PinnedMemory,
    len: usize,
    values: PhantomData<T>,
}

/// Numbers for which every bit pattern is valid.
pub trait PinnedValue: Copy + sealed::Sealed {
    /// Sample format of this type.
    const FORMAT: SampleFormat;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for i16 {}
    impl Sealed for u16 {}
}

impl PinnedValue for f32 {
    const FORMAT: SampleFormat = SampleFormat::F32;
}
impl PinnedValue for i16 {
    const FORMAT: SampleFormat = SampleFormat::I16;
}
impl PinnedValue for u16 {
    const FORMAT: SampleFormat = SampleFormat::F16;
}

impl<T: PinnedValue> PinnedBuffer<T> {
    pub(crate) fn zeroed(context: &Arc<Context>, len: usize) -> Result<Self> {
        let bytes = len.checked_mul(size_of::<T>()).filter(|b| isize::try_from(*b).is_ok());
        let bytes = bytes.ok_or_else(|| Error::DeviceMemory {
            device: context.id().to_owned(),
            reason: format!("{len} values of pinned host memory"),
        })?;
        let mut memory = PinnedMemory::new(context, bytes)?;
        if bytes == 0 {
            memory.at = NonNull::<T>::dangling().cast();
        }
        Ok(Self { memory, len, values: PhantomData })
    }
}

impl<T: PinnedValue> Deref for PinnedBuffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` zeroed values, of which every pattern of bits is one, owned by `self`; pages are aligned for all.
        unsafe { std::slice::from_raw_parts(self.memory.at().cast(), self.len) }
    }
}

impl<T: PinnedValue> DerefMut for PinnedBuffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and `self` is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.memory.at().cast(), self.len) }
    }
}

impl<T> std::fmt::Debug for PinnedBuffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinnedBuffer").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Returns whether the driver knows both ends of this host memory as page-locked, by this library or another. The
/// context must be current.
pub(crate) fn is_pinned(at: *const u8, bytes: usize) -> bool {
    let known = |at: u64| {
        let mut kind = 0u32;
        let mut attribute = sys::CUpointer_attribute::CU_POINTER_ATTRIBUTE_MEMORY_TYPE;
        let mut data = (&raw mut kind).cast();
        // This call leaves 0 for an address that the driver does not know; the one for a single attribute is an error then.
        // SAFETY: one attribute, and `kind` has its size.
        let code = unsafe { sys::cuPointerGetAttributes(1, &mut attribute, &mut data, at) };
        code == sys::CUresult::CUDA_SUCCESS && kind == sys::CUmemorytype::CU_MEMORYTYPE_HOST as u32
    };
    bytes > 0 && known(at as u64) && known(at as u64 + bytes as u64 - 1)
}
