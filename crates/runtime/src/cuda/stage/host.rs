//! The caller's memory as used by several threads and the device's copy engine.

use super::super::driver::is_pinned;
use crate::session::{SampleFormat, Samples};

/// Rows of samples.
#[derive(Clone, Copy)]
pub(in crate::cuda) struct Source {
    at: *const u8,
    pub(in crate::cuda) format: SampleFormat,
    pub(in crate::cuda) pinned: bool,
}

// SAFETY: read only, and the slice that it was made of is borrowed as long as a run lasts.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Sync for Source {}

impl Source {
    /// Describes the memory. The context must be current.
    pub(in crate::cuda) fn new(samples: &Samples<'_>) -> Self {
        let at: *const u8 = match samples {
            Samples::F32(v) => v.as_ptr().cast(),
            Samples::I16(v) => v.as_ptr().cast(),
            Samples::F16(v) => v.as_ptr().cast(),
        };
        let format = samples.format();
        Self { at, format, pinned: is_pinned(at, samples.len() * format.bytes()) }
    }

    /// Returns the address of a byte.
    ///
    /// # Safety
    /// `offset` is inside the slice or at its end.
    pub(super) unsafe fn at(&self, offset: usize) -> *const u8 {
        // SAFETY: by this function's own condition.
        unsafe { self.at.add(offset) }
    }
}

/// Destination of a value's rows: one or two contiguous planes of all rows.
#[derive(Clone, Copy)]
pub(in crate::cuda) struct Target {
    at: *mut u8,
    pub(in crate::cuda) pinned: bool,
    /// Bytes of one row in one plane.
    pub(in crate::cuda) row: usize,
}

// SAFETY: chunks write disjoint rows, and the slice that it was made of is borrowed alone as long as a run lasts.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// Describes the memory. The context must be current.
    pub(in crate::cuda) fn new(values: &mut [f32], row: usize) -> Self {
        let at: *mut u8 = values.as_mut_ptr().cast();
        Self { at, pinned: is_pinned(at, size_of_val(values)), row }
    }

    /// Returns the address of a row of a plane.
    ///
    /// # Safety
    /// The slice holds all planes of `batch` rows and contains `plane` and `start`.
    pub(super) unsafe fn at(&self, plane: usize, batch: usize, start: usize) -> *mut u8 {
        // SAFETY: by this function's own condition.
        unsafe { self.at.add((plane * batch + start) * self.row) }
    }
}
