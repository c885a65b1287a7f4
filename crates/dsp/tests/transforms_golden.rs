//! Short-time transforms, multitaper spectra, Lomb–Scargle periodograms, cepstral coefficients and deltas against values
//! of SciPy, MNE and librosa (scripts/golden_transforms.py).

mod common;

use common::noise;
use num_complex::Complex;
use rlx_dsp::fft::Sample;
use rlx_dsp::lomb_scargle::{LombScargle, LombScargleNorm, LombScargleParams};
use rlx_dsp::mel::{DctType, Delta, DeltaEdges, DeltaParams, Lifter, Mfcc, MfccParams};
use rlx_dsp::multitaper::{Dpss, DpssParams, Multitaper, MultitaperNorm, MultitaperParams};
use rlx_dsp::stft::{Extension, ShortTimeFft, ShortTimeParams, SpectrumSides};
use rlx_dsp::window::Symmetry;
use serde_json::Value;

fn golden(section: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/transforms.json");
    let text = std::fs::read_to_string(path).expect("the golden file");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[section].as_array().expect("a section").clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().expect("a size") as usize
}

/// Relative L2 error.
fn assert_near(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let norm: f64 = expected.iter().map(|v| v * v).sum();
    let error: f64 = got.iter().zip(expected).map(|(a, b)| (a - b) * (a - b)).sum();
    assert!(error <= tolerance * tolerance * norm, "{what}: {:e}", (error / norm).sqrt());
}

fn short_time<S: Sample<Real = f64>>(case: &Value, x: &[S]) {
    let window: Vec<S> = numbers(&case["window"]).iter().map(|w| S::from_parts(*w, 0.0)).collect();
    let sides = match case["mode"].as_str().expect("mode") {
        "twosided" => SpectrumSides::TwoSided,
        "centered" => SpectrumSides::Centered,
        _ => SpectrumSides::OneSided,
    };
    let gain = if case["mode"] == "onesided2X" { case["gain"].as_f64().expect("gain") } else { 1.0 };
    let extension: Extension = case["padding"].as_str().expect("padding").parse().expect("an extension");
    let params = ShortTimeParams::new(window, size(&case["hop"]))
        .n_fft(size(&case["mfft"]))
        .sides(sides)
        .inner_gain(gain)
        .phase_shift(case["phase_shift"].as_i64().map(|v| v as isize))
        .extension(extension);
    let plan = ShortTimeFft::new(params).expect("a plan");
    let (slices, n) = (plan.slices(), x.len());
    let whole = |name: &str| case[name].as_i64().expect("a position") as isize;
    assert_eq!((slices.p_min(), slices.k_min()), (whole("p_min"), whole("k_min")), "{case}");
    assert_eq!((slices.p_max(n).unwrap(), slices.k_max(n).unwrap()), (whole("p_max"), whole("k_max")));
    let pair = |at: (isize, isize)| vec![at.0 as f64, at.1 as f64];
    assert_eq!(pair(slices.lower_border_end()), numbers(&case["lower"]));
    assert_eq!(pair(slices.upper_border_begin(n).unwrap()), numbers(&case["upper"]));
    assert_near(&plan.frequencies(1.0), &numbers(&case["f"]), 1e-15, "f");
    let dual: Vec<f64> = plan.dual().unwrap().iter().map(|w| w.parts().0).collect();
    assert_near(&dual, &numbers(&case["dual"]), 1e-14, "dual");
    let spectra = plan.run(x).expect("spectra");
    let part = |of: fn(&Complex<f64>) -> f64| spectra.values.iter().map(of).collect::<Vec<_>>();
    let got = [part(|v| v.re), part(|v| v.im)].concat();
    assert_near(
        &got,
        &[numbers(&case["re"]), numbers(&case["im"])].concat(),
        1e-14,
        &format!("{case}")[..60],
    );
    assert_eq!(plan.run_batch(&[x, x].concat(), n, 2).unwrap()[spectra.values.len()..], spectra.values);
    if extension == Extension::Zeros {
        // The inverse gives the signal back, also in pieces.
        let back = plan.inverse(&spectra.values, 0..n as isize).unwrap();
        let piece = plan.inverse(&spectra.values, 7..19).unwrap();
        assert_eq!(piece, back[7..19]);
        let parts = |x: &[S]| x.iter().flat_map(|v| [v.parts().0, v.parts().1]).collect::<Vec<_>>();
        assert_near(&parts(&back), &parts(x), 1e-13, "inverse");
    }
}

#[test]
fn short_time_transforms_of_scipy() {
    for case in golden("short_time") {
        let x = noise(5, size(&case["n"]));
        if case["complex"] == true {
            let im = noise(6, x.len());
            let x: Vec<_> = x.iter().zip(im).map(|(re, im)| Complex::new(*re, im)).collect();
            short_time(&case, &x);
        } else {
            short_time(&case, &x);
        }
    }
}

#[test]
fn tapers_of_scipy() {
    for case in golden("dpss") {
        let symmetry = if case["sym"] == true { Symmetry::Symmetric } else { Symmetry::Periodic };
        let params = DpssParams::new(size(&case["m"]), case["nw"].as_f64().unwrap(), size(&case["kmax"]));
        let dpss = Dpss::new(&params.symmetry(symmetry)).unwrap();
        assert_near(&dpss.tapers, &numbers(&case["tapers"]), 1e-12, "tapers");
        assert_near(&dpss.ratios, &numbers(&case["ratios"]), 1e-13, "ratios");
    }
}

#[test]
fn multitaper_spectra_of_mne() {
    for case in golden("multitaper") {
        let (n, rows) = (size(&case["n"]), size(&case["rows"]));
        let row = |i: usize| {
            let wave = |(t, v): (usize, f64)| v + 3.0 * (t as f64 * 0.3 * (i + 1) as f64).sin() + 2.0;
            noise(20 + i as u64, n).into_iter().enumerate().map(wave).collect::<Vec<_>>()
        };
        let x: Vec<f64> = (0..rows).flat_map(row).collect();
        let full = case["normalization"] == "full";
        let mut params = MultitaperParams::new(200.0, n)
            .adaptive(case["adaptive"] == true)
            .low_bias(case["low_bias"] == true)
            .norm(if full { MultitaperNorm::Full } else { MultitaperNorm::Length })
            .band(case["fmin"].as_f64().unwrap(), case["fmax"].as_f64().unwrap_or(f64::INFINITY));
        params.bandwidth = case["bandwidth"].as_f64();
        let plan = Multitaper::new(params).unwrap();
        let psd = plan.run(&x).unwrap();
        assert_eq!(psd.unsolved, 0);
        assert_near(&psd.frequencies, &numbers(&case["f"]), 1e-14, "f");
        // MNE stops iterating where a weight changes by less than 1e-5.
        let tolerance = if plan.is_adaptive() { 3e-5 } else { 1e-12 };
        assert_near(&psd.psd, &numbers(&case["psd"]), tolerance, &case["bandwidth"].to_string());
        // Rows in lanes, in pairs, in f32 and on threads.
        let many: Vec<f64> = (0..7).flat_map(|_| x.clone()).collect();
        let all = plan.run_batch(&many, 2).unwrap().psd;
        let again: Vec<f64> = (0..7).flat_map(|_| psd.psd.clone()).collect();
        assert_near(&all, &again, 1e-10, "batch");
        let narrow: Vec<f32> = x.iter().map(|v| *v as f32).collect();
        let f32s: Vec<f64> = plan.run(&narrow).unwrap().psd.into_iter().map(f64::from).collect();
        assert_near(&f32s, &psd.psd, 1e-5, "f32");
        let sure = Multitaper::new(params.confidence(0.95)).unwrap().run(&x).unwrap();
        assert_eq!(sure.psd, psd.psd);
        assert!(sure.factors.iter().all(|v| *v > 1.0));
    }
}

#[test]
fn periodograms_of_uneven_samples_of_scipy() {
    for case in golden("lomb_scargle") {
        let [x, y, freqs] = ["x", "y", "freqs"].map(|name| numbers(&case[name]));
        let weights = case["weights"].as_array().map(|_| numbers(&case["weights"]));
        let norm =
            if case["normalize"] == true { LombScargleNorm::Normalize } else { LombScargleNorm::Power };
        let params = LombScargleParams::new().norm(norm).floating_mean(case["floating_mean"] == true);
        let plan = LombScargle::new(&x, weights.as_deref(), params).unwrap();
        if case["normalize"] == "amplitude" {
            let got = plan.amplitudes(&y, &freqs, 2).unwrap();
            let got: Vec<f64> = got.iter().map(|v| v.re).chain(got.iter().map(|v| v.im)).collect();
            assert_near(&got, &[numbers(&case["re"]), numbers(&case["im"])].concat(), 1e-12, "amplitude");
        } else {
            assert_near(&plan.run(&y, &freqs, 1).unwrap(), &numbers(&case["re"]), 1e-12, "power");
        }
    }
}

#[test]
fn coefficients_and_deltas_of_librosa() {
    let s = noise(40, 6 * 30);
    for case in golden("mfcc") {
        let dct: DctType = case["dct_type"].to_string().parse().unwrap();
        let lifter = case["lifter"].as_f64().unwrap();
        let params = MfccParams::new(6, size(&case["n_mfcc"]))
            .dct(dct)
            .ortho(case["norm"] == "ortho")
            .lifter(if lifter > 0.0 { Lifter::Librosa(lifter) } else { Lifter::None });
        let got = Mfcc::new(params).unwrap().run(&s).unwrap();
        assert_near(&got, &numbers(&case["values"]), 1e-14, &case["dct_type"].to_string());
    }
    for case in golden("delta") {
        let edges: DeltaEdges = case["mode"].as_str().unwrap().parse().unwrap();
        let params = DeltaParams::new(size(&case["width"])).order(size(&case["order"])).edges(edges);
        let got = Delta::new(params).unwrap().run_batch(&s, 30, 2).unwrap();
        assert_near(&got, &numbers(&case["values"]), 1e-12, case["mode"].as_str().unwrap());
    }
}
