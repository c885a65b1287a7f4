//! Heap memory of plans and accumulators.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{CsdAccumulator, PsdParams, Welch, WelchAccumulator};

thread_local! {
    /// Calls and bytes of this thread's allocations, freed or not.
    static TAKEN: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

fn count(bytes: usize) {
    TAKEN.with(|taken| {
        let (calls, total) = taken.get();
        taken.set((calls + 1, total + bytes));
    });
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's contract is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's contract is the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations and their bytes during `work`.
fn taken(work: impl FnOnce()) -> (usize, usize) {
    let before = TAKEN.get();
    work();
    let after = TAKEN.get();
    (after.0 - before.0, after.1 - before.1)
}

fn wave(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i * i % 101) as f32).collect()
}

#[test]
fn a_plan_allocates_once() {
    let mut x = wave(5000);
    for average in [Average::Mean, Average::Max, Average::Min, Average::Median] {
        for (n_fft, bad) in [(256, 0.0), (251, 0.0), (256, f32::NAN)] {
            x[1234] = bad;
            let nan = if bad.is_nan() { NanPolicy::SkipSegment } else { NanPolicy::Error };
            let plan = Welch::<f32>::new(PsdParams::new(1.0, n_fft).average(average).nan(nan)).unwrap();
            let (mut scratch, mut out) = (plan.scratch(), vec![0.0; plan.n_bins()]);
            let first = taken(|| assert!(plan.run_into(&x, &mut scratch, &mut out).unwrap().segments > 0));
            if average != Average::Median {
                assert_eq!(first, (0, 0), "{average} {n_fft}, first call");
            }
            let again = taken(|| assert!(plan.run_into(&x, &mut scratch, &mut out).unwrap().segments > 0));
            assert_eq!(again, (0, 0), "{average} {n_fft}, second call");
        }
    }
}

#[test]
fn accumulators_hold_few_segments_of_samples() {
    let block = wave(1000);
    for nan in [NanPolicy::Error, NanPolicy::Interpolate { max_gap: 5 }] {
        let params = PsdParams::new(1.0, 512).nan(nan);
        let mut one = WelchAccumulator::<f32>::new(params.clone()).unwrap();
        let mut two = CsdAccumulator::<f32>::new(params).unwrap();
        let warm_up = taken(|| {
            for _ in 0..50 {
                one.push(&block).unwrap();
                two.push(&block, &block).unwrap();
            }
        });
        // The kernel in lanes, and samples of 32 segments for one signal or of two for three, grown step by step.
        assert!(warm_up.1 < 1_000_000, "{warm_up:?}");
        let later = taken(|| {
            for _ in 0..300 {
                one.push(&block).unwrap();
                two.push(&block, &block).unwrap();
            }
        });
        assert_eq!(later, (0, 0), "in 300,000 samples");
    }
}
