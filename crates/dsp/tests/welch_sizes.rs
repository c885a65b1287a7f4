//! Welch's average at the sizes that the lanes kernels have, against an f64 transform written independently of them: every
//! product of 2, 3, 5 and 7 up to 16,384 with `RLX_TEST_FULL=1`, a seeded sample otherwise; each instruction set in a process
//! of its own.

use std::process::Command;

use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Complex, Real, Sample};
use rlx_dsp::lanes::Isa;
use rlx_dsp::scaling::{Average, Scaling};
use rlx_dsp::welch::{PsdParams, Welch};
use rustfft::FftPlanner;

type C64 = Complex<f64>;

struct Noise(u32);

impl Noise {
    /// Uniform in [−1, 1), xorshift32.
    fn next(&mut self) -> f64 {
        let s = &mut self.0;
        *s ^= *s << 13;
        *s ^= *s >> 17;
        *s ^= *s << 5;
        f64::from(*s as i32) / 2f64.powi(31)
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.next() + 1.0) / 2.0 * n as f64) as usize
    }
}

fn smooth_sizes() -> Vec<usize> {
    (8..=16_384).filter(|&n| rlx_dsp::lanes::supports(n)).collect()
}

/// All sizes, or some of them with the ones that people choose.
fn sizes() -> Vec<usize> {
    let all = smooth_sizes();
    if std::env::var_os("RLX_TEST_FULL").is_some() {
        return all;
    }
    let mut noise = Noise(0x1234_5678);
    let mut some =
        vec![8, 16, 63, 100, 160, 200, 250, 256, 400, 441, 500, 882, 1000, 1024, 1764, 2000, 2187, 2401];
    some.extend((0..14).map(|_| all[noise.below(all.len())]));
    some
}

/// `|X|²` of a segment in the transform's order, all in f64.
fn power(segment: &[C64], weights: &[f64], n_fft: usize, detrend: Detrend) -> Vec<f64> {
    let n = segment.len() as f64;
    let centre = (n - 1.0) / 2.0;
    let spread: f64 = (0..segment.len()).map(|i| (i as f64 - centre).powi(2)).sum();
    // Fitted again to what is left, so that the truth has no rounding of its own fit.
    let mut fitted: Vec<C64> = segment.to_vec();
    for _ in 0..2 {
        let mean = fitted.iter().sum::<C64>() / n;
        fitted.iter_mut().for_each(|x| *x -= mean);
        if detrend == Detrend::Linear {
            let moment: C64 = fitted.iter().enumerate().map(|(i, x)| x * (i as f64 - centre)).sum();
            let slope = moment / spread.max(1.0);
            fitted.iter_mut().enumerate().for_each(|(i, x)| *x -= slope * (i as f64 - centre));
        }
    }
    let samples = if detrend == Detrend::None { segment } else { &fitted[..] };
    let mut z: Vec<C64> = samples.iter().zip(weights).map(|(x, w)| x * w).collect();
    z.resize(n_fft, C64::default());
    FftPlanner::new().plan_fft_forward(n_fft).process(&mut z);
    z.iter().map(|z| z.norm_sqr()).collect()
}

/// The average of segments' powers over the transform's bins.
fn average(x: &[C64], p: &PsdParams) -> Vec<f64> {
    let weights = p.segments.window.coefficients(p.segments.segment_len, p.segments.symmetry).unwrap();
    let count = (x.len() - p.segments.segment_len) / p.segments.hop + 1;
    let powers: Vec<Vec<f64>> = (0..count)
        .map(|s| {
            power(
                &x[s * p.segments.hop..s * p.segments.hop + p.segments.segment_len],
                &weights,
                p.segments.n_fft,
                p.segments.detrend,
            )
        })
        .collect();
    (0..p.segments.n_fft)
        .map(|k| {
            let mut column: Vec<f64> = powers.iter().map(|p| p[k]).collect();
            column.sort_unstable_by(f64::total_cmp);
            match p.average {
                Average::Mean => column.iter().sum::<f64>() / count as f64,
                Average::Max => column[count - 1],
                Average::Min => column[0],
                _ => {
                    let bias: f64 = 1.0
                        + (1..=(count - 1) / 2)
                            .map(|i| 1.0 / (2 * i + 1) as f64 - 1.0 / (2 * i) as f64)
                            .sum::<f64>();
                    (column[(count - 1) / 2] + column[count / 2]) / 2.0 / bias
                }
            }
        })
        .collect()
}

/// Relative L2 error of the estimate, and what it may be.
fn check<S: Sample>(x: &[C64], p: PsdParams, what: &str) {
    let samples: Vec<S> = x.iter().map(|z| S::from_parts(z.re, z.im)).collect();
    let exact: Vec<C64> = samples.iter().map(|s| s.parts()).map(|(re, im)| C64::new(re, im)).collect();
    let mut want = average(&exact, &p);
    if !S::COMPLEX {
        want.truncate(p.segments.n_fft / 2 + 1);
        want[1..p.segments.n_fft.div_ceil(2)].iter_mut().for_each(|power| *power *= 2.0);
    }
    let plan = Welch::<S>::new(p.clone()).unwrap().with_threads(1).unwrap();
    let got = plan.run(&samples).unwrap().values;
    assert_eq!(got.len(), want.len());
    let weights = p.segments.window.coefficients(p.segments.segment_len, p.segments.symmetry).unwrap();
    let gain: f64 = weights.iter().sum::<f64>().powi(2);
    let norm: f64 = want.iter().map(|w| (w / gain).powi(2)).sum();
    let error: f64 = got.iter().zip(&want).map(|(g, w)| (g.widen() - w / gain).powi(2)).sum();
    let rms = (exact.iter().map(|x| x.norm_sqr()).sum::<f64>() / exact.len() as f64).sqrt();
    let peak = exact.iter().map(|x| x.norm()).fold(0.0, f64::max);
    let limit = if S::Real::EPSILON > 1e-10 {
        4.0 * S::Real::EPSILON * (p.segments.n_fft as f64).log2()
    } else {
        1e-13 * (1.0 + peak / rms)
    };
    let relative = (error / norm).sqrt();
    assert!(relative <= limit, "{what} {p:?}: {relative:e}, at most {limit:e}");
}

/// Every size with options that take turns, so that each option meets many sizes.
fn every_size() {
    let mut noise = Noise(0x9e37_79b9);
    for (turn, n) in sizes().into_iter().enumerate() {
        let detrend = [Detrend::Constant, Detrend::Linear, Detrend::None][turn % 3];
        let average = [Average::Mean, Average::Mean, Average::Median, Average::Max, Average::Min][turn % 5];
        let segment_len = if turn % 4 == 3 { n - n / 3 } else { n };
        let hop = [segment_len.div_ceil(2), segment_len / 4 + 1, segment_len][turn % 3];
        let p = PsdParams::new(1.0, n)
            .segment_len(segment_len)
            .hop(hop)
            .n_fft(n)
            .detrend(detrend)
            .average(average)
            .scaling(Scaling::Spectrum);
        let segments = 35 + turn % 3;
        let len = segment_len + (segments - 1) * hop + turn % 2;
        let slope = if detrend == Detrend::Linear { 3.0 / n as f64 } else { 0.0 };
        let offset = if detrend == Detrend::None { 0.0 } else { 100.0 };
        let x: Vec<C64> = (0..len)
            .map(|i| {
                let line = offset + slope * (i % n) as f64;
                C64::new(noise.next() + line + (i as f64 * 0.3).sin(), noise.next() - line)
            })
            .collect();
        check::<f32>(&x, p.clone(), "f32");
        check::<f64>(&x, p.clone(), "f64");
        if turn % 2 == 0 {
            check::<Complex<f32>>(&x, p.clone(), "c32");
            check::<Complex<f64>>(&x, p, "c64");
        }
    }
}

#[test]
fn every_size_and_option_on_every_instruction_set() {
    const WORKER: &str = "RLX_TEST_WORKER";
    if std::env::var_os(WORKER).is_some() {
        return every_size();
    }
    for isa in Isa::available() {
        let name = "every_size_and_option_on_every_instruction_set";
        let worker = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("RLX_ISA", isa.name())
            .env(WORKER, "1")
            .output()
            .unwrap();
        assert!(worker.status.success(), "{isa}: {}", String::from_utf8_lossy(&worker.stderr));
    }
}

/// Rows of one to forty segments: side by side in lanes or one after the other, the answer is the same to rounding.
#[test]
fn short_rows_are_what_each_row_is_alone() {
    fn rows<S: Sample>() {
        let mut noise = Noise(77);
        for (segments, n, hop, count) in [
            (1, 64, 64, 70),
            (1, 250, 125, 33),
            (2, 100, 50, 40),
            (3, 256, 128, 37),
            (8, 60, 20, 50),
            (15, 48, 24, 19),
            (40, 32, 16, 20),
        ] {
            let p = PsdParams::new(1.0, n).hop(hop);
            let len = n + (segments - 1) * hop + 3;
            // Rows of very different powers, one of them silent.
            let x: Vec<S> = (0..count * len)
                .map(|i| {
                    let gain = [1.0, 1e3, 1e-12, 0.0, 30.0][i / len % 5];
                    S::from_parts(gain * noise.next() + 5.0 * gain, gain * noise.next())
                })
                .collect();
            let plan = Welch::<S>::new(p).unwrap().with_threads(1).unwrap();
            let bins = plan.n_bins();
            let together = plan.run_batch(&x, count).unwrap().values;
            for (row, got) in x.chunks(len).zip(together.chunks(bins)) {
                let alone = plan.run(row).unwrap().values;
                let norm: f64 = alone.iter().map(|v| v.widen().powi(2)).sum();
                let error: f64 = got.iter().zip(&alone).map(|(a, b)| (a.widen() - b.widen()).powi(2)).sum();
                let limit = 4.0 * S::Real::EPSILON * (n as f64).log2();
                assert!(error.sqrt() <= limit * norm.sqrt(), "{segments} of {n}: {error:e} {norm:e}");
            }
        }
    }
    rows::<f32>();
    rows::<f64>();
    rows::<Complex<f32>>();
}
