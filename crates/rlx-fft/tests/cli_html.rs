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
