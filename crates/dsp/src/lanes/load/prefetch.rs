//! The next group's samples, fetched towards the core while this group is computed.

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
    /// Returns the lines of `samples`. Their pages are looked up at once: a fetch waits for that, and several wait
    /// together.
    #[inline(always)]
    pub(crate) fn new(samples: &'a [T]) -> Self {
        for page in samples.chunks(PAGE / size_of::<T>()) {
            fetch(page);
        }
        Self { samples }
    }

    /// Nothing to fetch.
    pub(crate) fn none() -> Self {
        Self { samples: &[] }
    }

    /// Asks for the next `LINES` lines.
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

/// Asks for all lines of `samples`.
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

/// Asks for the line that `at` begins, into the first level.
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
