//! The fused Welch peaks on every device, compared with an f64 reference implementation: a seeded sample of the grid
//! of n_fft, segments, k, detrend, average and signals. `RLX_TEST_FULL=1` runs far more of it.

mod common;

use common::twin::{judge_row, raw_power};
use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::params::{Average, Detrend, WelchPeaksSpec, Window};
use rlx_compile::{Graph, Op, Plan};
use rlx_dsp::nan::NanPolicy;
use rlx_runtime::{DeviceInfo, Error, Executable, Session, SessionOptions};
use rlx_testkit::{Noise, harness::open};

rlx_testkit::device_tests! { every: peaks_are_right_over_the_grid, ties_go_to_the_lower_bin, nan_and_overflow_are_told_apart_by_row, batches_of_many_chunks_keep_their_rows, a_psd_and_its_peaks_in_one_plan }

/// Power of f32's rounding relative to what is rounded: ε² / 12 and some room.
const ROUNDING: f64 = 1.0 / (1u64 << 47) as f64;

/// The same cases everywhere.
struct Seeded(Noise);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(Noise::new(seed))
    }

    fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    fn noise(&mut self) -> f32 {
        self.0.uniform() as f32
    }

    fn signal(&mut self, len: usize, kind: usize) -> Vec<f32> {
        let (f, g) = (self.noise().abs() * 3.0, self.noise().abs() * 3.0);
        let tones = |i: usize| (i as f32 * f).sin() + 0.3 * (i as f32 * g).cos();
        (0..len)
            .map(|i| match kind {
                0 => self.noise(),
                1 => tones(i) + 0.01 * self.noise(),
                2 => 1e5 + tones(i) + 0.1 * self.noise(),
                // Whole numbers: equal powers and zeros.
                3 => (i % 8 == 0) as u8 as f32,
                _ => 0.0,
            })
            .collect()
    }
}

fn executable(session: &Session, batch: usize, row_len: usize, spec: &WelchPeaksSpec) -> Executable {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch, len: row_len, complex: false }, &[]).unwrap();
    graph.chain(x, [Op::WelchPeaks(spec.clone()), Op::output("peaks")]).unwrap();
    session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap()
}

fn peaks_are_right_over_the_grid(device: &DeviceInfo) {
    let cases = if std::env::var_os("RLX_TEST_FULL").is_some() { 1500 } else { 35 };
    let session = open(device, SessionOptions::default());
    let mut random = Seeded::new(20_26);
    for case in 0..cases {
        let n = 64 << (case % 7);
        let most = if case % 5 == 0 { 64 } else { 6 };
        let shape = WelchPeaksShape {
            batch: 1 + random.below(21),
            n_fft: n,
            hop: [n / 2, n / 2, n / 4 + 1, n][random.below(4)],
            segments: 1 + random.below(most),
            k: 1 + random.below(64),
        };
        let average = [Average::Mean, Average::Mean, Average::Max, Average::Min][random.below(4)];
        let detrend = [Detrend::None, Detrend::Constant][random.below(2)];
        let window = [Window::Hann, Window::Hamming, Window::Rectangular][random.below(3)].clone();
        let spec = WelchPeaksSpec { average, detrend, window, ..shape.spec() };
        let row_len = shape.frame_len().unwrap() + random.below(3);
        let batch = if n > 1024 { shape.batch.min(5) } else { shape.batch };
        let samples: Vec<f32> = (0..batch)
            .flat_map(|_| {
                let kind = random.below(5);
                random.signal(row_len, kind)
            })
            .collect();
        let peaks = executable(&session, batch, row_len, &spec).run_to_vecs(&[&samples]).unwrap().remove(0);
        let width = 2 * shape.k.min(shape.bins());
        assert_eq!(peaks.len(), batch * width);
        for (row, (samples, peaks)) in samples.chunks(row_len).zip(peaks.chunks(width)).enumerate() {
            let power = raw_power(samples, &spec);
            // What the rounding of an offset's samples leaves of it, squared.
            let offset = WelchPeaksSpec { detrend: Detrend::None, ..spec.clone() };
            let of_offset = match spec.detrend {
                Detrend::Constant => raw_power(samples, &offset).iter().sum::<f64>() * ROUNDING,
                _ => 0.0,
            };
            // The smallest of several segments has the rounding of the segment that it is of, whose other bins may be
            // far above the smallest ones.
            let of_segments = match spec.average {
                Average::Min => {
                    raw_power(samples, &WelchPeaksSpec { average: Average::Mean, ..spec.clone() })
                        .iter()
                        .sum()
                }
                _ => 0.0,
            };
            let beside = of_offset + of_segments;
            let id = &session.device().id;
            let what = format!("{id} case {case} {shape:?} {spec:?} row {row}");
            judge_row(&power, beside, peaks, n, &what);
        }
    }
}

fn ties_go_to_the_lower_bin(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (n, k) in [(64, 33), (256, 16), (1024, 64), (4096, 5)] {
        let shape = WelchPeaksShape::new(3, n, 2, k);
        let len = shape.frame_len().unwrap();
        let peaks = executable(&session, 3, len, &shape.spec()).run_to_vecs(&[&vec![0.0; 3 * len]]).unwrap();
        for (at, pair) in peaks[0].chunks(2).enumerate() {
            assert_eq!(pair, [(at % k) as f32, 0.0], "{} n_fft {n}", session.device().id);
        }
    }
}

fn nan_and_overflow_are_told_apart_by_row(device: &DeviceInfo) {
    let shape = WelchPeaksShape::new(5, 256, 2, 3);
    let len = shape.frame_len().unwrap();
    let mut random = Seeded::new(7);
    let good = random.signal(5 * len, 0);
    for (policy, value) in
        [(NanPolicy::Error, f32::NAN), (NanPolicy::Error, f32::INFINITY), (NanPolicy::Propagate, f32::NAN)]
    {
        for average in [Average::Mean, Average::Min, Average::Max] {
            let mut samples = good.clone();
            samples[3 * len + 200] = value;
            let session = open(device, SessionOptions::default().nan(policy));
            let spec = WelchPeaksSpec { average, ..shape.spec() };
            let executable = executable(&session, 5, len, &spec);
            let id = &session.device().id;
            let Ok(out) = executable.run_to_vecs(&[&samples]) else {
                let error = executable.run_to_vecs(&[&samples]).unwrap_err();
                let at = Error::Dsp(rlx_dsp::Error::NonFinite { row: 3, index: 200, value: value.into() })
                    .to_string();
                assert_eq!((error.to_string(), policy), (at, NanPolicy::Error), "{id}");
                // The same program is as good as new.
                let peaks = executable.run_to_vecs(&[&good]).unwrap();
                assert!(peaks[0].iter().all(|v| v.is_finite()), "{id}");
                continue;
            };
            assert_eq!(policy, NanPolicy::Propagate, "{id}");
            for (row, peaks) in out[0].chunks_exact(6).enumerate() {
                assert_eq!(peaks[1].is_nan(), row == 3, "{id} {average} row {row}");
            }
        }
    }
    // Finite samples whose power is not.
    let session = open(device, SessionOptions::default());
    let loud: Vec<f32> = good.iter().map(|v| v * 1e25).collect();
    let peaks = executable(&session, 5, len, &shape.spec()).run_to_vecs(&[&loud]).unwrap();
    assert!(peaks[0].chunks(2).all(|p| p[1].is_infinite()), "{}", session.device().id);
}

fn batches_of_many_chunks_keep_their_rows(device: &DeviceInfo) {
    let shape = WelchPeaksShape::new(70_001, 64, 2, 4);
    let len = shape.frame_len().unwrap();
    let mut random = Seeded::new(3);
    let row = random.signal(shape.batch + len, 0);
    // Row r is a window at r of one signal, so that each differs and none has to be stored.
    let samples: Vec<f32> = (0..shape.batch).flat_map(|r| row[r..r + len].iter().copied()).collect();
    let session = open(device, SessionOptions::default());
    let executable = executable(&session, shape.batch, len, &shape.spec());
    for _ in 0..2 {
        let peaks = executable.run_to_vecs(&[&samples]).unwrap().remove(0);
        for at in [0, 1, 4_095, 17_476, 43_691, 65_535, 65_536, 70_000] {
            let power = raw_power(&row[at..at + len], &shape.spec());
            judge_row(
                &power,
                0.0,
                &peaks[8 * at..8 * at + 8],
                64,
                &format!("{} row {at}", session.device().id),
            );
        }
    }
    let none = self::executable(&session, 0, len, &shape.spec()).run_to_vecs(&[&[]]).unwrap();
    assert!(none[0].is_empty());
}

fn a_psd_and_its_peaks_in_one_plan(device: &DeviceInfo) {
    use rlx_compile::params::{Layout, Padding, Scaling, Sides, Symmetry};
    let session = open(device, SessionOptions::default());
    for (n, segments, k, scaled) in
        [(64, 1, 33, false), (256, 2, 16, true), (1024, 5, 64, true), (4096, 8, 3, false), (8192, 2, 9, true)]
    {
        let (batch, shape) = (5, WelchPeaksShape::new(5, n, segments, k));
        let len = shape.frame_len().unwrap();
        let mut graph = Graph::new();
        let x = graph.push(Op::Input { batch, len, complex: false }, &[]).unwrap();
        let ops = [
            Op::Segment { len: n, hop: n / 2, pad: Padding::None, drop_last: 0 },
            Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
            Op::Fft { n_fft: n, sides: Sides::One, layout: Layout::Block, keep: None },
            Op::Power { one_sided: true },
            Op::Average { average: Average::Mean },
        ];
        let power = graph.chain(x, ops).unwrap();
        if scaled {
            let psd = Op::Psd { sample_rate: 8e3, scaling: Scaling::Density };
            graph.chain(power, [psd, Op::output("psd")]).unwrap();
        } else {
            graph.push(Op::output("power"), &[power]).unwrap();
        }
        graph.chain(power, [Op::TopK { k }, Op::output("peaks")]).unwrap();
        let samples = Seeded::new(17).signal(batch * len, 1);
        let plan = Plan::new(graph, session.caps()).unwrap();
        let out = session.compile_plan(plan).unwrap().run_to_vecs(&[&samples]).unwrap();
        let weights = Window::Hann.coefficients(n, Symmetry::Periodic).unwrap();
        let factor = if scaled { Scaling::Density.factor(&weights, 8e3) } else { 1.0 };
        let rows = out[0].chunks_exact(n / 2 + 1).zip(out[1].chunks_exact(2 * k));
        for (row, (samples, (psd, peaks))) in samples.chunks_exact(len).zip(rows).enumerate() {
            let what = format!("{} n_fft {n} row {row}", session.device().id);
            let power = raw_power(samples, &shape.spec());
            judge_row(&power, 0.0, peaks, n, &what);
            for pair in peaks.chunks_exact(2) {
                // Both come from one power.
                let (a, b) = (f64::from(psd[pair[0] as usize]), f64::from(pair[1]) * factor);
                assert!((a - b).abs() <= 2.0 * f64::from(f32::EPSILON) * b.abs(), "{what}: {a} {b}");
            }
        }
    }
}
