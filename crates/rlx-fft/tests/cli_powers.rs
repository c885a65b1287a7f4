//! Powers of finite samples are finite and right, or reported: never null, infinity or a wrong peak with exit code 0.

mod common;
use common::{Folder, noise, npy_f32, npy_f64, program, run};
use serde_json::Value;
use std::process::{Output, Stdio};

/// A tone at 382 Hz of 8000 in noise, times `scale`.
fn tone(scale: f64) -> impl Iterator<Item = f64> {
    let mut noise = noise(11);
    (0..16_000).map(move |n| {
        scale * ((std::f64::consts::TAU * 382.0 / 8000.0 * f64::from(n)).sin() + 0.01 * noise())
    })
}

/// Every number under these names is finite.
fn finite(value: &Value, name: &str) -> bool {
    let must = ["psd", "power", "re", "im", "magnitude", "coherence", "mel", "freq"];
    match value {
        Value::Object(fields) => fields.iter().all(|(name, value)| finite(value, name)),
        Value::Array(all) => all.iter().all(|value| finite(value, name)),
        Value::Number(_) => true,
        other => !must.contains(&name) || !other.is_null(),
    }
}

fn strongest(result: &Value) -> f64 {
    result["channels"][0]["frames"][0]["peaks"][0]["freq"].as_f64().unwrap_or(f64::NAN)
}

const COMMANDS: [&[&str]; 8] = [
    &["peaks"],
    &["peaks", "--every", "0.5s"],
    &["peaks", "--mode", "bins"],
    &["peaks", "--every", "48ms", "--n-fft", "256", "--hop", "128", "--detrend", "none", "--mode", "bins"],
    &["psd"],
    &["psd", "--average", "max", "--sides", "two"],
    &["spectrogram", "--n-fft", "256"],
    &["mel", "--preset", "librosa", "--n-mels", "16"],
];

#[test]
fn single_precision_is_left_where_it_is_too_small() {
    let folder = Folder::new("powers");
    for scale in [1e25, 3e37, 1e-25, 1e-30, 1e-37] {
        let file = folder.file("x.npy", npy_f32(tone(scale)));
        for command in COMMANDS {
            let mut args = command.to_vec();
            args.extend([file.as_str(), "--rate", "8000", "-f", "json"]);
            let output = run(&args);
            assert!(output.status.success(), "{args:?} {scale}: {}", String::from_utf8_lossy(&output.stderr));
            let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
            assert!(finite(&result, ""), "{args:?} {scale}");
            if command[0] == "peaks" {
                let freq = strongest(&result);
                assert!((freq - 382.0).abs() < 16.0, "{args:?} {scale}: {freq}");
                let level =
                    result["channels"][0]["frames"][0]["peaks"][0]["level_db"].as_f64().expect("a level");
                let want = 20.0 * scale.log10() - 3.0;
                assert!((level - want).abs() < 3.0, "{args:?} {scale}: {level} dB, not {want}");
            }
        }
    }
    let two = |scale: f64| -> Vec<u8> {
        tone(scale).flat_map(|v| [v, 0.5 * v + scale * 0.1]).flat_map(|v| (v as f32).to_le_bytes()).collect()
    };
    for scale in [1e25, 1e-30] {
        let file = folder.file("two.raw", two(scale));
        for command in [&["coherence", "1:2"][..], &["psd", "--cross", "1:2"]] {
            let mut args = command.to_vec();
            args.extend([file.as_str(), "--raw", "f32le", "--channels", "2", "--rate", "8000", "-f", "json"]);
            let output = run(&args);
            let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
            assert!(output.status.success() && finite(&result, ""), "{args:?} {scale}");
        }
    }
}

#[test]
fn beyond_double_precision_is_an_error() {
    let folder = Folder::new("beyond");
    for scale in [1e200, 1e-200] {
        let file = folder.file("x.npy", npy_f64(tone(scale)));
        for command in &COMMANDS[..7] {
            let mut args = command.to_vec();
            args.extend([file.as_str(), "--rate", "8000", "-f", "csv"]);
            let output = run(&args);
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{args:?} {scale}: {message}");
            assert!(message.contains("double precision") && message.contains("scale"), "{message}");
        }
    }
    // Logarithms of infinity are none, of a long signal and of a short one.
    for len in [600, 16_000] {
        let file = folder.file("x.npy", npy_f64(tone(1e200).take(len)));
        for preset in ["librosa", "torchaudio"] {
            let output = run(&[
                "mel", "--preset", preset, &file, "--rate", "8000", "-f", "jsonl", "--n-mels", "16",
                "--n-fft", "256",
            ]);
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.code() == Some(1) && message.contains("double precision"),
                "{preset} {len}: {message}"
            );
        }
    }
    // In between there is room: 1e100 squared is a number.
    for scale in [1e100, 1e-100] {
        let file = folder.file("x.npy", npy_f64(tone(scale)));
        let output = run(&["peaks", &file, "--rate", "8000", "-f", "json"]);
        let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
        assert!((strongest(&result) - 382.0).abs() < 1.0 && finite(&result, ""), "{scale}");
    }
}

/// One sample of a recording that is damaged, and a stream.
#[test]
fn one_damaged_sample_does_not_pass_for_a_spectrum() {
    let folder = Folder::new("damaged");
    let mut signal: Vec<f64> = tone(1.0).collect();
    signal[9000] = -3.2e38;
    let bytes: Vec<u8> = signal.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect();
    let file = folder.file("x.raw", &bytes);
    let args = |input| ["psd", input, "--raw", "f32le", "--rate", "8000", "-f", "json"];
    let output = run(&args(file.as_str()));
    let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
    assert!(output.status.success() && finite(&result, ""));
    let piped = |bytes: &[u8]| -> Output {
        let mut child = program()
            .args(args("-"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), bytes).expect("samples");
        child.wait_with_output().expect("it ends")
    };
    // A stream cannot be read again: its floats are read in double precision at once.
    let output = piped(&bytes);
    let streamed: Value = serde_json::from_slice(&output.stdout).expect("a result");
    assert!(output.status.success() && finite(&streamed, ""));
    let powers = |result: &Value| -> Vec<f64> {
        let psd = result["channels"][0]["psd"].as_array().expect("powers");
        psd.iter().map(|power| power.as_f64().expect("a number")).collect()
    };
    for (a, b) in powers(&streamed).iter().zip(powers(&result)) {
        assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
    }
    // Silence and constants are no underflow.
    for value in [0.0_f32, 5.0, -1e-3] {
        let output = piped(&value.to_le_bytes().repeat(40_000));
        assert!(output.status.success(), "{value}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
