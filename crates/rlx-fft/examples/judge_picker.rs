//! Calibrates the CPU (without keeping it), then measures how good the picks are: `judge_picker [budget ms per cell]`.

use std::time::{Duration, Instant};

use rlx_fft::bench_picker::{BenchPickerOptions, bench_picker};
use rlx_fft::calibrate::measure;

fn main() -> rlx_fft::Result<()> {
    let budget = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(50);
    let (device, calibration, seconds) = measure(Some("cpu"), |_| {})?;
    println!("{device}: {} samples in {seconds:.1} s; {:?}", calibration.samples.len(), calibration.model);
    let options =
        BenchPickerOptions { budget: Duration::from_millis(budget), ..BenchPickerOptions::default() };
    let start = Instant::now();
    let report = bench_picker(&options, Some(std::slice::from_ref(&calibration)), |_| {})?;
    println!("{:?} in {:.1} s", report.score, start.elapsed().as_secs_f64());
    for row in report.rows.iter().filter(|r| r.is_right() == Some(false)) {
        println!("wrong: {row:?}");
    }
    for row in &report.rows {
        for s in &row.strategies {
            let ratio = s.predicted_ms / s.ms;
            if !(0.5..=2.0).contains(&ratio) {
                println!(
                    "far: n_fft {} batch {} k {} {} {ratio:.2}",
                    row.n_fft, row.batch, row.k, s.strategy
                );
            }
        }
    }
    Ok(())
}
