//! The next group's samples, fetched towards the core while this group is computed.

/// Cache lines that are still to be asked for.
#[derive(Debug)]
pub(crate) struct Prefetch<'a> {
    lines: &'a [[f32; LINE]],
}

/// Samples in a page of memory.
const PAGE: usize = 1024;

/// Samples in a cache line.
const LINE: usize = 16;

impl<'a> Prefetch<'a> {
    /// The lines of `samples`. Their pages are looked up at once: a fetch waits for that, and several wait together.
    #[inline(always)]
    pub(crate) fn new(samples: &'a [f32]) -> Self {
        for page in samples.chunks(PAGE) {
            fetch(page);
        }
        Self { lines: samples.as_chunks().0 }
    }

    /// Nothing to fetch.
    pub(crate) fn none() -> Self {
        Self { lines: &[] }
    }

    /// Asks for the next `LINES` lines.
    #[inline(always)]
    pub(crate) fn step<const LINES: usize>(&mut self) {
        if let Some((now, later)) = self.lines.split_first_chunk::<LINES>() {
            for line in now {
                fetch(line);
            }
            self.lines = later;
        }
    }
}

/// Asks for all lines of `samples`.
#[inline(always)]
pub(crate) fn fetch_all(samples: &[f32]) {
    for line in samples.chunks(LINE) {
        fetch(line);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fetch(line: &[f32]) {
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
fn fetch(_line: &[f32]) {}
