//! 30 s of sound to log-mel through the public plan, one thread, for every preset.
//!
//! `cargo bench -p rlx-fft-dsp --bench log_mel`; items are samples.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rlx_dsp::mel::{LogMel, LogMelParams, Preset};

fn main() {
    divan::main();
}

const SECONDS: f64 = 30.0;

/// Seeded noise in [−1, 1), xorshift32.
fn noise(len: usize) -> Vec<f32> {
    let mut s = 0x9e37_79b9_u32;
    let step = |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        s as f32 / 2f32.powi(31) - 1.0
    };
    (0..len).map(step).collect()
}

/// Like speech: four voiced syllables per second, each with a sudden start, a gliding pitch and a slow end, every
/// eighth one missing, over faint noise.
fn syllables(rate: f64, len: usize) -> Vec<f32> {
    let voice = |i: usize| {
        let t = i as f64 / rate;
        let (syllable, since) = ((t * 4.0) as usize, t % 0.25);
        if syllable % 8 == 7 {
            return 0.0;
        }
        let glide = std::f64::consts::TAU * (110.0 + 8.0 * (syllable % 5) as f64 + 60.0 * since) * since;
        let sum: f64 = (1..20).map(|h| (f64::from(h) * glide).sin() / f64::from(h)).sum();
        0.3 * sum * (-12.0 * since).exp() * (since * 400.0).min(1.0)
    };
    noise(len).into_iter().enumerate().map(|(i, n)| voice(i) as f32 + 1e-3 * n).collect()
}

fn bench(bencher: Bencher, preset: Preset, signal: impl Fn(f64, usize) -> Vec<f32>) {
    let params = LogMelParams::preset(preset);
    let x = signal(params.sample_rate, (SECONDS * params.sample_rate) as usize);
    let plan = LogMel::<f32>::new(params).expect("a preset is valid");
    bencher.counter(ItemsCount::new(x.len())).bench_local(|| plan.run(black_box(&x)));
}

#[divan::bench(args = Preset::ALL)]
fn white_noise(bencher: Bencher, preset: Preset) {
    bench(bencher, preset, |_, len| noise(len));
}

#[divan::bench(args = Preset::ALL)]
fn like_speech(bencher: Bencher, preset: Preset) {
    bench(bencher, preset, syllables);
}
