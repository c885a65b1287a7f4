//! Batched Welch peaks beside the honest loop: one thread, host to host.
//!
//! `cargo bench -p rlx-fft-dsp --bench welch_peaks`; `RLX_ISA=avx2` for another instance, a filter such as
//! `-- n_fft_256` for a part. Each case runs the loop, its transforms alone, the row path and the lanes kernel.

use divan::{Bencher, black_box};
use realfft::{RealFftPlanner, RealToComplex};
use rlx_dsp::peaks::insert::insert_top_k;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchParams, WelchPeakParams, WelchPeaksScratch};
use rlx_dsp::window::Symmetry;
use rustfft::num_complex::Complex32;
use std::fmt;
use std::sync::Arc;

fn main() {
    divan::main();
}

/// One point of the grid.
#[derive(Clone, Copy)]
struct Case {
    n_fft: usize,
    segments: usize,
    k: usize,
    batch: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n_fft_{}_seg_{}_k_{}_batch_{}", self.n_fft, self.segments, self.k, self.batch)
    }
}

const fn case(n_fft: usize, segments: usize, k: usize, batch: usize) -> Case {
    Case { n_fft, segments, k, batch }
}

const CASES: [Case; 21] = [
    case(256, 2, 16, 8192),
    case(256, 1, 16, 8192),
    case(256, 8, 16, 8192),
    case(256, 2, 1, 8192),
    case(256, 2, 8, 8192),
    case(256, 2, 32, 8192),
    case(256, 2, 64, 8192),
    case(512, 2, 16, 4096),
    case(512, 8, 16, 4096),
    case(512, 8, 1, 4096),
    case(512, 8, 8, 4096),
    case(512, 8, 32, 4096),
    case(512, 8, 64, 4096),
    case(1024, 2, 16, 2048),
    case(1024, 8, 16, 2048),
    case(1024, 8, 1, 2048),
    case(1024, 8, 8, 2048),
    case(1024, 8, 32, 2048),
    case(1024, 8, 64, 2048),
    case(256, 2, 16, 1),
    case(256, 2, 16, 16),
];

fn params(case: Case) -> WelchPeakParams {
    let welch = WelchParams::new(case.n_fft, case.segments);
    WelchPeakParams::fast_for_n_fft(case.n_fft, case.k).welch(welch).k(case.k)
}

/// Seeded noise in [−1, 1), xorshift32: every comparison with the K-th is as hard as it gets.
fn noise(len: usize) -> Vec<f32> {
    let mut s = 1u32;
    let step = |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        s as f32 / 2f32.powi(31) - 1.0
    };
    (0..len).map(step).collect()
}

/// A carefully written loop over realfft: plan, buffers and scratch are reused, and a power is compared with the K-th
/// before insertion.
struct Loop {
    case: Case,
    window: Vec<f32>,
    plan: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    powers: Vec<f32>,
}

impl Loop {
    fn new(case: Case) -> Self {
        let plan = RealFftPlanner::new().plan_fft_forward(case.n_fft);
        let window =
            params(case).welch.window.coefficients(case.n_fft, Symmetry::Periodic).expect("a window");
        Self {
            case,
            window: window.into_iter().map(|w| w as f32).collect(),
            input: plan.make_input_vec(),
            output: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            powers: vec![0.0; case.n_fft / 2 + 1],
            plan,
        }
    }

    fn transform(&mut self, segment: &[f32]) {
        for ((z, x), w) in self.input.iter_mut().zip(segment).zip(&self.window) {
            *z = x * w;
        }
        self.plan
            .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch)
            .expect("its own buffers");
    }

    fn peaks(&mut self, samples: &[f32], out: &mut [f32]) {
        let Case { n_fft, segments, k, .. } = self.case;
        let hop = n_fft / 2;
        let len = n_fft + (segments - 1) * hop;
        for (row, out) in samples.chunks_exact(len).zip(out.chunks_exact_mut(2 * k)) {
            self.powers.fill(0.0);
            for s in 0..segments {
                self.transform(&row[s * hop..s * hop + n_fft]);
                for (power, z) in self.powers.iter_mut().zip(&self.output) {
                    *power += z.norm_sqr();
                }
            }
            let scale = 1.0 / segments as f32;
            for (bin, power) in self.powers.iter_mut().enumerate() {
                *power *= if bin == 0 || 2 * bin == n_fft { scale } else { 2.0 * scale };
            }
            insert_top_k(&self.powers, out);
        }
    }

    fn transforms(&mut self, samples: &[f32]) {
        let Case { n_fft, segments, .. } = self.case;
        let hop = n_fft / 2;
        for row in samples.chunks_exact(n_fft + (segments - 1) * hop) {
            for s in 0..segments {
                self.transform(&row[s * hop..s * hop + n_fft]);
                black_box(&self.output);
            }
        }
    }
}

fn input(case: Case) -> (Vec<f32>, Vec<f32>) {
    let params = params(case);
    (noise(case.batch * params.welch.frame_len()), vec![0.0; case.batch * params.k_out() * 2])
}

fn sample_count(bencher: Bencher<'_, '_>, case: Case, mut work: impl FnMut()) {
    bencher.counter(divan::counter::ItemsCount::new(case.batch)).bench_local(&mut work);
}

#[divan::bench(args = CASES, sample_count = 21)]
fn a_realfft_loop(bencher: Bencher<'_, '_>, case: Case) {
    let (samples, mut out) = input(case);
    let mut plan = Loop::new(case);
    sample_count(bencher, case, || plan.peaks(black_box(&samples), black_box(&mut out)));
}

#[divan::bench(args = CASES, sample_count = 21)]
fn b_realfft_transforms_alone(bencher: Bencher<'_, '_>, case: Case) {
    let (samples, _) = input(case);
    let mut plan = Loop::new(case);
    sample_count(bencher, case, || plan.transforms(black_box(&samples)));
}

fn engine(bencher: Bencher<'_, '_>, case: Case, engine: PeaksEngine, threads: usize) {
    let (samples, mut out) = input(case);
    let mut plan = WelchPeaksScratch::new(params(case), engine, threads).expect("a plan");
    sample_count(bencher, case, || {
        plan.peaks_into(black_box(&samples), case.batch, black_box(&mut out)).expect("finite rows");
    });
}

#[divan::bench(args = CASES, sample_count = 21)]
fn c_row_path(bencher: Bencher<'_, '_>, case: Case) {
    engine(bencher, case, PeaksEngine::Streaming, 1);
}

#[divan::bench(args = CASES, sample_count = 21)]
fn d_lanes(bencher: Bencher<'_, '_>, case: Case) {
    engine(bencher, case, PeaksEngine::Lanes, 1);
}

#[divan::bench(args = CASES, sample_count = 21)]
fn e_lanes_two_threads(bencher: Bencher<'_, '_>, case: Case) {
    engine(bencher, case, PeaksEngine::Lanes, 2);
}
