//! Peaks at the ends of spectra, digits and levels.

mod common;
use common::{Folder, json, noise, npy_c64, npy_f32, npy_f64, stdout};
use std::f64::consts::TAU;

/// The peaks of one channel of one frame.
fn peaks(args: &[&str]) -> Vec<serde_json::Value> {
    let mut all = vec!["peaks"];
    all.extend(args);
    all.extend(["-f", "json"]);
    json(&all)["channels"][0]["frames"][0]["peaks"].as_array().expect("peaks").clone()
}

fn number(value: &serde_json::Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} of {value}"))
}

#[test]
fn a_two_sided_spectrum_is_a_circle() {
    let folder = Folder::new("circle");
    // In units of the sample rate: in the middle, at the ends, between the last bin and the first.
    for at in
        [0.1, -0.3, 0.5, -0.5, 127.0 / 256.0, -127.0 / 256.0, 127.4 / 256.0, -127.6 / 256.0, 127.5 / 256.0]
    {
        let mut noise = noise(7);
        let tone = move |n: i32| {
            let (sin, cos) = (TAU * at * f64::from(n)).sin_cos();
            (cos + 1e-3 * noise(), sin + 1e-3 * noise())
        };
        let file = folder.file("iq.npy", npy_c64((0..4096).map(tone)));
        for more in [&["-k", "1"][..], &["-k", "1", "--detrend", "none"], &["-k", "3", "--distance", "300"]] {
            let mut args = vec![file.as_str(), "--rate", "256", "--n-fft", "256"];
            args.extend(more);
            let found = peaks(&args);
            let freq = number(&found[0], "freq");
            assert!((-128.0..128.0).contains(&freq), "{at}: {freq}");
            let apart = (freq - 256.0 * at).rem_euclid(256.0);
            assert!(apart.min(256.0 - apart) < 0.02, "{at}: {freq}");
            // A tone between two bins loses at most 1.42 dB under a Hann window.
            assert!((-1.5..=0.1).contains(&number(&found[0], "level_db")), "{at}: {found:?}");
            assert!(number(&found[0], "prominence_db") > 60.0, "{at}: {found:?}");
            assert!((1.0..2.6).contains(&number(&found[0], "width")), "{at}: {found:?}");
            if more[1] == "3" {
                assert_eq!(found.len(), 1, "the distance is more than half of the circle: {found:?}");
            }
        }
    }
}

#[test]
fn the_nyquist_frequency_can_be_a_peak_and_the_mean_only_where_it_is_left() {
    let folder = Folder::new("nyquist");
    let mut noise = noise(3);
    let signal: Vec<f64> = (0..4096)
        .map(|n| 2.0 + f64::from(1 - 2 * (n % 2)) + 0.5 * (TAU * 0.13 * f64::from(n)).sin() + 1e-3 * noise())
        .collect();
    let file = folder.file("nyq.npy", npy_f32(signal));
    let args = [file.as_str(), "--rate", "100", "--n-fft", "256", "-k", "2"];
    let found = peaks(&args);
    assert_eq!(number(&found[0], "freq"), 50.0);
    assert!(
        number(&found[0], "level_db").abs() < 0.1 && number(&found[0], "prominence_db") > 40.0,
        "{found:?}"
    );
    assert!((number(&found[1], "freq") - 13.0).abs() < 0.01, "{found:?}");

    let with_mean: Vec<&str> = args.iter().copied().chain(["--detrend", "none", "-k", "3"]).collect();
    let with_mean: Vec<&str> =
        with_mean.iter().enumerate().filter(|(i, _)| *i != 5 && *i != 6).map(|(_, a)| *a).collect();
    let mut all = vec!["peaks"];
    all.extend(&with_mean);
    all.extend(["-f", "json"]);
    let result = json(&all);
    let found = result["channels"][0]["frames"][0]["peaks"].as_array().expect("peaks");
    assert_eq!(number(&found[0], "freq"), 0.0);
    assert!(result["notes"].to_string().contains("mean"), "{result}");
}

#[test]
fn digits_tell_neighbouring_bins_apart() {
    let folder = Folder::new("digits");
    folder.file(
        "cap.sigmf-meta",
        r#"{"global": {"core:datatype": "cf32_le", "core:sample_rate": 2400000, "core:version": "1.0.0"},
            "captures": [{"core:sample_start": 0, "core:frequency": 433920000}], "annotations": []}"#,
    );
    let tone = |n: i32| {
        let (sin, cos) = (TAU * -7000.0 / 2.4e6 * f64::from(n)).sin_cos();
        [cos as f32, sin as f32]
    };
    let bytes: Vec<u8> = (0..48_000).flat_map(tone).flat_map(f32::to_le_bytes).collect();
    folder.file("cap.sigmf-data", bytes);
    let file = folder.path("cap.sigmf-meta");
    let table = |more: &[&str]| {
        let mut args = vec!["peaks", file.as_str(), "--n-fft", "48000", "-k", "1"];
        args.extend(more);
        stdout(&args)
    };
    assert!(table(&[]).contains(" 433913000 "), "{}", table(&[]));
    assert!(table(&["--x-unit", "MHz"]).contains(" 433.913"), "{}", table(&["--x-unit", "MHz"]));
    // Every bin of a spectrum has a text of its own, in tables and on axes.
    let psd = stdout(&["psd", &file, "--n-fft", "4800", "--band", "433.9e6:433.92e6"]);
    let column: Vec<&str> = psd
        .lines()
        .skip_while(|l| l.starts_with('#'))
        .skip(1)
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    assert!(column.len() > 30 && column.windows(2).all(|pair| pair[0] != pair[1]), "{column:?}");
    let svg = folder.path("cap.svg");
    stdout(&["psd", &file, "--n-fft", "480", "--plot", &svg, "-q"]);
    let svg = std::fs::read_to_string(svg).expect("a picture");
    assert!(svg.contains("[MHz]") && svg.contains("433.5") && !svg.contains("4.34e8"), "ticks");
}

#[test]
fn what_is_unknown_or_nothing_has_no_level() {
    let folder = Folder::new("levels");
    let mut noise = noise(5);
    let mut signal: Vec<f64> = (0..2048).map(|_| noise()).collect();
    signal[700] = f64::NAN;
    let nan = folder.file("nan.npy", npy_f64(signal));
    let zero = folder.file("zero.npy", npy_f64(vec![0.0; 2048]));
    for (file, csv) in [(&nan, ""), (&zero, "-inf")] {
        let args = ["psd", file.as_str(), "--rate", "100", "--n-fft", "256", "--nan", "propagate"];
        let with = |more: &[&str]| {
            let mut all = args.to_vec();
            all.extend(more);
            stdout(&all)
        };
        for line in with(&["-f", "csv", "-q"]).lines().skip(1) {
            assert_eq!(line.rsplit(',').next(), Some(csv), "{line}");
        }
        let table = with(&[]);
        assert!(
            !table.contains("-400") && table.contains(if csv.is_empty() { "NaN" } else { "-inf" }),
            "{table}"
        );
        let svg = folder.path("p.svg");
        with(&["-q", "--plot", &svg]);
        assert!(!std::fs::read_to_string(svg).expect("a picture").contains("-400"));
        let spectrogram =
            ["spectrogram", file, "--rate", "100", "--n-fft", "256", "--nan", "propagate", "-q", "-f", "csv"];
        assert!(!stdout(&spectrogram).contains("-400"));
        assert!(stdout(&spectrogram).lines().any(|line| line.ends_with(&format!(",{csv}"))));
    }
    let found = json(&["peaks", &zero, "--rate", "100", "--mode", "bins", "-k", "2", "-f", "json"]);
    assert!(found["channels"][0]["frames"][0]["peaks"][0]["level_db"].is_null());
    // Notes and defaults are always there.
    assert!(found["notes"].is_array() && found["defaults"].is_array(), "{found}");
}

#[test]
fn a_dead_channel_is_noted_and_names_with_colons_stand_in_quotes() {
    let folder = Folder::new("dead");
    let mut noise = noise(9);
    let mut text = "\"A:1\",B,\"C:\"\"x\"\"\"\n".to_owned();
    for n in 0..2000 {
        let shared = (0.4 * f64::from(n)).sin();
        text += &format!("{},0.1,{}\n", shared + 0.1 * noise(), shared + 0.1 * noise());
    }
    let file = folder.file("x.csv", text);
    let of = |pair: &str| json(&["coherence", pair, &file, "--rate", "100", "--n-fft", "128", "-f", "json"]);
    let dead = of("\"A:1\":B");
    assert!(dead["notes"].to_string().contains("channel B is constant"), "{}", dead["notes"]);
    let alive = of("\"A:1\":\"C:\"\"x\"\"\"");
    assert!(!alive["notes"].to_string().contains("constant"), "{}", alive["notes"]);
    let coherence = alive["channels"][0]["coherence"].as_array().expect("values");
    assert!(coherence.iter().any(|c| c.as_f64().is_some_and(|c| c > 0.95)));
    assert_eq!(common::failure(&["coherence", "A:1:B", &file, "--rate", "100"]).0, 2);
}
