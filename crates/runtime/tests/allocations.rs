//! Overhead of a run: no allocation, and less than a microsecond.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::plan::ExecKind;
use rlx_runtime::{Device, Session};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; the counter is a plain thread-local cell without
// a destructor, which allocates nothing itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|c| c.set(c.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `System` with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(f: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    f();
    COUNT.with(Cell::get) - before
}

fn samples(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * i % 8191) as f32 * 0.37).sin()).collect()
}

#[test]
fn a_run_allocates_nothing() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0, "the counter counts");
    let session = Session::open(&Device::Cpu).unwrap();
    for (batch, n_fft, k) in [(1, 256, 16), (64, 256, 16), (100, 64, 3), (33, 1024, 64)] {
        let shape = WelchPeaksShape::new(batch, n_fft, 2, k);
        let executable = session.compile(&welch_peaks(&shape).unwrap()).unwrap();
        assert_eq!(executable.plan().exec_kind(), ExecKind::FusedOp);
        let x = samples(batch * shape.frame_len().unwrap());
        let mut out = vec![0.0; batch * k * 2];
        executable.run(&[&x], &mut [&mut out]).unwrap();
        let count = allocations(|| executable.run(&[&x], &mut [&mut out]).unwrap());
        assert_eq!(count, 0, "{shape:?}");
    }
}

#[test]
fn a_run_adds_less_than_a_microsecond() {
    let session = Session::open(&Device::Cpu).unwrap();
    // Of an empty batch everything is overhead.
    let empty = session.compile(&welch_peaks(&WelchPeaksShape::new(0, 256, 2, 16)).unwrap()).unwrap();
    // The least of many: the others were interrupted.
    let least = (0..20_000).map(|_| {
        let start = Instant::now();
        empty.run(&[&[]], &mut [&mut []]).unwrap();
        start.elapsed()
    });
    let least = least.min().unwrap();
    assert!(least < Duration::from_micros(1), "{least:?}");
}
