//! Overhead after compilation: a pick, and a run of an executable compared with the kernel. `cargo bench -p rlx-fft
//! --bench overhead`.

use divan::Bencher;
use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_fft::{AutoSettings, AutoWelchPeaks};
use rlx_runtime::{Device, Session};

fn main() {
    divan::main();
}

fn samples(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * i % 8191) as f32 * 0.37).sin()).collect()
}

/// Two segments of 256, 16 peaks.
const SHAPE: (usize, usize) = (256, 16);

#[divan::bench]
fn pick(bencher: Bencher<'_, '_>) {
    let settings = AutoSettings { device: Some("cpu"), threads: 1, ..AutoSettings::default() };
    let auto = AutoWelchPeaks::with_settings(4096, SHAPE.0, SHAPE.1, &settings).expect("a plan");
    bencher.bench_local(|| auto.pick_for_batch(divan::black_box(1000)));
}

#[divan::bench(args = [0, 1, 16])]
fn executable(bencher: Bencher<'_, '_>, batch: usize) {
    let shape = WelchPeaksShape::new(batch, SHAPE.0, 2, SHAPE.1);
    let session = Session::open(&Device::Cpu).expect("a session");
    let plan = session.compile(&welch_peaks(&shape).expect("a graph")).expect("a plan");
    let (x, mut out) = (samples(384 * batch), vec![0.0; 32 * batch]);
    bencher.bench_local(|| plan.run(&[&x], &mut [&mut out]));
}

#[divan::bench(args = [0, 1, 16])]
fn kernel(bencher: Bencher<'_, '_>, batch: usize) {
    let params = WelchPeakParams::fast_for_n_fft(SHAPE.0, SHAPE.1);
    let mut scratch = WelchPeaksScratch::new(params, PeaksEngine::Lanes, 1).expect("a plan");
    let (x, mut out) = (samples(384 * batch), vec![0.0; 32 * batch]);
    bencher.bench_local(|| scratch.peaks_into(&x, batch, &mut out));
}
