//! `find_peaks` against values of `scipy.signal.find_peaks` (scripts/golden_peaks.py).

mod mel_support;

use mel_support::{ecg, golden, indices, lcg, numbers, sunspots};
use rlx_dsp::peaks::{Bounds, LocalPeakParams, LocalPeaks, find_peaks, find_peaks_rows};
use serde_json::Value;

fn signal(of: &Value) -> Vec<f64> {
    let (seed, n) = (of["seed"].as_u64().expect("seed"), of["n"].as_u64().expect("n") as usize);
    match of["kind"].as_str().expect("kind") {
        "noise" => lcg(seed, n),
        "walk" => lcg(seed, n)
            .iter()
            .scan(0.0, |sum, v| {
                *sum += v;
                Some(*sum)
            })
            .collect(),
        "steps" => lcg(seed, n).iter().map(|v| (v * 3.0).floor()).collect(),
        "gaps" => {
            let mut x = lcg(seed, n);
            x.iter_mut().step_by(17).for_each(|v| *v = f64::NAN);
            x.iter_mut().step_by(41).for_each(|v| *v = f64::INFINITY);
            x
        }
        "ecg" => ecg()[..360].to_vec(),
        "sunspots" => sunspots(),
        kind => panic!("unknown signal {kind}"),
    }
}

fn params(of: &Value) -> LocalPeakParams {
    let bounds = |name: &str| {
        of.get(name).map(|v| match v.as_array() {
            Some(ends) => Bounds { min: ends[0].as_f64(), max: ends[1].as_f64() },
            None => Bounds::at_least(v.as_f64().expect("a bound")),
        })
    };
    LocalPeakParams::default()
        .plateau_size(bounds("plateau_size"))
        .height(bounds("height"))
        .threshold(bounds("threshold"))
        .distance(of.get("distance").and_then(Value::as_f64))
        .prominence(bounds("prominence"))
        .wlen(of.get("wlen").and_then(Value::as_u64).map(|w| w as usize))
        .width(bounds("width"))
        .rel_height(of.get("rel_height").and_then(Value::as_f64).unwrap_or(0.5))
}

/// Every property under SciPy's name.
fn properties(found: &LocalPeaks) -> Vec<(&'static str, Vec<f64>)> {
    let count = |v: &[usize]| v.iter().map(|&i| i as f64).collect::<Vec<_>>();
    let mut all = Vec::new();
    if let Some(p) = &found.plateaus {
        all.push(("plateau_sizes", count(&p.sizes)));
        all.push(("left_edges", count(&p.left_edges)));
        all.push(("right_edges", count(&p.right_edges)));
    }
    if let Some(h) = &found.heights {
        all.push(("peak_heights", h.clone()));
    }
    if let Some(t) = &found.thresholds {
        all.push(("left_thresholds", t.left.clone()));
        all.push(("right_thresholds", t.right.clone()));
    }
    if let Some(p) = &found.prominences {
        all.push(("prominences", p.values.clone()));
        all.push(("left_bases", count(&p.left_bases)));
        all.push(("right_bases", count(&p.right_bases)));
    }
    if let Some(w) = &found.widths {
        all.push(("widths", w.values.clone()));
        all.push(("width_heights", w.heights.clone()));
        all.push(("left_ips", w.left_ips.clone()));
        all.push(("right_ips", w.right_ips.clone()));
    }
    all
}

fn close(got: f64, want: f64) -> bool {
    if !want.is_finite() {
        return got == want || (got.is_nan() && want.is_nan());
    }
    (got - want).abs() <= 1e-12 * want.abs().max(1.0)
}

#[test]
fn every_case_agrees_with_scipy() {
    let file = golden("peaks/find_peaks.json");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() > 100);
    for case in cases {
        let label = format!("{} {}", case["signal"], case["params"]);
        let x = signal(&case["signal"]);
        let found = find_peaks(&x, &params(&case["params"])).expect("valid parameters");
        assert_eq!(found.positions, indices(&case["positions"]), "{label}");

        let wanted = case["properties"].as_object().expect("properties");
        let got = properties(&found);
        let mut names: Vec<&str> = got.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(names, wanted.keys().map(String::as_str).collect::<Vec<_>>(), "{label}");
        for (name, got) in got {
            let want = numbers(&wanted[name]);
            assert_eq!(got.len(), want.len(), "{label} {name}");
            for (g, w) in got.iter().zip(&want) {
                assert!(close(*g, *w), "{label} {name}: {g} instead of {w}");
            }
        }
    }
}

#[test]
fn a_batch_of_f32_rows_agrees_where_f32_holds_the_samples() {
    // Steps and ECG counts are small integers: f32 and f64 see the same samples.
    let file = golden("peaks/find_peaks.json");
    let mut compared = 0;
    for case in file["cases"].as_array().expect("cases") {
        if !matches!(case["signal"]["kind"].as_str(), Some("steps" | "ecg")) {
            continue;
        }
        let row: Vec<f32> = signal(&case["signal"]).iter().map(|&v| v as f32).collect();
        let rows = [row.clone(), row.iter().map(|v| -v).collect(), row.clone()].concat();
        let params = params(&case["params"]);
        let batch = find_peaks_rows(&rows, row.len(), &params).expect("valid parameters");
        assert_eq!(batch.rows(), 3);
        for r in [0, 2] {
            assert_eq!(batch.positions(r), indices(&case["positions"]), "row {r}");
            assert_eq!(batch.row(r), Some(find_peaks(&row, &params).expect("valid parameters")));
        }
        compared += 1;
    }
    assert!(compared > 20);
}
