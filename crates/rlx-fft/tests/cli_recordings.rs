//! Recordings as they really are: pauses, dead channels, several rates, tables of instruments.

mod common;

use common::{Folder, failure, json, run, stdout};
use serde_json::Value;

/// An EDF of records of one second: name, unit, physical range, samples per record, samples; or texts of records.
type Signal<'a> = (&'a str, &'a str, [&'a str; 2], usize, Vec<i16>);

fn edf(kind: &str, signals: &[Signal<'_>], texts: Option<&[String]>, records: usize) -> Vec<u8> {
    let count = signals.len() + usize::from(texts.is_some());
    let pad = |text: &str, width: usize| format!("{text:<width$}").into_bytes();
    let mut bytes = [pad("0", 8), pad("X", 80), pad("X", 80), b"01.01.2000.00.00".to_vec()].concat();
    bytes.extend(pad(&(256 * (count + 1)).to_string(), 8));
    bytes.extend(
        [pad(kind, 44), pad(&records.to_string(), 8), pad("1", 8), pad(&count.to_string(), 4)].concat(),
    );
    let mut column = |width: usize, of: &dyn Fn(&Signal<'_>) -> String, last: &str| {
        signals.iter().for_each(|s| bytes.extend(pad(&of(s), width)));
        if texts.is_some() {
            bytes.extend(pad(last, width));
        }
    };
    column(16, &|s| s.0.into(), "EDF Annotations");
    column(80, &|_| String::new(), "");
    column(8, &|s| s.1.into(), "");
    column(8, &|s| s.2[0].into(), "-1");
    column(8, &|s| s.2[1].into(), "1");
    column(8, &|_| "-32768".into(), "-32768");
    column(8, &|_| "32767".into(), "32767");
    column(80, &|_| String::new(), "");
    column(8, &|s| s.3.to_string(), "20");
    column(32, &|_| String::new(), "");
    for record in 0..records {
        for (.., per_record, samples) in signals {
            let part = &samples[record * per_record..(record + 1) * per_record];
            bytes.extend(part.iter().flat_map(|sample| sample.to_le_bytes()));
        }
        if let Some(texts) = texts {
            let mut text = texts[record].clone().into_bytes();
            text.resize(40, 0);
            bytes.extend(text);
        }
    }
    bytes
}

const RANGE: [&str; 2] = ["-3276.8", "3276.7"];

fn tone(hz: f64, rate: f64, frames: usize) -> Vec<i16> {
    (0..frames)
        .map(|i| (2000.0 * (std::f64::consts::TAU * hz * i as f64 / rate).sin()).round() as i16)
        .collect()
}

fn freq(result: &Value, channel: usize, frame: usize) -> f64 {
    result["channels"][channel]["frames"][frame]["peaks"][0]["freq"].as_f64().expect("a peak")
}

fn notes(result: &Value) -> String {
    result["notes"].to_string()
}

#[test]
fn a_dead_channel_spoils_nothing() {
    let folder = Folder::new("dead");
    let signals = [
        ("EEG Fp1", "uV", RANGE, 100, tone(10.0, 100.0, 2000)),
        ("E129", "uV", ["0", "0"], 100, vec![0; 2000]),
        ("EEG O2", "uV", RANGE, 100, tone(12.0, 100.0, 2000)),
    ];
    let path = folder.file("flat.edf", edf("", &signals, None, 20));
    let result = json(&["peaks", &path, "--channel", "EEG Fp1", "-k", "1", "--n-fft", "256", "-f", "json"]);
    assert!((freq(&result, 0, 0) - 10.0).abs() < 0.01);
    assert!(notes(&result).contains("E129"), "{result}");
    let result = json(&["peaks", &path, "--channel", "3,1", "-k", "1", "--n-fft", "256", "-f", "json"]);
    assert!((freq(&result, 0, 0) - 12.0).abs() < 0.01);
    assert!(stdout(&["info", &path]).contains("E129"));
}

#[test]
fn channels_of_all_rates_are_one_list() {
    let folder = Folder::new("rates");
    let signals = [
        ("EEG Fp1", "uV", RANGE, 100, tone(10.0, 100.0, 2000)),
        ("Resp", "L/s", RANGE, 25, tone(0.5, 25.0, 500)),
        ("EEG O2", "uV", RANGE, 100, tone(12.0, 100.0, 2000)),
    ];
    let path = folder.file("mixed.edf", edf("", &signals, None, 20));
    let found = |names: &str| {
        let text = stdout(&["peaks", &path, "--channel", names, "-k", "1", "--n-fft", "256", "-f", "jsonl"]);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines
            .iter()
            .map(|line| (line["channels"][0]["name"].as_str().unwrap().to_owned(), freq(line, 0, 0)))
            .collect::<Vec<_>>()
    };
    for names in ["EEG Fp1,Resp", "1,2", "eeg fp1,resp"] {
        let both = found(names);
        assert_eq!((both.len(), both[0].0.as_str(), both[1].0.as_str()), (2, "EEG Fp1", "Resp"), "{names}");
        assert!((both[0].1 - 10.0).abs() < 0.02 && (both[1].1 - 0.5).abs() < 0.02, "{both:?}");
    }
    assert_eq!(found("3")[0].0, "EEG O2");
    for command in ["psd", "spectrogram"] {
        let output = run(&[command, &path, "--channel", "Resp", "--n-fft", "64", "-f", "json"]);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for pair in ["EEG Fp1:EEG O2", "1:3", "\"EEG Fp1\":\"EEG O2\""] {
        let result = json(&["coherence", pair, &path, "--n-fft", "256", "-f", "json"]);
        assert_eq!(result["channels"][0]["name"], "EEG Fp1:EEG O2", "{pair}");
    }
    let (code, text) = failure(&["psd", &path, "--channel", "EEG Fp1,absent", "--n-fft", "256"]);
    assert_eq!(code, 1);
    for part in ["no channel 'absent'", "EEG Fp1 (100 Hz)", "Resp (25 Hz)", "EEG O2 (100 Hz)"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (code, text) = failure(&["coherence", "EEG Fp1:Resp", &path, "--n-fft", "64"]);
    assert!(code == 1 && text.contains("100 Hz") && text.contains("25 Hz"), "{text}");
}

#[test]
fn names_with_colons_make_pairs() {
    let folder = Folder::new("colons");
    let signals = [
        ("A:1", "uV", RANGE, 100, tone(10.0, 100.0, 2000)),
        ("B:2", "uV", RANGE, 100, tone(10.0, 100.0, 2000)),
    ];
    let path = folder.file("a.edf", edf("", &signals, None, 20));
    let result = json(&["coherence", "\"A:1\":\"B:2\"", &path, "--n-fft", "128", "-f", "json"]);
    assert_eq!(result["channels"][0]["name"], "A:1:B:2");
}

/// 10 Hz, a pause after the tenth second, 20 Hz; the first record at `first` s.
fn pausing(first: usize) -> Vec<u8> {
    let samples = [tone(10.0, 100.0, 1000), tone(20.0, 100.0, 1000)].concat();
    let onset = |r: usize| first + if r < 10 { r } else { r + 5 };
    let texts: Vec<String> = (0..20).map(|r| format!("+{}\u{14}\u{14}\0", onset(r))).collect();
    edf("EDF+D", &[("EEG Fp1", "uV", RANGE, 100, samples)], Some(&texts), 20)
}

#[test]
fn times_are_the_files_own() {
    let folder = Folder::new("pauses");
    for first in [0usize, 3] {
        let path = folder.file(&format!("pause{first}.edf"), pausing(first));
        let at = |seconds: usize| (first + seconds) as f64;
        let result = json(&["peaks", &path, "--every", "5s", "-k", "1", "--n-fft", "128", "-f", "json"]);
        let frames = result["channels"][0]["frames"].as_array().unwrap();
        let times: Vec<(f64, f64)> = frames
            .iter()
            .map(|f| (f["t_start_s"].as_f64().unwrap(), f["t_end_s"].as_f64().unwrap()))
            .collect();
        assert_eq!(times, [(at(0), at(5)), (at(5), at(10)), (at(15), at(20)), (at(20), at(25))]);
        for (frame, hz) in [10.0, 10.0, 20.0, 20.0].into_iter().enumerate() {
            assert!((freq(&result, 0, frame) - hz).abs() < 0.05, "{frame}");
        }
        assert!(notes(&result).contains("pauses once"), "{result}");

        let start = format!("{}s", first + 17);
        let result = json(&["peaks", &path, "--start", &start, "-k", "1", "--n-fft", "128", "-f", "json"]);
        assert_eq!(result["channels"][0]["frames"][0]["t_start_s"], at(17));
        assert_eq!(result["channels"][0]["frames"][0]["t_end_s"], at(25));
        assert!((freq(&result, 0, 0) - 20.0).abs() < 0.05);
        // From inside the pause: what comes after it.
        let start = format!("{}s", first + 12);
        let result = json(&[
            "peaks",
            &path,
            "--start",
            &start,
            "--duration",
            "6s",
            "-k",
            "1",
            "--n-fft",
            "128",
            "-f",
            "json",
        ]);
        assert_eq!(result["channels"][0]["frames"][0]["t_start_s"], at(15));
        assert_eq!(result["channels"][0]["frames"][0]["t_end_s"], at(18));
        let (code, text) =
            failure(&["peaks", &path, "--start", &start, "--duration", "2s", "--n-fft", "128"]);
        assert!(code == 1 && text.contains("pause"), "{text}");
        let (code, text) = failure(&["peaks", &path, "--start", "40s", "--n-fft", "128"]);
        assert!(code == 1 && text.contains("after the end"), "{text}");

        let info = json(&["info", &path, "-f", "json"]);
        assert_eq!((info["duration_s"].as_f64(), info["span_s"].as_f64()), (Some(20.0), Some(25.0)));
        assert_eq!(
            (info["pauses"][0]["start_s"].as_f64(), info["pauses"][0]["end_s"].as_f64()),
            (Some(at(10)), Some(at(15)))
        );
        let text = stdout(&["info", &path]);
        assert!(text.contains("20.000 s in 25.000 s with pauses") && text.contains("pauses once"), "{text}");

        let result = json(&["spectrogram", &path, "--n-fft", "128", "--overlap", "0", "-f", "json"]);
        let channel = &result["channels"][0];
        let times: Vec<f64> =
            channel["t_s"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        assert_eq!(times[0], at(0) + 0.64);
        assert!(times.iter().all(|t| *t + 0.64 <= at(10) + 1e-9 || *t - 0.64 >= at(15) - 1e-9), "{times:?}");
        assert!(notes(&result).contains("pauses once"));
        // No segment has samples of both sides: one column has one tone.
        let freqs: Vec<f64> =
            channel["freq"].as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect();
        for (time, column) in times.iter().zip(channel["power"].as_array().unwrap()) {
            let column: Vec<f64> = column.as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
            let peak = (0..column.len()).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap();
            let expected = if *time < at(12) { 10.0 } else { 20.0 };
            assert!((freqs[peak] - expected).abs() < 1.0, "{time}: {}", freqs[peak]);
        }
        assert!(notes(&json(&["psd", &path, "--n-fft", "128", "-f", "json"])).contains("pauses once"));
    }
}

#[test]
fn the_length_of_the_transform_fits_the_longest_stretch() {
    let folder = Folder::new("stretches");
    let path = folder.file("pause.edf", pausing(0));
    let result = json(&["psd", &path, "-f", "json"]);
    assert!(result["n_fft"].as_u64().unwrap() <= 1000, "{}", result["n_fft"]);
    assert!(result["segments"].as_u64().unwrap() > 0);
}

#[test]
fn units_of_times_are_never_off_by_a_thousand() {
    let folder = Folder::new("units");
    let rows: String = (0..2000)
        .map(|i| format!("{},{:.6}\n", 10 * i, (std::f64::consts::TAU * 5.0 * f64::from(i) / 100.0).sin()))
        .collect();
    let path = folder.file("ms.csv", format!("time [ms],acc [g]\n{rows}"));
    let result = json(&["peaks", &path, "--time", "time [ms]", "-k", "1", "--n-fft", "256", "-f", "json"]);
    assert!((freq(&result, 0, 0) - 5.0).abs() < 0.01);
    assert_eq!(result["sample_rate"].as_f64(), Some(100.0));
    let path = folder.file("bare.csv", format!("t,acc [g]\n{rows}"));
    let result = json(&["peaks", &path, "--time", "t", "-k", "1", "--n-fft", "256", "-f", "json"]);
    assert!(notes(&result).contains("--time-unit ms"), "{result}");
    let result = json(&[
        "peaks",
        &path,
        "--time",
        "t",
        "--time-unit",
        "ms",
        "-k",
        "1",
        "--n-fft",
        "256",
        "-f",
        "json",
    ]);
    assert!((freq(&result, 0, 0) - 5.0).abs() < 0.01);
    let (code, text) = failure(&["peaks", &path, "--time", "t", "--time-unit", "fortnight"]);
    assert!(code == 2 && text.contains("fortnight"), "{text}");
    let (code, text) = failure(&["peaks", &path, "--rate", "100", "--date-format", "dmy"]);
    assert!(code == 2 && text.contains("--time"), "{text}");
    let (code, text) = failure(&["peaks", &path]);
    assert!(code == 1 && text.contains("--time"), "{text}");
}

#[test]
fn iq_of_two_channels_is_one_signal() {
    let folder = Folder::new("iq");
    let mut bytes =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data\xff\xff\xff\xff"
            .to_vec();
    for i in 0..4800 {
        let (sin, cos) = (-std::f64::consts::TAU * 7000.0 * f64::from(i) / 48_000.0).sin_cos();
        bytes.extend(((9000.0 * cos) as i16).to_le_bytes());
        bytes.extend(((9000.0 * sin) as i16).to_le_bytes());
    }
    let path = folder.file("iq.wav", bytes);
    let result = json(&["peaks", &path, "--iq", "-k", "1", "--n-fft", "480", "-f", "json"]);
    assert!((freq(&result, 0, 0) + 7000.0).abs() < 1.0, "{result}");
}

#[test]
fn damaged_ogg_prints_no_panic() {
    let folder = Folder::new("ogg");
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../io/tests/data/vorbis.ogg")).unwrap();
    let mut state = 1u32;
    for round in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..8 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = 60 + (state >> 8) as usize % (bytes.len() - 60);
            bytes[at] ^= (state >> 3) as u8;
        }
        let path = folder.file("damaged.ogg", bytes);
        let output = common::program().args(["info", &path]).env("RUST_BACKTRACE", "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains("panicked") && !text.contains("stack backtrace"), "{round}: {text}");
        assert!(matches!(output.status.code(), Some(0 | 1)));
    }
}
