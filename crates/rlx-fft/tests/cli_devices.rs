//! `psd`, `spectrogram` and `mel` on the devices of this machine: the CPU's numbers, and a caption that says where they come
//! from.

mod common;

use common::{Folder, STEREO, json, stereo};
use rlx_runtime::DeviceInfo;
use rlx_testkit::Noise;
use serde_json::Value;

/// Every number below a value, in order.
fn numbers(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|v| numbers(v, out)),
        Value::Null => out.push(f64::NAN),
        other => out.extend(other.as_f64()),
    }
}

fn of(report: &Value, field: &str) -> Vec<f64> {
    let mut all = Vec::new();
    for channel in report["channels"].as_array().expect("channels") {
        numbers(&channel[field], &mut all);
    }
    assert!(!all.is_empty(), "{field}: {report}");
    all
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

/// Two tones in noise with gaps: comma-separated, one of them longer than what is bridged.
fn with_gaps(folder: &Folder) -> String {
    let mut text = String::from("x\n");
    for (i, noise) in Noise::new(7).take(60_000).enumerate() {
        let noise = noise / 2.0;
        match i {
            5_000..5_004 | 41_000..41_100 => text.push_str("nan\n"),
            _ => text.push_str(&format!("{:.5}\n", (i as f64 * 0.21).sin() + 3.0 + noise)),
        }
    }
    folder.file("gaps.csv", text)
}

rlx_testkit::device_tests! { gpus: a_device_computes_what_the_cpu_computes_and_says_so, pairs_and_precisions_say_where_they_ran }

fn a_device_computes_what_the_cpu_computes_and_says_so(device: &DeviceInfo) {
    let folder = Folder::new(&format!("cli-devices-{}", device.id.replace(':', "-")));
    let (gaps, speech) = (with_gaps(&folder), folder.file("stereo.raw", stereo(20_000)));
    let rate = ["--rate", "8000", "--n-fft", "256", "--nan"];
    let cases: Vec<(&str, &str, Vec<&str>)> = vec![
        ("psd", "psd", [&[gaps.as_str()], &rate[..], &["skip-segment"]].concat()),
        ("psd", "psd", [&[gaps.as_str()], &rate[..], &["interpolate", "--average", "max"]].concat()),
        ("psd", "psd", [&[gaps.as_str()], &rate[..], &["skip-segment", "--average", "median"]].concat()),
        ("spectrogram", "power", [&[gaps.as_str()], &rate[..], &["skip-segment"]].concat()),
        ("mel", "mel", [&[speech.as_str()], &STEREO[..5], &["16000", "--preset", "whisper"]].concat()),
    ];
    for (command, field, args) in cases {
        let args = [&[command, "-f", "json"], &args[..]].concat();
        let want = json(&args);
        assert!(!notes(&want).contains("computed"), "{}", notes(&want));

        let got = json(&[&args[..], &["--device", &device.id]].concat());
        let said = if args.contains(&"median") { "computed on the CPU" } else { "computed in f32 on " };
        assert!(notes(&got).contains(said), "{args:?} on {}: {}", device.id, notes(&got));
        assert_eq!(got["segments"], want["segments"], "{args:?}");
        let (got, want) = (of(&got, field), of(&want, field));
        assert_eq!(got.len(), want.len(), "{args:?}");
        let mut sums = (0.0, 0.0);
        for (g, w) in got.iter().zip(&want) {
            assert_eq!(g.is_nan(), w.is_nan(), "{args:?}");
            if w.is_finite() {
                sums = (sums.0 + (g - w).powi(2), sums.1 + w * w);
            }
        }
        let relative = (sums.0 / sums.1).sqrt();
        assert!(relative <= 128.0 * f64::from(f32::EPSILON), "{args:?} on {}: {relative:e}", device.id);
    }
}

fn relative(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let error: f64 = got.iter().zip(want).map(|(g, w)| (g - w).powi(2)).sum();
    (error / want.iter().map(|w| w * w).sum::<f64>()).sqrt()
}

fn pairs_and_precisions_say_where_they_ran(device: &DeviceInfo) {
    let folder = Folder::new(&format!("cli-pairs-{}", device.id.replace(':', "-")));
    let mut text = String::from("x,y\n");
    for (i, noise) in Noise::new(9).take(40_000).enumerate() {
        let (x, other) = ((i as f64 * 0.21).sin() + noise, ((i * i) % 101) as f64 / 101.0);
        text.push_str(&format!("{x:.12},{:.12}\n", 0.5 * x + other));
    }
    let file = folder.file("pair.csv", text);
    let common = ["--rate", "8000", "--n-fft", "256", "-f", "json"];
    let on = ["--device", device.id.as_str()];
    for (args, field) in [
        (&["coherence", "1:2", &file][..], "coherence"),
        (&["psd", "--cross", "1:2", &file], "re"),
        (&["peaks", "--mode", "bins", "--channel", "1", &file], "frames"),
    ] {
        let args = [args, &common].concat();
        let (want, got) = (json(&args), json(&[&args[..], &on].concat()));
        assert!(notes(&got).contains("computed in f32 on "), "{args:?}: {}", notes(&got));
        assert_eq!(got["segments"], want["segments"], "{args:?}");
        if field != "frames" {
            let error = relative(&of(&got, field), &of(&want, field));
            assert!(error <= 128.0 * f64::from(f32::EPSILON), "{args:?} on {}: {error:e}", device.id);
        }
    }
    let psd = |more: &[&str]| json(&[&["psd", "--channel", "1", &file], &common[..], more].concat());
    let want = psd(&["--precision", "f64"]);
    assert!(notes(&want).contains("computed in f64 on the CPU"));
    assert!(
        notes(&psd(&["--precision", "f32x2"])).contains("computed in f64 on the CPU: f32x2 is for devices")
    );
    let limbs = psd(&[&["--precision", "f32x2"], &on[..]].concat());
    assert!(notes(&limbs).contains("computed in f32x2 on "), "{}", notes(&limbs));
    assert!(relative(&of(&limbs, "psd"), &of(&want, "psd")) <= 1e-13, "{}", device.id);
    let double = psd(&[&["--precision", "f64"], &on[..]].concat());
    let said = notes(&double);
    let shaders = said.contains("computed on the CPU") && said.contains("shaders have no f64");
    assert!(shaders || said.contains("computed in f64 on "), "{said}");
    assert!(relative(&of(&double, "psd"), &of(&want, "psd")) <= 1e-13, "{}", device.id);
    let frames = |more: &[&str]| {
        json(&[&["peaks", "--every", "0.5", "--channel", "1", &file], &common[..], more].concat())
    };
    let limbs = frames(&[&["--precision", "f32x2"], &on[..]].concat());
    assert!(notes(&limbs).contains("computed in f32x2 on "), "{}", notes(&limbs));
}
