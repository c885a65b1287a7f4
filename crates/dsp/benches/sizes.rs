//! Time per segment-sample of Welch's average over sizes, precisions and options, one thread, with the ratios that matter.
//!
//! `cargo bench -p rlx-fft-dsp --bench sizes [-- FILTER]`; rows are interleaved, the minimum of all rounds is kept. A
//! segment-sample is one sample of one segment before zero-padding.

use std::time::Instant;

use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Complex, Sample};
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{PsdParams, Welch};

/// One measured case.
struct Case {
    name: String,
    run: Box<dyn FnMut()>,
    /// Segment-samples of one run.
    work: f64,
    best: f64,
}

/// Seeded noise in [−1, 1), xorshift32.
fn noise(len: usize) -> impl Iterator<Item = f64> {
    let mut s = 0x9e37_79b9_u32;
    (0..len).map(move |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        f64::from(s as i32) / 2f64.powi(31)
    })
}

fn case<S: Sample>(name: &str, rows: usize, len: usize, params: PsdParams) -> Case {
    let mut values = noise(2 * rows * len);
    let mut next = || values.next().expect("two values per sample");
    let x: Vec<S> = (0..rows * len).map(|_| S::from_parts(next(), next())).collect();
    let plan = Welch::<S>::new(params.clone()).and_then(|w| w.with_threads(1)).expect("valid");
    let mut out = vec![S::Real::default(); rows * plan.n_bins()];
    let mut scratch = plan.scratch();
    let segments = plan.segment_count(len) * rows;
    let run = Box::new(move || {
        plan.run_batch_into(&x, rows, &mut scratch, &mut out).expect("finite");
    });
    Case {
        name: name.to_string(),
        run,
        work: (segments * params.segments.segment_len) as f64,
        best: f64::INFINITY,
    }
}

fn cases() -> Vec<Case> {
    let new = |n| PsdParams::new(1.0, n);
    let mut all = Vec::new();
    for n in [
        64, 100, 120, 128, 160, 200, 250, 256, 320, 384, 400, 480, 500, 512, 600, 800, 1000, 1024, 1500,
        1764, 2000,
    ]
    .into_iter()
    .chain([2048, 2401, 3000, 4096, 5000, 6561, 8192, 10_000, 16_384, 997, 551])
    {
        all.push(case::<f32>(&format!("f32 {n}"), 8, 131_072, new(n)));
        all.push(case::<f64>(&format!("f64 {n}"), 8, 131_072, new(n)));
    }
    for n in [256, 1000, 1024] {
        for (kind, p) in [
            ("linear", new(n).detrend(Detrend::Linear)),
            ("none", new(n).detrend(Detrend::None)),
            ("median", new(n).average(Average::Median)),
            ("max", new(n).average(Average::Max)),
            ("padded to twice", new(n).n_fft(2 * n)),
        ] {
            all.push(case::<f32>(&format!("f32 {n} {kind}"), 8, 65_536, p.clone()));
            all.push(case::<f64>(&format!("f64 {n} {kind}"), 8, 65_536, p));
        }
        all.push(case::<Complex<f32>>(&format!("c32 {n}"), 8, 65_536, new(n)));
        all.push(case::<Complex<f64>>(&format!("c64 {n}"), 8, 65_536, new(n)));
    }
    for (rows, segments) in [(8192, 1), (4096, 2), (2700, 3), (1024, 8), (512, 16)] {
        for n in [256, 250] {
            let (len, name) = (n + (segments - 1) * (n / 2), format!("{n}, {segments} segments per row"));
            all.push(case::<f32>(&format!("f32 {name}"), rows, len, new(n)));
            all.push(case::<f64>(&format!("f64 {name}"), rows, len, new(n)));
        }
    }
    all
}

fn main() {
    let filter: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let mut cases = cases();
    cases.retain(|c| filter.is_empty() || filter.iter().any(|f| c.name.contains(f.as_str())));
    for turn in 0..7 {
        for case in &mut cases {
            for _ in 0..if turn == 0 { 1 } else { 2 } {
                let start = Instant::now();
                (case.run)();
                case.best = case.best.min(start.elapsed().as_secs_f64() * 1e9 / case.work);
            }
        }
    }
    let best = |name: &str| cases.iter().find(|c| c.name == name).map(|c| c.best);
    for case in &cases {
        let mut line = format!("{:<34} {:8.3} ns", case.name, case.best);
        let words: Vec<&str> = case.name.split(' ').collect();
        let (kind, n) = (words[0], words[1].trim_end_matches(',').parse::<usize>().unwrap_or(0));
        let mut ratio = |of: String, limit: Option<f64>| {
            if let Some(other) = best(&of) {
                let limit = limit.map_or(String::new(), |l| format!(" (at most {l})"));
                line += &format!("   {:5.2} x {of}{limit}", case.best / other);
            }
        };
        if words.len() == 2 && kind == "f32" && !n.is_power_of_two() {
            ratio(format!("f32 {}", n.next_power_of_two()), Some(1.6));
        }
        if kind == "f64" {
            ratio(case.name.replacen("f64", "f32", 1), Some(2.3));
        }
        match words.get(2) {
            Some(&"linear") => ratio(format!("{kind} {n}"), Some(1.25)),
            Some(&"median") => ratio(format!("{kind} {n}"), Some(2.5)),
            Some(&"padded") => ratio(format!("{kind} {n}"), Some(2.3)),
            Some(_) => ratio(format!("{kind} {n}"), None),
            None => {}
        }
        println!("{line}");
    }
}
