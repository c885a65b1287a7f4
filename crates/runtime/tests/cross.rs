//! Cross spectra, coherence and matrices on every device, compared with the library in f64: a seeded sample of channels,
//! pairs, lengths and options; `RLX_TEST_FULL=1` runs a far larger one. If a frame fits on a device, the host runs no part.

use num_complex::Complex;
use rlx_compile::builders::{coherence, cross_spectra, csd};
use rlx_compile::params::{Average, CrossValue, Detrend, Rows, Scaling, Sides, Window};
use rlx_compile::plan::Place;
use rlx_compile::{DeviceClass, Graph};
use rlx_dsp::fft::Sample;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::{CrossSpectrum, Csd, PsdParams};
use rlx_runtime::{DeviceInfo, Executable, Samples, Session, SessionOptions};
use rlx_testkit::{Noise, harness::open, tone_in_noise};

rlx_testkit::device_tests! { every: cross_spectra_of_any_length, coherences_of_any_length, complex_signals, matrices_are_hermitian, integers, missing_samples, what_no_kernel_has_is_known_when_planning }

fn count(few: usize, many: usize) -> usize {
    if std::env::var_os("RLX_TEST_FULL").is_some() { many } else { few }
}

/// Longest real frame that fits on every device.
const ROOM: usize = 4096;

struct Case {
    params: PsdParams,
    channels: usize,
    pairs: Vec<(usize, usize)>,
    rows: usize,
    /// Samples per signal.
    len: usize,
}

fn case(random: &mut Noise, most: usize) -> Case {
    let n_fft = loop {
        let n = [16, 20, 21, 60, 64, 100, 128, 147, 251, 256, 400, 1000, 1024, 2048, 3000, 4096, 8192]
            [random.below(17)];
        if n <= most {
            break n;
        }
    };
    let segment_len = if random.below(3) == 0 { n_fft - random.below(n_fft / 3) } else { n_fft };
    let most = [5, 12, if n_fft > 1024 { 9 } else { 300 }][random.below(3)];
    let segments = 1 + random.below(most);
    let hop = [segment_len / 2, segment_len / 4 + 1, segment_len][random.below(3)].max(1);
    let windows = [Window::Hann, Window::Hamming, Window::Blackman];
    let params = PsdParams::new(48e3, segment_len)
        .n_fft(n_fft)
        .hop(hop)
        .detrend([Detrend::None, Detrend::Constant, Detrend::Linear][random.below(3)])
        .average([Average::Mean, Average::Mean, Average::Median][random.below(3)])
        .sides([Sides::Auto, Sides::Auto, Sides::Two][random.below(3)])
        .window(windows[random.below(3)].clone())
        .scaling([Scaling::Density, Scaling::Spectrum, Scaling::Raw][random.below(3)]);
    let channels = 2 + random.below(3);
    let pairs = (0..1 + random.below(5)).map(|_| (random.below(channels), random.below(channels))).collect();
    let len = segment_len + (segments - 1) * hop + random.below(3);
    Case { params, channels, pairs, rows: 1 + random.below(3), len }
}

impl Case {
    /// Signals that share a tone and have noise of their own.
    fn samples(&self, seed: usize, width: usize) -> Vec<f32> {
        let all = self.rows * self.channels * self.len * width;
        let mut x = tone_in_noise(seed as u64, all);
        for (i, v) in x.iter_mut().enumerate() {
            let at = i % (self.len * width);
            *v += match self.params.segments.detrend {
                Detrend::None => 0.0,
                Detrend::Constant => 2.0,
                Detrend::Linear => 2.0 + at as f32 / (self.len * width) as f32,
            } + (at as f32 * 0.7).cos();
        }
        x
    }

    fn rows(&self, complex: bool) -> Rows {
        Rows { batch: self.rows, len: self.channels * self.len, complex }
    }

    /// The results of the library for each row and pair.
    fn truth<S: Sample<Real = f64>>(&self, x: &[S]) -> Vec<CrossSpectrum<f64>> {
        let plan = Csd::<S>::new(self.params.clone()).unwrap();
        let mut all = Vec::new();
        for row in x.chunks_exact(self.channels * self.len) {
            let signal = |i: usize| &row[i * self.len..][..self.len];
            all.extend(self.pairs.iter().map(|&(i, j)| plan.run(signal(i), signal(j)).unwrap()));
        }
        all
    }

    fn what(&self, device: &DeviceInfo) -> String {
        let Self { params, channels, pairs, rows, len } = self;
        format!("{} {params:?} {rows} x {channels} x {len} {pairs:?}", device.id)
    }
}

/// Plans on the device and checks that all of the plan runs there if it fits.
fn on_device(session: &Session, graph: &Graph, n_fft: usize, what: &str) -> Executable {
    let executable = session.compile(graph).unwrap();
    let plan = executable.plan();
    let longest = if session.device().class == DeviceClass::Cuda { 4 * ROOM } else { ROOM };
    if n_fft <= longest && session.device().class != DeviceClass::Cpu {
        assert!(plan.regions_on(Place::Host).next().is_none(), "{what}\n{}", plan.explain());
    }
    executable
}

/// `ε·max(1, log2(N)/8)`, as in the rule about peaks: the error of a bin's amplitude is this share of the amplitude of the
/// whole signal.
fn delta(n: usize) -> f64 {
    f64::from(f32::EPSILON) * ((n as f64).log2() / 8.0).max(1.0)
}

/// The power of a signal, of its segments before detrending.
fn whole(case: &Case, power: &[f64]) -> f64 {
    let total: f64 = power.iter().sum();
    // A mean or a line that was subtracted was there while rounding; a median is of segments of more power.
    let beside = if case.params.segments.detrend == Detrend::None { 1.0 } else { 16.0 };
    total * beside * if case.params.average == Average::Median { 4.0 } else { 1.0 }
}

fn judge_spectra(case: &Case, got: &[f32], truth: &[CrossSpectrum<f64>], what: &str) {
    let bins = truth[0].re.len();
    assert_eq!(got.len(), 2 * bins * truth.len(), "{what}");
    for (got, truth) in got.chunks_exact(2 * bins).zip(truth) {
        let d = delta(case.params.segments.n_fft);
        let (sx, sy) = (whole(case, &truth.pxx), whole(case, &truth.pyy));
        for bin in 0..bins {
            let (px, py) = (truth.pxx[bin], truth.pyy[bin]);
            let allowed = 4.0 * (d * ((px * sy).sqrt() + (py * sx).sqrt()) + d * d * (sx * sy).sqrt());
            let error =
                (f64::from(got[2 * bin]) - truth.re[bin]).hypot(f64::from(got[2 * bin + 1]) - truth.im[bin]);
            assert!(error <= allowed, "{what} bin {bin}: off by {error:e}, {allowed:e} allowed");
        }
    }
}

fn judge_coherences(case: &Case, got: &[f32], truth: &[CrossSpectrum<f64>], what: &str) {
    let bins = truth[0].re.len();
    assert_eq!(got.len(), bins * truth.len(), "{what}");
    for (got, truth) in got.chunks_exact(bins).zip(truth) {
        let d = delta(case.params.segments.n_fft);
        let (sx, sy) = (whole(case, &truth.pxx), whole(case, &truth.pyy));
        for (bin, value) in got.iter().enumerate() {
            let share = d * ((sx / truth.pxx[bin]).sqrt() + (sy / truth.pyy[bin]).sqrt());
            let allowed = 8.0 * (share + share * share);
            let error = (f64::from(*value) - truth.coherence[bin]).abs();
            assert!(error <= allowed, "{what} bin {bin}: off by {error:e}, {allowed:e} allowed");
        }
    }
}

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|v| f64::from(*v)).collect()
}

fn cross_spectra_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(51);
    for seed in 0..count(24, 400) {
        let case = case(&mut random, 8192);
        let (what, x) = (case.what(device), case.samples(seed, 1));
        let graph = cross_spectra(
            &case.params,
            case.channels,
            case.pairs.clone(),
            CrossValue::Spectrum,
            case.rows(false),
        );
        let executable = on_device(&session, &graph.unwrap(), case.params.segments.n_fft, &what);
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        judge_spectra(&case, &got, &case.truth::<f64>(&wide(&x)), &what);
    }
}

fn coherences_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(52);
    for seed in 0..count(16, 300) {
        let mut case = case(&mut random, 8192);
        case.params = case.params.average(Average::Mean);
        let (what, x) = (case.what(device), case.samples(seed, 1));
        let graph = cross_spectra(
            &case.params,
            case.channels,
            case.pairs.clone(),
            CrossValue::Coherence,
            case.rows(false),
        );
        let executable = on_device(&session, &graph.unwrap(), case.params.segments.n_fft, &what);
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        judge_coherences(&case, &got, &case.truth::<f64>(&wide(&x)), &what);
    }
}

fn complex_signals(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(53);
    for seed in 0..count(8, 150) {
        let case = case(&mut random, 2048);
        let (what, x) = (case.what(device), case.samples(seed, 2));
        let pairs: Vec<Complex<f64>> =
            x.chunks_exact(2).map(|z| Complex::new(f64::from(z[0]), f64::from(z[1]))).collect();
        let graph = cross_spectra(
            &case.params,
            case.channels,
            case.pairs.clone(),
            CrossValue::Spectrum,
            case.rows(true),
        );
        let executable = on_device(&session, &graph.unwrap(), case.params.segments.n_fft, &what);
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        judge_spectra(&case, &got, &case.truth(&pairs), &what);
    }
}

fn matrices_are_hermitian(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (channels, n_fft, segments) in [(5, 64, 200), (3, 100, 4)] {
        let len = n_fft + (segments - 1) * n_fft / 2;
        let pairs: Vec<_> = (0..channels * channels).map(|p| (p / channels, p % channels)).collect();
        let params = PsdParams::new(1e3, n_fft);
        let case = Case { params, channels, pairs, rows: 2, len };
        let x = case.samples(7, 1);
        let (what, pairs) = (case.what(device), case.pairs.clone());
        let graph =
            cross_spectra(&case.params, channels, pairs, CrossValue::Spectrum, case.rows(false)).unwrap();
        let got = on_device(&session, &graph, n_fft, &what).run_to_vecs(&[&x]).unwrap().remove(0);
        judge_spectra(&case, &got, &case.truth::<f64>(&wide(&x)), &what);
        let bins = n_fft / 2 + 1;
        for row in got.chunks_exact(channels * channels * bins * 2) {
            let at = |i: usize, j: usize, bin: usize| &row[((i * channels + j) * bins + bin) * 2..][..2];
            for (i, j, bin) in
                (0..channels * channels * bins).map(|p| (p / bins / channels, p / bins % channels, p % bins))
            {
                let (upper, lower) = (at(i, j, bin), at(j, i, bin));
                assert!(upper[0] == lower[0] && upper[1] == -lower[1], "{what} {i} {j} {bin}");
            }
        }
    }
}

fn integers(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for n_fft in [128, 100] {
        let (params, rows) = (PsdParams::new(8e3, n_fft), Rows::new(3, 2 * 1003));
        for graph in [csd(&params, rows).unwrap(), coherence(&params, rows).unwrap()] {
            let executable = session.compile(&graph).unwrap();
            let integers: Vec<i16> =
                (0..rows.batch * rows.len).map(|i| ((i * i * 31 + i * 7) % 2003) as i16 - 1001).collect();
            let floats: Vec<f32> = integers.iter().map(|&v| f32::from(v)).collect();
            let want = executable.run_to_vecs(&[&floats]).unwrap().remove(0);
            let mut got = vec![0.0; want.len()];
            executable.run_samples(&[Samples::I16(&integers)], &mut [&mut got]).unwrap();
            let norm: f32 = want.iter().map(|w| w * w).sum();
            let error: f32 = got.iter().zip(&want).map(|(g, w)| (g - w).powi(2)).sum();
            assert!(error <= 1e-10 * norm, "{} {n_fft}: {error} of {norm}", device.id);
        }
    }
}

fn missing_samples(device: &DeviceInfo) {
    let (params, rows, len) = (PsdParams::new(8e3, 64), 3, 640);
    let pairs = vec![(0, 1), (0, 2), (1, 2)];
    let case = Case { params, channels: 3, pairs, rows, len };
    let mut x = case.samples(3, 1);
    // Signal 1 of row 1, in one of its segments.
    let at = 3 * len + len + 100;
    x[at] = f32::NAN;
    let graph =
        cross_spectra(&case.params, 3, case.pairs.clone(), CrossValue::Spectrum, case.rows(false)).unwrap();
    let run =
        |nan| open(device, SessionOptions::default().nan(nan)).compile(&graph).unwrap().run_to_vecs(&[&x]);
    let error = run(NanPolicy::Error).unwrap_err().to_string();
    assert!(error.contains("row 1") && error.contains(&(len + 100).to_string()), "{}: {error}", device.id);
    let bins = 33;
    let spread = run(NanPolicy::Propagate).unwrap().remove(0);
    for (index, values) in spread.chunks_exact(2 * bins).enumerate() {
        let touched = index / 3 == 1 && index % 3 != 1;
        assert_eq!(values.iter().all(|v| v.is_finite()), !touched, "{} {index}", device.id);
    }
    // A segment that is skipped in one signal is skipped in all of its row.
    let skipped = run(NanPolicy::SkipSegment).unwrap().remove(0);
    assert!(skipped.iter().all(|v| v.is_finite()), "{}", device.id);
    let plan = Csd::<f64>::new(case.params.clone().nan(NanPolicy::SkipSegment)).unwrap();
    let row = wide(&x[3 * len..6 * len]);
    let want = plan.run(&row[..len], &row[len..2 * len]).unwrap();
    judge_spectra(&case, &skipped[3 * 2 * bins..][..2 * bins], &[want], &device.id);
}

fn what_no_kernel_has_is_known_when_planning(device: &DeviceInfo) {
    if device.class == DeviceClass::Cpu {
        return;
    }
    let session = open(device, SessionOptions::default());
    let params = PsdParams::new(8e3, 64).average(Average::Median);
    let graph = coherence(&params, Rows::new(2, 1280)).unwrap();
    let executable = session.compile(&graph).unwrap();
    let host: Vec<_> = executable.plan().regions().iter().filter(|r| r.place == Place::Host).collect();
    assert_eq!(host.len(), 1, "{}", executable.plan().explain());
    assert!(host[0].reason.as_ref().is_some_and(|reason| reason.contains("median")));
    let x = tone_in_noise(1, 2 * 1280);
    let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
    let want = Csd::<f64>::new(params).unwrap().run(&wide(&x[..640]), &wide(&x[640..1280])).unwrap();
    assert!(got[..33].iter().zip(&want.coherence).all(|(g, w)| (f64::from(*g) - w).abs() < 1e-3));
}
