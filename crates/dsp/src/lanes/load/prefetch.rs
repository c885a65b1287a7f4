//! Prefetches the samples of the next group while this group is computed.

/// Samples whose cache lines are still to be prefetched.
#[derive(Debug)]
pub(crate) struct Prefetch<'a, T = f32> {
    samples: &'a [T],
}

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// Bytes of a cache line.
const LINE: usize = 64;

impl<'a, T> Prefetch<'a, T> {
    /// Returns the cache lines of `samples`. Their pages are touched together, so that several page walks overlap.
    #[inline(always)]
    pub(crate) fn new(samples: &'a [T]) -> Self {
        for page in samples.chunks(PAGE / size_of::<T>()) {
            fetch(page);
        }
        Self { samples }
    }

    /// Creates an empty prefetch.
    pub(crate) fn none() -> Self {
        Self { samples: &[] }
    }

    /// Prefetches the next `LINES` lines.
    #[inline(always)]
    pub(crate) fn step<const LINES: usize>(&mut self) {
        if let Some((now, later)) = self.samples.split_at_checked(LINES * LINE / size_of::<T>()) {
            for line in now.chunks_exact(LINE / size_of::<T>()) {
                fetch(line);
            }
            self.samples = later;
        }
    }
}

/// Prefetches all lines of `samples`.
#[inline(always)]
pub(crate) fn fetch_all<T>(samples: &[T]) {
    for line in samples.chunks(LINE / size_of::<T>()) {
        fetch(line);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fetch<T>(line: &[T]) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: a prefetch is a hint: it reads nothing into the program and faults on no address; this one is of a
    // live slice besides.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
}

/// Prefetches the line at `at` into L1.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn fetch_near<T>(at: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: as above.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(at).cast()) };
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn fetch_near<T>(_at: &T) {}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn fetch<T>(_line: &[T]) {}
