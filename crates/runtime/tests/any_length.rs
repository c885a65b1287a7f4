//! Lengths and options of the kernels of any length on every device, compared with the library in f64: a seeded
//! sample; `RLX_TEST_FULL=1` runs a far larger one. If a frame fits on a device, the host runs no part.

mod common;

use common::twin::judge_row;
use num_complex::Complex;
use rlx_compile::builders::{SpectrogramMode, log_mel, psd, psd_peaks, spectrogram, spectrogram_in};
use rlx_compile::params::{Average, Detrend, Padding, Rows, Scaling, Window};
use rlx_compile::plan::Place;
use rlx_compile::{DeviceClass, Graph};
use rlx_dsp::fft::{ComplexFft, ForwardFft};
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::reference;
use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::{DeviceInfo, Executable, Samples, Session, SessionOptions};
use rlx_testkit::{Noise, assert_close, harness::open, tone_in_noise};

rlx_testkit::device_tests! { every: densities_of_any_length, complex_signals, spectrograms_of_any_length, magnitudes_and_transforms_of_any_length, peaks_of_any_length, mel_energies_of_any_length, integers_and_halves }

fn count(few: usize, many: usize) -> usize {
    if std::env::var_os("RLX_TEST_FULL").is_some() { many } else { few }
}

/// Longest real frame that fits on every device.
const ROOM: usize = 4096;

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

/// Products of 2, 3, 5 and 7 up to `most`, and one in five another length.
fn length(random: &mut Noise, most: usize) -> usize {
    if random.below(5) == 0 {
        return 16 + random.below(most / 2 - 16);
    }
    loop {
        let mut n = 1;
        while n < 16 {
            n *= [2, 2, 3, 5, 7][random.below(5)];
        }
        for _ in 0..random.below(10) {
            n *= [2, 2, 2, 3, 5, 7][random.below(6)];
        }
        if n <= most {
            return n;
        }
    }
}

struct Case {
    params: PsdParams,
    rows: usize,
    len: usize,
}

fn case(random: &mut Noise, most: usize) -> Case {
    let n_fft = length(random, most);
    let segment_len = if random.below(3) == 0 { n_fft - random.below(n_fft / 3) } else { n_fft };
    let most = [4, 4, 9, 80][random.below(if n_fft > 1024 { 3 } else { 4 })];
    let segments = 1 + random.below(most);
    let hop =
        [segment_len / 2, segment_len / 4 + 1, segment_len, segment_len / 3 + 1][random.below(4)].max(1);
    let averages = [Average::Mean, Average::Mean, Average::Median, Average::Max, Average::Min];
    let windows = [Window::Hann, Window::Hamming, Window::Blackman];
    let params = PsdParams::new(48e3, segment_len)
        .n_fft(n_fft)
        .hop(hop)
        .detrend([Detrend::None, Detrend::Constant, Detrend::Linear][random.below(3)])
        .average(averages[random.below(5)])
        .window(windows[random.below(3)].clone())
        .scaling([Scaling::Density, Scaling::Spectrum][random.below(2)]);
    Case { params, rows: 1 + random.below(4), len: segment_len + (segments - 1) * hop + random.below(3) }
}

/// A tone in noise with an offset and a slope, which detrending subtracts.
fn signal(case: &Case, seed: usize) -> Vec<f32> {
    let mut x = tone_in_noise(seed as u64, case.rows * case.len);
    for (i, v) in x.iter_mut().enumerate() {
        match case.params.segments.detrend {
            Detrend::None => {}
            Detrend::Constant => *v += 3.0,
            Detrend::Linear => *v += 2.0 + (i % case.len) as f32 / case.len as f32,
        }
    }
    x
}

fn densities_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(41);
    for seed in 0..count(24, 600) {
        let case = case(&mut random, 16_384);
        let (Case { params, rows, len }, x) = (&case, signal(&case, seed));
        let what = format!("{} {params:?} {rows} x {len}", device.id);
        let graph = psd(params, Rows::new(*rows, *len)).unwrap();
        let got =
            on_device(&session, &graph, params.segments.n_fft, &what).run_to_vecs(&[&x]).unwrap().remove(0);
        let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let want = Welch::<f64>::new(params.clone()).unwrap().run_batch(&wide, *rows).unwrap().values;
        assert_close(&got, &want, params.segments.n_fft, &what);
    }
}

fn complex_signals(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(42);
    for seed in 0..count(8, 200) {
        let case = case(&mut random, 2048);
        let Case { params, rows, len } = case;
        let x = tone_in_noise(seed as u64, 2 * rows * len);
        let what = format!("{} {params:?} {rows} x {len}", device.id);
        let graph = psd(&params, Rows::complex(rows, len)).unwrap();
        let got =
            on_device(&session, &graph, params.segments.n_fft, &what).run_to_vecs(&[&x]).unwrap().remove(0);
        let wide: Vec<Complex<f64>> =
            x.chunks_exact(2).map(|z| Complex::new(f64::from(z[0]), f64::from(z[1]))).collect();
        let want = Welch::<Complex<f64>>::new(params.clone()).unwrap().run_batch(&wide, rows).unwrap().values;
        assert_close(&got, &want, params.segments.n_fft, &what);
    }
}

fn spectrograms_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(43);
    for seed in 0..count(10, 200) {
        let Case { params, rows, len } = case(&mut random, 4096);
        let paddings = [Padding::None, Padding::Constant, Padding::Reflect];
        let frames = SpectrogramParams::frames_of(&params).padding(paddings[random.below(3)]);
        let x = tone_in_noise(seed as u64, rows * len);
        let what = format!("{} {frames:?} {rows} x {len}", device.id);
        let graph = spectrogram(&frames, Rows::new(rows, len)).unwrap();
        let got =
            on_device(&session, &graph, params.segments.n_fft, &what).run_to_vecs(&[&x]).unwrap().remove(0);
        let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let items = Spectrogram::<f64>::new(frames).unwrap().run_batch(&wide, rows).unwrap();
        let want: Vec<f64> = items.iter().flat_map(|item| item.frames().flatten().copied()).collect();
        assert_close(&got, &want, params.segments.n_fft, &what);
    }
}

fn magnitudes_and_transforms_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(45);
    for seed in 0..count(14, 250) {
        let Case { params, rows, len } = case(&mut random, 4096);
        let complex = random.below(3) == 0;
        let (n_fft, width) = (params.segments.n_fft, if complex { 2 } else { 1 });
        let frames = SpectrogramParams::frames_of(&params);
        let x = tone_in_noise(seed as u64, width * rows * len);
        let what = format!("{} {frames:?} {rows} x {len} complex {complex}", device.id);
        let taken = Rows { batch: rows, len, complex };
        let run = |mode| {
            let graph = spectrogram_in(&frames, mode, taken).unwrap();
            on_device(&session, &graph, n_fft, &what).run_to_vecs(&[&x]).unwrap().remove(0)
        };
        let (magnitudes, transforms) = (run(SpectrogramMode::Magnitude), run(SpectrogramMode::Complex));
        let weights = params.segments.weights().unwrap();
        let scale = params.scaling.factor(&weights, params.sample_rate).sqrt();
        let bins = if complex { n_fft } else { n_fft / 2 + 1 };
        let mut want = Vec::new();
        for row in x.chunks_exact(width * len) {
            let row: Vec<Complex<f64>> = row
                .chunks_exact(width)
                .map(|z| Complex::new(f64::from(z[0]), f64::from(*z.get(1).unwrap_or(&0.0))))
                .collect();
            for start in (0..len + 1 - weights.len()).step_by(params.segments.hop) {
                let mut frame = detrended(&row[start..][..weights.len()], params.segments.detrend);
                frame.iter_mut().zip(&weights).for_each(|(v, w)| *v *= w * scale);
                frame.resize(n_fft, Complex::default());
                let mut spectrum = vec![Complex::default(); n_fft];
                ComplexFft::new(n_fft).unwrap().forward(&mut frame, &mut spectrum).unwrap();
                want.extend_from_slice(&spectrum[..bins]);
            }
        }
        let parts: Vec<f64> = want.iter().flat_map(|z| [z.re, z.im]).collect();
        assert_close(&transforms, &parts, n_fft, &what);
        let sizes: Vec<f64> = want.iter().map(|z| z.norm()).collect();
        assert_close(&magnitudes, &sizes, n_fft, &what);
    }
}

/// A frame without its mean or its line.
fn detrended(frame: &[Complex<f64>], detrend: Detrend) -> Vec<Complex<f64>> {
    let n = frame.len() as f64;
    let mean = frame.iter().sum::<Complex<f64>>() / n;
    let place = |i: usize| i as f64 - (n - 1.0) / 2.0;
    let spread: f64 = (0..frame.len()).map(|i| place(i).powi(2)).sum();
    let slope = match detrend {
        Detrend::Linear if spread > 0.0 => {
            frame.iter().enumerate().map(|(i, v)| v * place(i)).sum::<Complex<f64>>() / spread
        }
        _ => Complex::default(),
    };
    let mean = if detrend == Detrend::None { Complex::default() } else { mean };
    frame.iter().enumerate().map(|(i, v)| v - mean - slope * place(i)).collect()
}

fn peaks_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    let mut random = Noise::new(44);
    for seed in 0..count(10, 200) {
        let mut case = case(&mut random, 16_384);
        case.params = case.params.scaling(Scaling::Raw);
        let (Case { params, rows, len }, x) = (&case, signal(&case, seed));
        let k = (1 + random.below(64)).min(params.segments.n_fft / 2 + 1);
        let what = format!("{} k {k} {params:?} {rows} x {len}", device.id);
        let graph = psd_peaks(params, k, Rows::new(*rows, *len)).unwrap();
        let got = on_device(&session, &graph, params.segments.n_fft, &what).run_to_vecs(&[&x]).unwrap();
        let peaks = got.iter().find(|v| v.len() == rows * 2 * k).unwrap_or_else(|| panic!("{what}"));
        let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let mean = params.clone().average(Average::Mean).detrend(Detrend::None);
        let whole = Welch::<f64>::new(mean).unwrap().run_batch(&wide, *rows).unwrap().values;
        let power = Welch::<f64>::new(params.clone()).unwrap().run_batch(&wide, *rows).unwrap().values;
        let bins = params.segments.n_fft / 2 + 1;
        for (row, peaks) in peaks.chunks_exact(2 * k).enumerate() {
            // An offset's rounding, and that of the segments that a minimum or a median is of.
            let beside = match (params.average, params.segments.detrend) {
                (Average::Mean | Average::Max, Detrend::None) => 0.0,
                _ => whole[row * bins..][..bins].iter().sum(),
            };
            judge_row(
                &power[row * bins..][..bins],
                beside,
                peaks,
                params.segments.n_fft,
                &format!("{what} row {row}"),
            );
        }
    }
}

fn mel_energies_of_any_length(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (n_fft, preset) in
        [(551, Preset::Whisper), (600, Preset::Whisper), (882, Preset::Librosa), (1102, Preset::Torchaudio)]
    {
        let params = LogMelParams::preset(preset).n_fft(n_fft).win_length(n_fft);
        let (rows, len) = (2, 8000);
        let x = tone_in_noise(n_fft as u64, rows * len);
        let what = format!("{} {n_fft} {preset}", device.id);
        let executable = session.compile(&log_mel(&params, Rows::new(rows, len)).unwrap()).unwrap();
        if device.class != DeviceClass::Cpu {
            let plan = executable.plan();
            assert!(plan.regions_on(Place::Host).next().is_none(), "{what}\n{}", plan.explain());
        }
        let got = executable.run_to_vecs(&[&x]).unwrap().remove(0);
        let mut want = Vec::new();
        for item in x.chunks_exact(len) {
            let wide: Vec<f64> = item.iter().map(|v| f64::from(*v)).collect();
            want.extend(reference::mel::log_mel(&wide, &params).concat());
        }
        let norm: f64 = want.iter().map(|w| w * w).sum();
        let error: f64 = got.iter().zip(&want).map(|(g, w)| (f64::from(*g) - w).powi(2)).sum();
        let (relative, bound) =
            ((error / norm).sqrt(), 32.0 * f64::from(f32::EPSILON) * (n_fft as f64).log2());
        assert!(got.len() == want.len() && relative <= bound, "{what}: {relative:e} > {bound:e}");
    }
}

fn integers_and_halves(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (n_fft, len) in [(100, 1007), (255, 2001), (1000, 4003)] {
        let params = PsdParams::new(8e3, n_fft).detrend(Detrend::Linear);
        let rows = 3;
        let executable = session.compile(&psd(&params, Rows::new(rows, len)).unwrap()).unwrap();
        let integers: Vec<i16> = (0..rows * len).map(|i| ((i * i * 31) % 2048) as i16 - 1024).collect();
        let floats: Vec<f32> = integers.iter().map(|&v| f32::from(v)).collect();
        let want = executable.run_to_vecs(&[&floats]).unwrap().remove(0);
        // Eleven bits are exact in a half: sign, exponent from the leading bit, the bits below it.
        let half = |v: i16| match v.unsigned_abs() {
            0 => 0,
            a => {
                let e = a.ilog2();
                (u16::from(v < 0) << 15) | ((e as u16 + 15) << 10) | ((a << (10 - e)) & 0x3ff)
            }
        };
        let halves: Vec<u16> = integers.iter().map(|&v| half(v)).collect();
        for samples in [Samples::I16(&integers), Samples::F16(&halves)] {
            let mut got = vec![0.0; want.len()];
            executable.run_samples(&[samples], &mut [&mut got]).unwrap();
            let wide: Vec<f64> = want.iter().map(|v| f64::from(*v)).collect();
            assert_close(&got, &wide, n_fft, &format!("{} {n_fft}", device.id));
        }
    }
}
