//! Reports as one HTML file.

mod common;
use common::{Folder, data, failure, stdout};
use serde_json::Value;

/// The data inside a report.
fn content(path: &str) -> Value {
    let text = std::fs::read_to_string(path).expect("the report");
    for outside in ["src=\"", "@import", "url(http"] {
        assert!(!text.contains(outside), "the report asks for something: {outside}");
    }
    let start = text.find("id=\"data\">").expect("the data") + 10;
    let end = start + text[start..].find("</script>").expect("its end");
    serde_json::from_str(&text[start..end]).expect("JSON")
}

#[test]
fn a_report_has_the_result_its_curve_and_the_command() {
    let folder = Folder::new("html");
    let path = folder.path("peaks.html");
    let ppg = data("ppg_100hz.csv");
    let table = stdout(&["peaks", &ppg, "--rate", "100", "-k", "3", "-f", "csv", "-q", "--html", &path]);
    let report = content(&path);
    let command = report["command"].as_str().expect("a text");
    assert!(command.starts_with("rlx-fft peaks ") && command.contains("--rate 100 -k 3"), "{command}");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    let parts = report["parts"].as_array().expect("parts");
    let kinds: Vec<_> = parts.iter().map(|part| part["kind"].as_str().unwrap_or("")).collect();
    assert_eq!(kinds, ["curves", "result"]);
    assert_eq!(parts[0]["markers"].as_array().map(Vec::len), Some(3));
    let rows = parts[1]["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3);
    // What stands in CSV in full stands in the report too.
    let first = table.lines().nth(1).expect("a line").split(',').nth(6).expect("a frequency");
    assert!(rows[0].to_string().contains(first), "{first} is not in {}", rows[0]);
}

#[test]
fn a_picture_is_in_the_report_and_a_failed_run_leaves_none() {
    let folder = Folder::new("html-picture");
    let path = folder.path("s.html");
    stdout(&["spectrogram", &data("ppg_100hz.csv"), "--rate", "100", "-f", "csv", "-q", "--html", &path]);
    let report = content(&path);
    // The columns leave before the whole picture is known.
    let parts = report["parts"].as_array().expect("parts");
    let picture = parts.iter().find(|part| part["kind"] == "heatmap").expect("a heat map");
    let png = picture["panels"][0]["png"].as_str().expect("a picture");
    assert!(png.starts_with("data:image/png;base64,iVBOR"));
    let none = folder.path("none.html");
    let (code, _) = failure(&["psd", &folder.path("missing.wav"), "--html", &none]);
    assert_eq!(code, 1);
    assert!(!std::path::Path::new(&none).exists(), "a report without a result");
}

/// Each learning command draws its curves, as pictures and in the report.
#[test]
fn learning_is_drawn() {
    let folder = Folder::new("html-learned");
    let models = folder.path("models");
    let (dft, pruned) = (folder.path("models/dft-16-seed1.safetensors"), folder.path("pruned.safetensors"));
    let steps = ["--steps", "6", "--batch", "4", "--peak-k", "4", "--validate-every", "3"];
    let distil = ["train-distill", "--teacher", &dft, "--target-gates", "0.8", "--out", &pruned];
    let distil = [&distil[..], &steps].concat();
    let (learning, bins) = ("Learning curves", "Error per bin");
    let (losses, recall) = ("Losses", "Recall on the validation rows, and open gates");
    let (gates, levels) = ("Open gates per stage", "Difference from the 8-segment Welch estimate");
    let cases: [(&str, &[&str], &[&str]); 5] = [
        (
            "train",
            &["train", "--n-fft", "16", "--seed", "1", "--seeds", "2", "--out", &models],
            &[learning, bins],
        ),
        ("fit", &["fit", "--n-fft", "16", "--noise", "0.01"], &[bins]),
        ("distil", &distil, &[losses, recall, gates, levels]),
        ("e2e", &[&["train-e2e", "--n-fft", "32"][..], &steps].concat(), &[losses, recall, levels]),
        ("eval", &["eval", &dft, &pruned, "--rows", "64", "--iters", "1"], &[bins, gates]),
    ];
    for (name, args, titles) in cases {
        let (html, plot) = (folder.path(&format!("{name}.html")), folder.path(&format!("{name}.svg")));
        stdout(&[args, &["--html", &html, "--plot", &plot]].concat());
        let report = content(&html);
        let parts = report["parts"].as_array().expect("parts");
        let drawn: Vec<&str> = parts.iter().filter_map(|part| part["title"].as_str()).collect();
        assert_eq!(drawn, titles, "{name}");
        assert_eq!(parts.last().expect("a part")["kind"], "bench");
        for at in 1..=titles.len() {
            let picture = if at == 1 { plot.clone() } else { folder.path(&format!("{name}-{at}.svg")) };
            let picture = std::fs::read_to_string(&picture).expect("a picture");
            assert!(picture.contains(titles[at - 1]), "{name} {at}");
        }
        assert!(!std::path::Path::new(&folder.path(&format!("{name}-{}.svg", titles.len() + 1))).exists());
    }
    let train = content(&folder.path("train.html"));
    let curve = &train["parts"][0]["curves"][1];
    assert_eq!(curve["name"], "seed 2");
    let errors: Vec<f64> = curve["y"].as_array().expect("errors").iter().filter_map(Value::as_f64).collect();
    assert!(errors[0] > -0.5 && errors[errors.len() - 1] < -7.0, "from random to learned: {errors:?}");
    let history = train["parts"][2]["value"]["history"].as_array().expect("the course");
    assert!(history.iter().any(|point| point["seed"] == 2 && point["step"] == 0));
    let same = folder.path("same.svg");
    let (code, message) = failure(&["fit", "--n-fft", "16", "--json", &same, "--plot", &same]);
    assert!(code == 2 && message.contains("--plot"), "{code} {message}");
}
