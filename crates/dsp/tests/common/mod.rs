//! Signals and golden cases that the tests share.

#![allow(dead_code, reason = "each test program uses a part")]

use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Symmetry;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The samples of `noise` in scripts/golden_scipy.py.
pub(crate) fn noise(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).max(1);
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 * 2.0_f64.powi(-52) - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// The samples of `signal` in scripts/golden_scipy.py.
pub(crate) fn signal(seed: u64, n: usize, offset: f64, slope: f64) -> Vec<f64> {
    let mut x = noise(seed, n);
    for (i, x) in x.iter_mut().enumerate() {
        let triangle = ((7 * i % 160) as f64 - 80.0).abs() / 20.0 - 2.0;
        *x = ((*x + triangle) + slope * i as f64) + offset;
    }
    x
}

/// The same as samples of any type; imaginary parts come from another seed.
pub(crate) fn samples<S: Sample>(seed: u64, n: usize, offset: f64, slope: f64) -> Vec<S> {
    let re = signal(seed, n, offset, slope);
    let im = signal(seed + 1000, n, -offset, -slope);
    re.iter().zip(im).map(|(re, im)| S::from_parts(*re, im)).collect()
}

/// One golden case.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    pub(crate) r#type: String,
    pub(crate) complex: bool,
    pub(crate) seed: u64,
    pub(crate) n: usize,
    pub(crate) offset: f64,
    pub(crate) slope: f64,
    sample_rate: f64,
    window: String,
    periodic: bool,
    segment_len: usize,
    hop: usize,
    n_fft: usize,
    detrend: String,
    scaling: String,
    average: String,
    sides: String,
    #[serde(default)]
    pub(crate) frequencies: Vec<f64>,
    #[serde(default)]
    pub(crate) psd: Vec<f64>,
    #[serde(default)]
    pub(crate) re: Vec<f64>,
    #[serde(default)]
    pub(crate) im: Vec<f64>,
    #[serde(default)]
    pub(crate) coherence: Vec<f64>,
}

impl Case {
    pub(crate) fn params(&self) -> PsdParams {
        PsdParams::new(self.sample_rate, self.segment_len)
            .window(self.window.parse().unwrap())
            .symmetry(if self.periodic { Symmetry::Periodic } else { Symmetry::Symmetric })
            .hop(self.hop)
            .n_fft(self.n_fft)
            .detrend(self.detrend.parse().unwrap())
            .scaling(self.scaling.parse().unwrap())
            .average(self.average.parse().unwrap())
            .sides(self.sides.parse().unwrap())
    }

    pub(crate) fn samples<S: Sample>(&self, seed: u64) -> Vec<S> {
        samples(seed, self.n, self.offset, self.slope)
    }

    /// A description without the golden values, for messages.
    pub(crate) fn title(&self) -> String {
        format!("{} n={} seed={} {:?}", self.r#type, self.n, self.seed, self.params())
    }
}

/// The cases of a golden file.
pub(crate) fn golden<C: DeserializeOwned>(name: &str) -> Vec<C> {
    #[derive(Deserialize)]
    struct File<C> {
        cases: Vec<C>,
    }
    let path = format!("{}/tests/golden/scipy/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    let file: File<C> = serde_json::from_str(&text).expect(&path);
    assert!(!file.cases.is_empty());
    file.cases
}

/// `‖a − b‖₂ / ‖b‖₂`, 0 for equal ones. NaN anywhere makes it NaN, which no `<` accepts.
pub(crate) fn relative_l2(a: impl IntoIterator<Item = f64>, b: &[f64]) -> f64 {
    let mut count = 0;
    let error: f64 = a
        .into_iter()
        .zip(b)
        .map(|(a, b)| {
            count += 1;
            (a - b).powi(2)
        })
        .sum();
    assert_eq!(count, b.len());
    if error == 0.0 {
        return 0.0;
    }
    (error / b.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

/// `4 · ε · log2 N`, the project's bound on the relative L2 error of a transform of `n` samples.
pub(crate) fn bound<T: Real>(n: usize) -> f64 {
    4.0 * T::EPSILON * (n as f64).log2().max(1.0)
}

/// The bound for spectra of `x`: that of the transform in `T`, and in f64 the digits that an offset costs.
pub(crate) fn spectrum_bound<S: Sample>(x: &[S], detrend: Detrend, n_fft: usize) -> f64 {
    let parts = |s: &S| {
        let (re, im) = s.parts();
        re.hypot(im)
    };
    let largest = x.iter().map(parts).fold(0.0, f64::max);
    let mut wide: Vec<f64> = x.iter().map(|s| s.parts().0).collect();
    detrend.apply(&mut wide);
    let rms = (wide.iter().map(|v| v * v).sum::<f64>() / wide.len() as f64).sqrt();
    bound::<S::Real>(n_fft) + bound::<f64>(n_fft) * largest / rms
}
