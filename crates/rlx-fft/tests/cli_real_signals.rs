//! Known frequencies of the shipped signals.

mod common;
use common::{data, json, stdout};

fn peaks(args: &[&str]) -> Vec<f64> {
    let result = json(&[args, &["-f", "json"]].concat());
    let peaks = result["channels"][0]["frames"][0]["peaks"].as_array().expect("peaks").clone();
    peaks.iter().map(|p| p["freq"].as_f64().expect("a frequency")).collect()
}

#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

#[test]
fn the_pulse_comes_first_and_its_harmonics_follow() {
    let found = peaks(&["peaks", &data("ppg_100hz.csv"), "--rate", "100"]);
    near(found[0], 0.98, 0.03);
    let mut harmonics = found[1..3].to_vec();
    harmonics.sort_by(f64::total_cmp);
    near(harmonics[0], 1.96, 0.06);
    near(harmonics[1], 2.92, 0.1);
}

#[test]
fn the_readmes_first_command_prints_a_table() {
    let text = stdout(&["peaks", &data("ppg_100hz.csv"), "--rate", "100"]);
    let heading = text.lines().find(|l| l.contains("rank")).expect("a heading");
    for name in ["freq [Hz]", "power [unit²]", "level [dB]", "prominence [dB]"] {
        assert!(heading.contains(name), "{heading}");
    }
    assert!(text.contains("n_fft 512 (default)") && text.contains("window hann (default)"), "{text}");
    assert!(!text.contains('\x1b'), "colours belong on a terminal");
}

#[test]
fn the_year_is_in_the_air() {
    let co2 = data("co2.csv");
    let args = ["peaks", &co2, "--time", "date", "--x-unit", "cycles/year", "--detrend", "linear"];
    let missing = ["--nan", "interpolate", "--max-gap", "20", "--band", "0.5:5"];
    let found = peaks(&[&args[..], &missing].concat());
    near(found[0], 1.0, 0.01);
    near(found[1], 2.0, 0.01);
}

#[test]
fn the_sun_takes_eleven_years() {
    let found = peaks(&[
        "peaks",
        &data("sunspots.csv"),
        "--time",
        "YEAR",
        "--x-unit",
        "cycles/year",
        "--n-fft",
        "256",
    ]);
    // SciPy's strongest bin is 0.0898 (bin 23 of 256); the refined peak lies within half a bin of it.
    near(found[0], 0.0898, 0.5 / 256.0 + 1e-4);
}

#[test]
fn scipys_bins_with_nperseg_1024() {
    let pulse = data("ppg_100hz.csv");
    let found = peaks(&["peaks", &pulse, "--rate", "100", "--n-fft", "1024"]);
    near(found[0], 0.977, 0.05);
    let bins = json(&[
        "peaks", &pulse, "--rate", "100", "--n-fft", "1024", "--mode", "bins", "-k", "1", "-f", "json",
    ]);
    let first = &bins["channels"][0]["frames"][0]["peaks"][0];
    assert_eq!(first["bin"], 10);
    near(first["freq"].as_f64().expect("a frequency"), 0.976_562_5, 1e-12);
}

#[test]
fn beats_a_minute() {
    let found = peaks(&["peaks", &data("ppg_100hz.csv"), "--rate", "100", "--x-unit", "bpm"]);
    near(found[0], 58.9, 1.5);
}

#[test]
fn the_heart_beats_in_the_electrocardiogram() {
    let found = peaks(&["peaks", &data("ecg.npy"), "--rate", "360", "--band", "0.5:40"]);
    assert!((1.0..10.0).contains(&found[0]), "{found:?}");
}
