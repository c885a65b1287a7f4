//! `find_peaks` over conditions and shapes: milliseconds, minimum and median of interleaved runs on one thread.
//!
//! `cargo bench -p rlx-fft-dsp --bench find_peaks [-- FILTER]`; `scripts/bench_find_peaks.py` runs SciPy on the
//! same samples and prints both.

use std::hint::black_box;
use std::time::Instant;

use rlx_dsp::fft::Real;
use rlx_dsp::params::Threads;
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, find_peaks_rows_on};

/// Seeded sums of two uniform numbers, xorshift64: the script makes the same ones.
fn noise(len: usize) -> Vec<f64> {
    let mut s = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        (s >> 11) as f64 / 2f64.powi(53) - 0.5
    };
    (0..len).map(|_| next() + next()).collect()
}

fn conditions() -> Vec<(&'static str, LocalPeakParams)> {
    let (new, low) = (LocalPeakParams::new, Bounds::at_least);
    vec![
        ("none", new()),
        ("height", new().height(low(0.0))),
        ("threshold", new().threshold(low(0.1))),
        ("plateau", new().plateau_size(low(1.0))),
        ("distance 5", new().distance(5.0)),
        ("distance 20", new().distance(20.0)),
        ("distance 100", new().distance(100.0)),
        ("prominence", new().prominence(low(0.5))),
        ("width", new().width(low(1.0))),
        ("wlen 101", new().prominence(low(0.5)).wlen(101)),
        ("all four", new().height(low(0.0)).distance(10.0).prominence(low(0.5)).width(low(1.0))),
    ]
}

struct Case {
    name: String,
    run: Box<dyn FnMut()>,
    ms: Vec<f64>,
}

fn case<T: Real>(kind: &str, rows: usize, len: usize, smooth: bool, threads: usize) -> Vec<Case> {
    let mut x = noise(rows * len);
    if smooth {
        // A running sum that leaks: few peaks, long walks.
        let mut sum = 0.0;
        for v in &mut x {
            sum = 0.99 * sum + 0.1 * *v;
            *v = sum;
        }
    }
    let x: Vec<T> = x.into_iter().map(T::narrow).collect();
    let shape = if smooth { " smooth" } else { "" };
    let make = |(name, params): (&str, LocalPeakParams)| {
        let x = x.clone();
        let repeat = (20_000 / x.len()).max(1);
        let mut run: Box<dyn FnMut()> = if rows == 1 {
            Box::new(move || {
                black_box(find_peaks(black_box(&x), &params).expect("valid"));
            })
        } else {
            Box::new(move || {
                let threads = Threads::from(threads);
                black_box(find_peaks_rows_on(black_box(&x), len, &params, threads).expect("valid"));
            })
        };
        let name = format!("{kind} ({rows}, {len}){shape} {threads} {name}");
        Case { name, run: Box::new(move || (0..repeat).for_each(|_| run())), ms: vec![1.0 / repeat as f64] }
    };
    conditions().into_iter().map(make).collect()
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let mut cases: Vec<Case> = [
        case::<f64>("f64", 1, 1_000_000, false, 1),
        case::<f64>("f64", 1, 1_000_000, true, 1),
        case::<f32>("f32", 1, 1_000_000, false, 1),
        case::<f64>("f64", 1000, 4096, false, 1),
        case::<f64>("f64", 1000, 4096, false, 2),
        case::<f64>("f64", 1, 200, false, 1),
    ]
    .into_iter()
    .flatten()
    .filter(|c| words.is_empty() || words.iter().any(|w| c.name.contains(w.as_str())))
    .collect();
    for _ in 0..9 {
        for case in &mut cases {
            let start = Instant::now();
            (case.run)();
            case.ms.push(start.elapsed().as_secs_f64() * 1e3 * case.ms[0]);
        }
    }
    for mut case in cases {
        let times = &mut case.ms[1..];
        times.sort_unstable_by(f64::total_cmp);
        println!("{:<44} min {:9.4} median {:9.4} ms", case.name, times[0], times[times.len() / 2]);
    }
}
