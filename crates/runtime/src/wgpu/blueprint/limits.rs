//! Limits of a workgroup, and of buffers.

use crate::error::{Error, Result};

/// Limits of a workgroup, and of buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wgpu) struct GroupLimits {
    /// Bytes of workgroup memory.
    pub(in crate::wgpu) memory: usize,
    /// Threads.
    pub(in crate::wgpu) threads: usize,
    /// Threads that small rows fill together: the threads of a subgroup, which synchronise without waiting.
    pub(in crate::wgpu) filled: usize,
    /// Bytes of the largest buffer that a kernel can use.
    pub(in crate::wgpu) buffer: u64,
}

impl GroupLimits {
    /// Limits that every WebGPU device has.
    #[cfg(test)]
    pub(in crate::wgpu) const DEFAULT: Self =
        Self { memory: 16 << 10, threads: 256, filled: 64, buffer: 128 << 20 };

    /// Returns the rows per workgroup: enough for `filled` threads, or fewer if memory does not suffice.
    pub(super) fn rows(&self, threads: usize, pairs_of_row: usize) -> usize {
        let by_memory = self.memory / (8 * pairs_of_row.max(1));
        (self.filled / threads.max(1)).min(by_memory).max(1)
    }

    /// Returns whether `rows` rows of `pairs_of_row` pairs of words fit.
    pub(super) fn fits(&self, rows: usize, threads: usize, pairs_of_row: usize) -> bool {
        rows * threads <= self.threads && 8 * rows * pairs_of_row <= self.memory
    }

    /// Fails with the name of a limit that a kernel exceeds.
    pub(super) fn check(&self, what: &str, threads: usize, memory: usize) -> Result<()> {
        let refuse = |name: &str, need: usize, has: usize| {
            Err(Error::unsupported(format!("{what} needs {name} {need}, the adapter has {has}")))
        };
        if threads > self.threads {
            refuse("max_compute_invocations_per_workgroup", threads, self.threads)
        } else if memory > self.memory {
            refuse("max_compute_workgroup_storage_size", memory, self.memory)
        } else {
            Ok(())
        }
    }
}
