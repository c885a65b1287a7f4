//! The next group's samples, fetched towards the core while this group is computed.

/// Cache lines that are still to be asked for.
#[derive(Debug)]
pub(crate) struct Ahead<'a> {
    lines: std::slice::Chunks<'a, f32>,
}

/// Samples in a cache line.
const LINE: usize = 16;

/// Lines asked for at each butterfly: two stages of a transform of two half overlapping segments ask for a whole group.
const LINES_A_BUTTERFLY: usize = 6;

impl<'a> Ahead<'a> {
    /// The lines of `samples`.
    pub(crate) fn new(samples: &'a [f32]) -> Self {
        Self { lines: samples.chunks(LINE) }
    }

    /// Asks for the next few lines.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        for _ in 0..LINES_A_BUTTERFLY {
            let Some(line) = self.lines.next() else { return };
            fetch(line);
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
