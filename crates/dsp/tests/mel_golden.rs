//! Log-mel against librosa, kaldi-native-fbank and the formulas of whisper, torchaudio and NeMo
//! (scripts/golden_mel.py).

mod mel_support;

use std::f64::consts::{LN_10, PI};

use mel_support::{ecg, golden, indices, lcg, numbers};
use rlx_dsp::mel::{
    LogMel, LogMelParams, MelFilterbank, MelFilterbankParams, MelLayout, MelLog, MelNorm, MelNormalise,
    MelScale, Preset, Reference, TriangleDomain,
};
use rlx_dsp::stft::Padding;
use serde_json::Value;

fn signal(case: &Value) -> Vec<f32> {
    let n = case["n"].as_u64().expect("n") as usize;
    let rate = case["rate"].as_f64().expect("rate");
    // The shortest case is the head of a longer signal, which is the same signal.
    let x: Vec<f64> = match case["signal"].as_str().expect("signal") {
        "noise" => lcg(11, n).iter().map(|v| 0.5 * v).collect(),
        "voice" => lcg(12, n)
            .iter()
            .enumerate()
            .map(|(i, floor)| {
                let t = i as f64 / rate;
                let glide = 140.0 * t + 60.0 * t * t;
                let harmonic = |h: i32| 0.3 / f64::from(h) * (2.0 * PI * f64::from(h) * glide).sin();
                ((1..20).map(harmonic).sum::<f64>() + 3e-5 * floor) * (-12.0 * t).exp()
            })
            .collect(),
        "ecg" => ecg()[..n].to_vec(),
        other => panic!("unknown signal {other}"),
    };
    x.into_iter().map(|v| v as f32).collect()
}

fn params(case: &Value) -> LogMelParams {
    let preset: Preset = case["preset"].as_str().expect("preset").parse().expect("a preset");
    let args = &case["args"];
    let mut p = LogMelParams::preset(preset);
    assert_eq!(
        p.sample_rate,
        if args["htk"] == true { 22_050.0 } else { case["rate"].as_f64().expect("rate") }
    );
    let size = |name: &str, default: usize| args[name].as_u64().map_or(default, |v| v as usize);
    p.n_mels = size("n_mels", p.n_mels);
    if args["snip_edges"] == false {
        p.padding = Padding::Mirror;
    }
    if args["normalise"] == false {
        p.normalise = MelNormalise::None;
    }
    if args["htk"] == true {
        p.sample_rate = 16_000.0;
        (p.n_fft, p.hop, p.win_length) = (size("n_fft", 0), size("hop_length", 0), size("win_length", 0));
        (p.f_min, p.f_max) = (args["fmin"].as_f64().expect("fmin"), args["fmax"].as_f64());
        (p.scale, p.norm, p.power, p.padding) = (MelScale::Htk, MelNorm::None, 1.0, Padding::Reflect);
        p.log = MelLog::Decibel { amin: 1e-10, reference: Reference::Max, top_db: args["top_db"].as_f64() };
    }
    p
}

/// Size of 1 dB in the unit of the result.
fn decibel(p: &LogMelParams) -> f64 {
    let log = match p.log {
        MelLog::Decibel { .. } => 1.0,
        MelLog::Log10 { .. } => 0.1,
        MelLog::Ln { .. } | MelLog::LnPlus { .. } => LN_10 / 10.0,
        MelLog::Linear => panic!("no logarithm"),
    };
    match p.normalise {
        MelNormalise::Clamp { divisor, .. } => log / divisor,
        // In units of the deviation over the frames, which is at least a tenth of a neper in these signals.
        MelNormalise::PerFeature { .. } => log / 0.1,
        MelNormalise::None => log,
    }
}

/// Largest errors in dB: within 60 dB of the maximum, and below.
fn errors(got: &[f64], want: &[f64], p: &LogMelParams) -> (f64, f64) {
    let top = want.iter().fold(f64::NEG_INFINITY, |a, &v| a.max(v));
    let normalised = matches!(p.normalise, MelNormalise::PerFeature { .. });
    let (mut near, mut far) = (0.0_f64, 0.0_f64);
    for (g, w) in got.iter().zip(want) {
        let error = (g - w).abs() / decibel(p);
        assert!(error.is_finite());
        if normalised || *w >= top - 60.0 * decibel(p) {
            near = near.max(error);
        } else {
            far = far.max(error);
        }
    }
    (near, far)
}

#[test]
fn every_preset_agrees_with_its_reference() {
    let file = golden("mel/log_mel.json");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 22);
    let mut quiet = 0;
    for case in cases {
        let label = format!("{} {} {} {}", case["preset"], case["signal"], case["n"], case["args"]);
        let p = params(case);
        let x = signal(case);
        let want = numbers(&case["data"]);

        let out = LogMel::<f32>::new(p.clone()).expect("valid").run(&x).expect("long enough");
        let shape = match out.layout {
            MelLayout::MelsByFrames => vec![out.n_mels, out.n_frames],
            MelLayout::FramesByMels => vec![out.n_frames, out.n_mels],
        };
        assert_eq!(shape, indices(&case["shape"]), "{label}");
        let (near, far) = errors(&out.values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(), &want, &p);
        assert!(near <= 1e-3, "{label}: {near} dB near the maximum");
        assert!(far <= 0.1, "{label}: {far} dB far below the maximum");
        quiet += usize::from(far > 0.0);

        // The values are written with 6 decimals; Kaldi's own arithmetic and librosa's filters are f32.
        let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        let out = LogMel::<f64>::new(p.clone()).expect("valid").run(&wide).expect("long enough");
        let (near, far) = errors(&out.values, &want, &p);
        let kaldi = case["preset"] == "kaldi";
        let bound = if kaldi { 1e-4 } else { 1e-5_f64.max(0.6e-6 / decibel(&p)) };
        assert!(near <= bound, "{label}: f64 is off by {near} dB near the maximum");
        assert!(far <= if kaldi { 0.01 } else { 1e-4 }, "{label}: f64 is off by {far} dB far below it");
    }
    assert!(quiet >= 4, "the quiet tolerance was tried on {quiet} cases only");
}

#[test]
fn filterbanks_agree_with_librosa() {
    let file = golden("mel/filterbanks.json");
    let banks = file["banks"].as_array().expect("banks");
    assert_eq!(banks.len(), 6);
    for bank in banks {
        let args = &bank["args"];
        let sr = args["sr"].as_f64().expect("sr");
        let params = MelFilterbankParams::new(
            sr,
            args["n_fft"].as_u64().expect("n_fft") as usize,
            args["n_mels"].as_u64().expect("n_mels") as usize,
        )
        .f_min(args["fmin"].as_f64().unwrap_or(0.0))
        .f_max(args["fmax"].as_f64())
        .scale(if args["htk"] == true { MelScale::Htk } else { MelScale::Slaney })
        .norm(if args.get("norm").is_some() { MelNorm::None } else { MelNorm::Slaney })
        .domain(TriangleDomain::Hertz);
        let built = MelFilterbank::<f64>::new(&params).expect("valid");
        let (first, count) = (indices(&bank["first"]), indices(&bank["count"]));
        let (sum, moment) = (numbers(&bank["sum"]), numbers(&bank["moment"]));
        let mut empty = Vec::new();
        for (m, (start, weights)) in built.rows().enumerate() {
            assert_eq!((start, weights.len()), (first[m], count[m]), "{args} filter {m}");
            if weights.is_empty() {
                empty.push(m);
            }
            let total: f64 = weights.iter().sum();
            let mean: f64 = weights.iter().enumerate().map(|(i, w)| w * (start + i) as f64).sum();
            assert!((total - sum[m]).abs() <= 1e-11 * sum[m].max(1e-3), "{args} filter {m}: {total}");
            assert!((mean - moment[m]).abs() <= 1e-11 * moment[m].max(1e-3), "{args} filter {m}: {mean}");
        }
        assert_eq!(built.empty_filters(), empty);
    }
    let crowded = banks.last().expect("banks");
    assert!(indices(&crowded["count"]).contains(&0), "the last bank has empty filters");
}
