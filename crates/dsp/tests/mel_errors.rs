//! Requests that log-mel refuses, and degenerate signals that it answers.

use rlx_dsp::Error;
use rlx_dsp::mel::{
    LogMel, LogMelParams, MelFilterbank, MelLayout, MelLog, MelNormalise, Preemphasis, Preset, Reference,
    log_mel_with,
};
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::window::Window;

fn refused(change: impl Fn(&mut LogMelParams)) -> &'static str {
    let mut params = LogMelParams::preset(Preset::Whisper);
    change(&mut params);
    match LogMel::<f32>::new(params).err() {
        Some(Error::Argument { name, .. }) => name,
        other => panic!("unexpected {other:?}"),
    }
}

#[test]
fn bad_parameters_are_named() {
    assert_eq!(refused(|p| p.n_mels = 0), "n_mels");
    assert_eq!(refused(|p| p.hop = 0), "hop");
    assert_eq!(refused(|p| p.win_length = 0), "win_length");
    assert_eq!(refused(|p| p.n_fft = 399), "n_fft");
    assert_eq!(refused(|p| p.sample_rate = -1.0), "sample_rate");
    assert_eq!(refused(|p| p.f_min = -1.0), "f_min");
    assert_eq!(refused(|p| p.f_min = f64::NAN), "f_min");
    assert_eq!(refused(|p| p.f_min = 8000.0), "f_min");
    assert_eq!(refused(|p| (p.f_min, p.f_max) = (500.0, Some(400.0))), "f_min");
    assert_eq!(refused(|p| p.f_max = Some(8000.5)), "f_max");
    assert_eq!(refused(|p| p.f_max = Some(f64::NAN)), "f_min");
    assert_eq!(refused(|p| p.power = 0.0), "power");
    assert_eq!(refused(|p| p.preemphasis = Preemphasis::Signal(f64::NAN)), "preemphasis");
    assert_eq!(refused(|p| p.preemphasis = Preemphasis::Frame(f64::INFINITY)), "preemphasis");
    assert_eq!(refused(|p| p.window = Window::Tukey { alpha: 2.0 }), "window");
    assert_eq!(refused(|p| p.log = MelLog::Ln { floor: 0.0 }), "log");
    assert_eq!(refused(|p| p.log = MelLog::LnPlus { offset: -1.0 }), "log");
    let decibel = |amin, power, top_db| MelLog::Decibel { amin, reference: Reference::Power(power), top_db };
    assert_eq!(refused(|p| p.log = decibel(0.0, 1.0, None)), "log");
    assert_eq!(refused(|p| p.log = decibel(1e-10, 0.0, None)), "log");
    assert_eq!(refused(|p| p.log = decibel(1e-10, 1.0, Some(-1.0))), "log");
    assert_eq!(refused(|p| p.normalise = MelNormalise::PerFeature { epsilon: 0.0 }), "normalise");
    let clamp = MelNormalise::Clamp { range: 8.0, shift: 4.0, divisor: 0.0 };
    assert_eq!(refused(|p| p.normalise = clamp), "normalise");
}

#[test]
fn signals_that_are_too_short_or_not_finite() {
    let short = |preset, len| log_mel_with(&vec![0.5_f32; len], &LogMelParams::preset(preset)).err();
    assert_eq!(short(Preset::Kaldi, 399), Some(Error::TooShort { len: 399, segment: 400 }));
    assert_eq!(short(Preset::Kaldi, 400), None);
    assert!(matches!(short(Preset::Whisper, 200), Some(Error::Argument { name: "padding", .. })));
    assert_eq!(short(Preset::Whisper, 201), None);
    assert_eq!(short(Preset::Librosa, 0), Some(Error::TooShort { len: 0, segment: 1 }));
    assert_eq!(short(Preset::Librosa, 1), None);
    assert_eq!(short(Preset::Nemo, 159), Some(Error::TooShort { len: 159, segment: 160 }));
    assert_eq!(short(Preset::Nemo, 160), None);

    let plan = LogMel::<f32>::new(LogMelParams::preset(Preset::Kaldi)).expect("valid");
    let mut bad = vec![0.0; 1000];
    bad[999] = f32::INFINITY;
    let error = plan.run_items(&[&[0.0; 400], &bad]).err();
    assert_eq!(error, Some(Error::NonFinite { row: 1, index: 999, value: f64::INFINITY }));
    assert!(plan.run_batch(&bad, 7).is_err());
    assert!(plan.run_batch(&bad, 0).is_err());
    assert_eq!(plan.run_items(&[]).map(|v| v.len()), Ok(0));
    assert_eq!(plan.run_batch(&[], 0).map(|v| v.len()), Ok(0));
}

#[test]
fn silence_is_finite_in_every_preset() {
    for preset in Preset::ALL {
        let p = LogMelParams::preset(preset);
        for value in [0.0, 0.25] {
            let out = log_mel_with::<f32>(&[value; 4000], &p).expect("valid");
            assert!(out.values.iter().all(|v| v.is_finite()), "{preset} {value}");
        }
        let silent = log_mel_with::<f32>(&[0.0; 4000], &p).expect("valid");
        assert!(silent.values.iter().all(|v| *v == silent.values[0]), "{preset}");
    }
    // One frame has no deviation: the normalised values are 0, not NaN.
    let one = log_mel_with::<f32>(&[0.25; 160], &LogMelParams::preset(Preset::Nemo)).expect("valid");
    assert_eq!(one.n_frames, 1);
    assert!(one.values.iter().all(|v| *v == 0.0));
}

#[test]
fn more_filters_than_bins_are_reported() {
    let few = LogMelParams::preset(Preset::Whisper);
    assert!(LogMel::<f32>::new(few.clone()).expect("valid").filterbank().empty_filters().is_empty());
    let many = few.clone().n_mels(300);
    let plan = LogMel::<f32>::new(many).expect("valid");
    let empty = plan.filterbank().empty_filters();
    assert!(!empty.is_empty() && empty.len() < 300);
    assert!(empty.iter().all(|&m| plan.filterbank().row(m) == (0, &[])));
    assert_eq!(plan.filterbank().row(300), (0, &[][..]));
    // As torchaudio warns for its own defaults.
    let torchaudio = LogMel::<f32>::new(LogMelParams::preset(Preset::Torchaudio)).expect("valid");
    assert!(!torchaudio.filterbank().empty_filters().is_empty());
}

#[test]
fn filterbank_buffers_are_checked() {
    let bank = MelFilterbank::<f32>::new(&LogMelParams::preset(Preset::Whisper).filterbank()).expect("valid");
    assert_eq!((bank.n_bins(), bank.n_mels(), bank.centres().len()), (201, 80, 80));
    let power = vec![1.0; 402];
    assert!(matches!(bank.apply(&power[1..], &mut [0.0; 80]), Err(Error::Length { name: "power", .. })));
    assert!(matches!(
        bank.apply(&power, &mut [0.0; 80]),
        Err(Error::Length { name: "out", expected: 160, .. })
    ));
    assert_eq!(bank.apply(&power, &mut [0.0; 160]), Ok(()));
}

#[test]
fn presets_by_name() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().to_uppercase().parse(), Ok(preset));
        assert_eq!(LogMelParams::preset(preset).validate(), Ok(()));
    }
    let message = "melody".parse::<Preset>().map_err(|e| e.to_string());
    assert_eq!(
        message,
        Err("preset: \"melody\" is none of librosa, whisper, kaldi, torchaudio, nemo".into())
    );
}

#[test]
fn frames_with_missing_samples_follow_the_policy() {
    for preset in Preset::ALL {
        let params = LogMelParams::preset(preset);
        let framing = params.framing();
        let clean: Vec<f64> =
            (0..12_000).map(|i| (f64::from(i) * 0.31).sin() + 0.01 * f64::from(i % 17)).collect();
        let mut x = clean.clone();
        x[5000] = f64::NAN;
        x[9000..9003].fill(f64::INFINITY);
        let plan = LogMel::<f64>::new(params.clone().nan(NanPolicy::SkipSegment)).expect("valid");
        let got = plan.run(&x).expect("allowed");
        // A frame is lost exactly where it holds a missing sample (or, with pre-emphasis of the signal, the one after).
        let spread = usize::from(matches!(params.preemphasis, Preemphasis::Signal(_)));
        let lost = |frame: usize| {
            let first = (frame * framing.hop) as isize + framing.offset();
            let holds =
                |a: usize, b: usize| first <= b as isize && first + framing.frame_len as isize > a as isize;
            holds(5000, 5000 + spread) || holds(9000, 9002 + spread)
        };
        let value = |out: &[f64], mel: usize, frame: usize| match params.layout {
            MelLayout::MelsByFrames => out[mel * got.n_frames + frame],
            MelLayout::FramesByMels => out[frame * got.n_mels + mel],
        };
        let energies = params.clone().log(MelLog::Ln { floor: 1e-12 }).normalise(MelNormalise::None);
        let whole = log_mel64(&clean, &energies);
        let sparse = LogMel::<f64>::new(energies.nan(NanPolicy::SkipSegment)).expect("valid").run(&x);
        let sparse = sparse.expect("allowed").values;
        for frame in 0..got.n_frames {
            for mel in 0..got.n_mels {
                assert_eq!(value(&got.values, mel, frame).is_nan(), lost(frame), "{preset} {mel} {frame}");
                let (a, b) = (value(&sparse, mel, frame), value(&whole, mel, frame));
                assert!(
                    lost(frame) == a.is_nan() && (lost(frame) || (a - b).abs() < 1e-9),
                    "{preset} {a} {b}"
                );
            }
        }
        // The reference systems' maxima, means and deviations pass a NaN on to all.
        let passed = LogMel::<f64>::new(params.clone().nan(NanPolicy::Propagate)).expect("valid").run(&x);
        let all = !matches!(preset, Preset::Kaldi | Preset::Torchaudio);
        let passed = passed.expect("allowed").values;
        assert!(
            (0..got.n_frames).all(|frame| value(&passed, 3, frame).is_nan() == (all || lost(frame))),
            "{preset}"
        );
        // Of a gap that a line crosses nothing is lost.
        let lines =
            LogMel::<f64>::new(params.clone().nan(NanPolicy::Interpolate { max_gap: 3 })).expect("valid");
        assert!(lines.run(&x).expect("allowed").values.iter().all(|v| v.is_finite()));
        assert_eq!(lines.run(&clean), LogMel::<f64>::new(params).expect("valid").run(&clean));
    }
}

fn log_mel64(x: &[f64], params: &LogMelParams) -> Vec<f64> {
    LogMel::<f64>::new(params.clone()).and_then(|plan| plan.run(x)).expect("valid").values
}
