//! Reads the results of a machine.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::path::Path;

/// The schema that is understood.
pub(super) const SCHEMA: u64 = 1;
/// Largest file, bytes.
const MOST: u64 = 256 << 20;

/// The results of a machine.
#[derive(Debug, Clone)]
pub(crate) struct Rig {
    /// File name.
    pub(crate) file: String,
    /// Version of the schema.
    pub(crate) schema: u64,
    /// The measured device.
    pub(crate) device: String,
    /// Processor and device by name.
    pub(crate) machine: String,
    /// Every measured quantity.
    pub(crate) entries: Vec<Entry>,
}

/// Identity of a quantity; equal in both files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The bench.
    pub(crate) bench: String,
    /// Path, phase or strategy.
    pub(crate) name: String,
    /// Transform length.
    pub(crate) n_fft: u64,
    /// Rows.
    pub(crate) batch: u64,
    /// Peaks per row.
    pub(crate) k: u64,
}

/// A measured quantity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The value: a median in ms, or a number of rows.
    pub(crate) value: f64,
    /// Its smallest and largest typical value, if known.
    pub(crate) range: Option<(f64, f64)>,
    /// Whether a larger value is better.
    pub(crate) more_is_better: bool,
}

/// Reads a result of `scripts/rig.sh`, or of a bench with `--json`.
pub(crate) fn read(path: &Path) -> Result<Rig> {
    let file = path.display().to_string();
    let size = std::fs::metadata(path).with_context(|| file.clone())?.len();
    if size > MOST {
        bail!("{file}: {size} bytes are too many for the results of a rig");
    }
    let text = std::fs::read(path).with_context(|| file.clone())?;
    let value: Value = serde_json::from_slice(&text).map_err(|e| anyhow!("{file}: not JSON: {e}"))?;
    if value["tool"] != "rlx-fft" {
        bail!("{file}: not a result of scripts/rig.sh or of a bench of rlx-fft: \"tool\" is not \"rlx-fft\"");
    }
    let Some(schema) = value["schema"].as_u64() else {
        bail!("{file}: \"schema\" is missing or not a number");
    };
    let mut rig = Rig {
        schema,
        device: value["device"].as_str().unwrap_or_default().to_owned(),
        machine: machine(&value),
        entries: Vec::new(),
        file,
    };
    // Fields of another schema may have another meaning; the caller refuses them by name.
    if schema == SCHEMA {
        rig.entries = entries(&value);
        if rig.entries.is_empty() {
            bail!("{}: contains no measured row", rig.file);
        }
    }
    Ok(rig)
}

fn machine(value: &Value) -> String {
    let host = [&value["host"], &value["bench_welch_peaks"]["host"], &value["bench_fusion_phases"]["host"]];
    let host = host.into_iter().find(|host| host.is_object()).unwrap_or(&Value::Null);
    let parts = ["cpu", "isa", "gpu"].map(|name| host[name].as_str());
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn entries(value: &Value) -> Vec<Entry> {
    let mut entries = Vec::new();
    let single = value["command"].as_str().and_then(|command| command.split_whitespace().nth(1));
    let benches = ["bench_welch_peaks", "bench_sweep", "bench_fusion_phases", "bench_picker", "max_batch"];
    for (bench, report) in benches.map(|bench| (bench.replace('_', "-"), &value[bench])) {
        add(&mut entries, &bench, report);
    }
    if let (true, Some(bench)) = (entries.is_empty(), single) {
        add(&mut entries, bench, value);
    }
    entries
}

/// Adds the rows of one bench.
fn add(entries: &mut Vec<Entry>, bench: &str, report: &Value) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    // `max-batch` wrote its rows alone in earlier versions.
    let rows = if report.is_array() { list(report) } else { list(&report["rows"]) };
    for row in rows.iter().chain(&list(&report["phases"])) {
        let key = |name: &str| Key {
            bench: bench.to_owned(),
            name: name.to_owned(),
            n_fft: row["n_fft"].as_u64().unwrap_or(0),
            batch: row["batch"].as_u64().unwrap_or(0),
            k: row["k"].as_u64().unwrap_or(0),
        };
        if bench == "max-batch" {
            if let (Some(device), Some(batch)) = (row["device"].as_str(), row["batch"].as_u64()) {
                let what = ["format", "memory"].map(|name| row[name].as_str());
                let name = std::iter::once(device).chain(what.into_iter().flatten()).collect::<Vec<_>>();
                let key = Key { batch: 0, ..key(&name.join(" ")) };
                entries.push(Entry { key, value: batch as f64, range: None, more_is_better: true });
            }
            continue;
        }
        let name = match (row["path"].as_str(), row["timed"].as_str()) {
            (Some(path), None | Some("host-to-host-pageable")) => path.to_owned(),
            (Some(path), Some(timed)) => format!("{path} ({timed})"),
            (None, _) => String::new(),
        };
        entries.extend(timed(row, key(&name), ["ms_min", "ms_p90"]));
        for strategy in list(&row["strategies"]) {
            let label = strategy["strategy"].as_str().unwrap_or_default();
            entries.extend(timed(&strategy, key(label), ["ms_p10", "ms_p90"]));
        }
    }
}

/// Returns the time of a row, if it was measured.
fn timed(row: &Value, key: Key, [low, high]: [&str; 2]) -> Option<Entry> {
    let value = row["ms"].as_f64().filter(|ms| *ms > 0.0 && ms.is_finite())?;
    let range = row[low].as_f64().zip(row[high].as_f64());
    Some(Entry { key, value, range, more_is_better: false })
}
