//! The Welch spectrum of one long recording, and of one long segment, one thread.
//!
//! `cargo bench -p rlx-fft-dsp --bench psd_long`; items are segment-samples: segments times their length.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::Real;
use rlx_dsp::welch::{PsdParams, Welch, WelchAccumulator};

fn main() {
    divan::main();
}

const LEN: usize = 16_000_000;
const DETREND: [Detrend; 2] = [Detrend::None, Detrend::Constant];

/// Seeded noise in [−1, 1), xorshift32.
fn noise() -> Vec<f32> {
    let mut s = 0x9e37_79b9_u32;
    let step = |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        s as f32 / 2f32.powi(31) - 1.0
    };
    (0..LEN).map(step).collect()
}

fn params(detrend: Detrend) -> PsdParams {
    PsdParams::new(48_000.0, 1024).detrend(detrend)
}

fn work(params: &PsdParams) -> ItemsCount {
    ItemsCount::new(params.segment_count(LEN) * params.segments.segment_len)
}

#[divan::bench(args = DETREND)]
fn whole(bencher: Bencher, detrend: Detrend) {
    let (x, params) = (noise(), params(detrend));
    let plan = Welch::<f32>::new(params.clone()).expect("valid");
    bencher.counter(work(&params)).bench_local(|| plan.run(black_box(&x)));
}

/// Blocks of this many samples: a sound card's, a file reader's, and all at once.
#[divan::bench(args = [1024, 65_536, LEN])]
fn accumulated(bencher: Bencher, block: usize) {
    let (x, params) = (noise(), params(Detrend::Constant));
    bencher.counter(work(&params)).bench_local(|| {
        let mut accumulator = WelchAccumulator::<f32>::new(params.clone()).expect("valid");
        for block in black_box(&x).chunks(block) {
            accumulator.push(block).expect("finite");
        }
        accumulator.finish()
    });
}

/// A periodogram of this many samples: powers of two, a mixed size, primes.
#[divan::bench(types = [f32, f64], args = [1 << 15, 65_536, 65_537, 1 << 20, 1_000_003, 4_000_000, 1 << 22])]
fn one_segment<T: Real>(bencher: Bencher, len: usize) {
    let x: Vec<T> = noise().into_iter().take(len).map(|v| T::narrow(f64::from(v))).collect();
    let plan = Welch::<T>::new(PsdParams::periodogram(1.0, len)).expect("valid");
    bencher.counter(ItemsCount::new(len)).bench_local(|| plan.run(black_box(&x)));
}
