//! Parquet and Arrow through the commands.
#![cfg(feature = "columnar")]

mod common;
use common::{Folder, run, stdout};
use std::path::{Path, PathBuf};

/// A small table of the fuzzers' seeds; a published crate has none.
fn seed(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    path.exists().then_some(path)
}

#[test]
fn results_are_labelled_by_row_and_by_group() {
    for (numbers, lists) in [
        ("parquet/numbers_zstd_v2.parquet", "parquet/lists_snappy_v1.parquet"),
        ("arrow/numbers_lz4.feather", "arrow/lists.arrows"),
    ] {
        let (Some(numbers), Some(lists)) = (seed(numbers), seed(lists)) else { return };
        let (numbers, lists) = (numbers.to_str().unwrap(), lists.to_str().unwrap());
        let text = stdout(&[
            "psd", numbers, "--time", "ts", "--by", "device", "--column", "x", "--n-fft", "4", "-f", "jsonl",
        ]);
        let sources: Vec<_> = text
            .lines()
            .map(|line| {
                let result: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(result["sample_rate"], 100.0);
                result["source"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
            })
            .collect();
        assert_eq!(sources, ["device=d0", "device=d1", "device=d2"]);
        // Each row is a signal; the group joins them.
        let rows = stdout(&["psd", lists, "--rate", "8", "--column", "f", "--n-fft", "2", "-f", "csv"]);
        let labels: std::collections::BTreeSet<_> =
            rows.lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned()).collect();
        assert_eq!(labels.len(), 24);
        assert!(labels.iter().any(|label| label.ends_with(":row 24")));
        let groups = stdout(&[
            "psd", lists, "--rate", "8", "--column", "f", "--n-fft", "2", "--by", "device", "-f", "jsonl",
        ]);
        let segments: Vec<_> = groups
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["segments"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(segments, [9, 9, 6]);
        let info = stdout(&["info", lists, "--column", "f", "-f", "json"]);
        let info: serde_json::Value = serde_json::from_str(&info).unwrap();
        assert!(info["notes"].to_string().contains("24 rows, each of which is a signal"), "{info}");
    }
}

#[test]
fn results_come_back_as_tables() {
    let folder = Folder::new("columnar");
    let wave: String = (0..2000).map(|i| format!("{}\n", (f64::from(i) * 0.4).sin())).collect();
    let input = folder.file("a.csv", wave);
    for (command, format) in
        [("psd", "parquet"), ("spectrogram", "arrow"), ("peaks", "feather"), ("spectrogram", "parquet")]
    {
        let out = folder.path(&format!("{command}.{format}"));
        assert!(run(&[command, &input, "--rate", "100", "--n-fft", "64", "-o", &out]).status.success());
        let info: serde_json::Value = serde_json::from_str(&stdout(&["info", &out, "-f", "json"])).unwrap();
        let csv = stdout(&[command, &input, "--rate", "100", "--n-fft", "64", "-f", "csv"]);
        assert_eq!(info["frames"].as_u64().unwrap() as usize, csv.lines().count() - 1, "{command} {format}");
        assert!(info["channels"].to_string().contains("\"freq\""), "{info}");
    }
}
