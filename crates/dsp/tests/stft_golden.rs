//! Spectrograms against values of `scipy.signal.spectrogram` and `librosa.stft` (scripts/golden_stft.py).

mod mel_support;

use mel_support::{golden, indices, lcg, numbers};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::Real;
use rlx_dsp::stft::{Padding, Placement, Spectrogram, SpectrogramParams, SpectrogramScaling};
use rlx_dsp::window::Window;
use serde_json::Value;

fn signal(case: &Value) -> Vec<f64> {
    let n = case["n"].as_u64().expect("n") as usize;
    let offset = case["offset"].as_f64().expect("offset");
    lcg(7, n).iter().enumerate().map(|(i, v)| v + offset + 0.01 * i as f64).collect()
}

fn size(args: &Value, name: &str) -> Option<usize> {
    args.get(name).and_then(Value::as_u64).map(|v| v as usize)
}

fn scipy_params(args: &Value) -> SpectrogramParams {
    let mut p =
        SpectrogramParams::scipy(args["fs"].as_f64().expect("fs"), size(args, "nperseg").expect("nperseg"));
    if let Some(noverlap) = size(args, "noverlap") {
        p.segments.hop = p.segments.segment_len - noverlap;
    }
    p.segments.n_fft = size(args, "nfft").unwrap_or(p.segments.n_fft);
    p.segments.window = match &args["window"] {
        Value::Null => p.segments.window,
        Value::String(name) => name.parse().expect("a window"),
        pair => format!("{}:{}", pair[0].as_str().expect("name"), pair[1]).parse().expect("a window"),
    };
    p.segments.detrend = match &args["detrend"] {
        Value::Null => Detrend::Constant,
        Value::Bool(false) => Detrend::None,
        name => {
            assert_eq!(name, "linear");
            Detrend::Linear
        }
    };
    if args.get("scaling").is_some() {
        p.scaling = SpectrogramScaling::Spectrum;
    }
    p
}

fn librosa_params(case: &Value) -> SpectrogramParams {
    let args = &case["args"];
    let (n_fft, hop) = (size(args, "n_fft").expect("n_fft"), size(args, "hop_length").expect("hop"));
    let mut p = SpectrogramParams::librosa(1000.0, n_fft, hop);
    p.segments.segment_len = size(args, "win_length").unwrap_or(n_fft);
    if args["pad_mode"] == "reflect" {
        p.padding = Padding::Reflect;
    }
    if args["center"] == false {
        p.padding = Padding::None;
    }
    if case["power"] == 1 {
        p.scaling = SpectrogramScaling::Magnitude;
    }
    p
}

fn relative_l2<T: Real>(got: &[T], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let error: f64 = got.iter().zip(want).map(|(g, w)| (g.widen() - w).powi(2)).sum();
    (error / want.iter().map(|w| w * w).sum::<f64>()).sqrt()
}

#[test]
fn every_case_agrees_with_scipy_and_librosa() {
    let file = golden("stft/spectrogram.json");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 10);
    for case in cases {
        let label = case["args"].to_string();
        let scipy = case["kind"] == "scipy";
        let params = if scipy { scipy_params(&case["args"]) } else { librosa_params(case) };
        let x = signal(case);
        let out = Spectrogram::new(params.clone()).expect("valid").run(&x).expect("long enough");
        assert_eq!(vec![out.n_frames, out.n_bins], indices(&case["shape"]), "{label}");
        let want = numbers(&case["data"]);
        let steps = (params.segments.n_fft as f64).log2();
        // An offset of 1e5 is itself known to 1e5 · ε only, against a signal of 1.
        let offset = case["offset"].as_f64().expect("offset").max(1.0);
        assert!(relative_l2(&out.values, &want) <= 4.0 * f64::EPSILON * steps * offset, "{label}");

        // librosa has no times of its own for frames that are not centred.
        if scipy || params.padding != Padding::None {
            for (got, want) in out.times.iter().zip(numbers(&case["times"])) {
                assert!((got - want).abs() < 1e-12, "{label}: {got} {want}");
            }
        }
        if scipy {
            let want = numbers(&case["frequencies"]);
            assert!((out.freqs[1] - want[0]).abs() < 1e-12);
            assert!((out.freqs[out.n_bins - 1] - want[1]).abs() < 1e-9);
        }
        if offset < 1e3 {
            let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
            let out = Spectrogram::new(params).expect("valid").run(&narrow).expect("long enough");
            let error = relative_l2(&out.values, &want);
            assert!(error <= 4.0 * f64::from(f32::EPSILON) * steps, "{label}: {error}");
        }
    }
}

#[test]
fn the_complex_spectrum_has_the_power_and_the_phase() {
    let params = SpectrogramParams::librosa(1.0, 8, 3)
        .window(Window::Rectangular)
        .placement(Placement::Start)
        .padding(Padding::None);
    let x = lcg(3, 30);
    let plan = Spectrogram::new(params).expect("valid");
    let (power, complex) = (plan.run(&x).expect("long"), plan.run_complex(&x).expect("long"));
    assert_eq!((complex.n_frames, complex.n_bins), (power.n_frames, power.n_bins));
    for (p, z) in power.values.iter().zip(&complex.values) {
        assert!((p - z.norm_sqr()).abs() < 1e-14);
    }
    // Bin 2 of 8 turns by −90° a sample: x0 − x2 + x4 − x6 and −x1 + x3 − x5 + x7 (second frame).
    let z = complex.values[complex.n_bins + 2];
    assert!((z.re - (x[3] - x[5] + x[7] - x[9])).abs() < 1e-14);
    assert!((z.im - (-x[4] + x[6] - x[8] + x[10])).abs() < 1e-14);
}
