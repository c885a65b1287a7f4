//! Compares the results of two machines, or of two versions on one machine.

use super::read::{Entry, Key, Rig, SCHEMA};
use anyhow::{Result, bail};
use serde::Serialize;
use std::collections::HashMap;

/// Both results, row by row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Comparison {
    pub(crate) schema: u64,
    pub(crate) tool: &'static str,
    pub(crate) command: String,
    pub(crate) a: Side,
    pub(crate) b: Side,
    /// Relative difference up to which values count as the same.
    pub(crate) threshold: f64,
    /// One entry per bench.
    pub(crate) benches: Vec<Bench>,
    /// Rows of both files, then those of one.
    pub(crate) rows: Vec<Row>,
}

/// One of the files.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Side {
    pub(crate) file: String,
    pub(crate) device: String,
    pub(crate) machine: String,
}

/// Summary of a bench.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bench {
    pub(crate) bench: String,
    /// Rows that are in both files.
    pub(crate) compared: usize,
    pub(crate) faster: usize,
    pub(crate) slower: usize,
    pub(crate) same: usize,
    /// Rows that are in one file only.
    pub(crate) unmatched: usize,
    /// Geometric mean of the ratios; `None` without a row.
    pub(crate) mean_ratio: Option<f64>,
}

/// A row of either file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) bench: String,
    pub(crate) name: String,
    pub(crate) n_fft: u64,
    pub(crate) batch: u64,
    pub(crate) k: u64,
    /// `ms` or `rows`.
    pub(crate) unit: &'static str,
    pub(crate) a: Option<f64>,
    pub(crate) b: Option<f64>,
    /// How many times as good B is: above 1, it is faster, or takes larger batches.
    pub(crate) ratio: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// Outcome of the comparison of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// B is better by more than the threshold.
    Faster,
    /// B is worse by more than the threshold.
    Slower,
    /// Within the threshold, or the ranges of both overlap.
    Same,
    /// In A only.
    OnlyA,
    /// In B only.
    OnlyB,
}

impl Verdict {
    /// Returns its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Same => "same",
            Self::OnlyA => "only in A",
            Self::OnlyB => "only in B",
        }
    }
}

/// Compares two results of the same schema.
pub(crate) fn compare(a: &Rig, b: &Rig, threshold: f64, command: String) -> Result<Comparison> {
    if a.schema != b.schema {
        bail!(
            "the schemas differ: {} has schema {}, {} has schema {}; measure both with the same version of rlx-fft",
            a.file,
            a.schema,
            b.file,
            b.schema
        );
    }
    if a.schema != SCHEMA {
        bail!("{}: schema {} is unknown to this version, which reads schema {SCHEMA}", a.file, a.schema);
    }
    let (of_a, of_b) = (by_key(a, a.device != b.device), by_key(b, a.device != b.device));
    let mut keys: Vec<&Key> = of_a.keys().chain(of_b.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut rows: Vec<Row> = keys
        .into_iter()
        .filter_map(|key| row(key, of_a.get(key).copied(), of_b.get(key).copied(), threshold))
        .collect();
    rows.sort_by_key(|row| row.ratio.is_none());
    let side =
        |rig: &Rig| Side { file: rig.file.clone(), device: rig.device.clone(), machine: rig.machine.clone() };
    Ok(Comparison {
        schema: SCHEMA,
        tool: "rlx-fft",
        command,
        a: side(a),
        b: side(b),
        threshold,
        benches: benches(&rows),
        rows,
    })
}

/// Returns the entries by key. If the devices differ, the rows of each rig's own device match each other.
fn by_key(rig: &Rig, differ: bool) -> HashMap<Key, &Entry> {
    let own = format!("_{}", rig.device);
    let key = |entry: &Entry| {
        let mut key = entry.key.clone();
        if let (true, false, Some((start, rest))) = (differ, rig.device.is_empty(), key.name.split_once(&own))
            && (rest.is_empty() || rest.starts_with(' '))
        {
            key.name = format!("{start}_DEVICE{rest}");
        }
        if differ && key.bench == "max-batch" {
            let rest = key.name.split_once(' ').map_or(String::new(), |(_, rest)| format!(" {rest}"));
            key.name = format!("DEVICE{rest}");
        }
        key
    };
    rig.entries.iter().map(|entry| (key(entry), entry)).collect()
}

fn row(key: &Key, a: Option<&Entry>, b: Option<&Entry>, threshold: f64) -> Option<Row> {
    let more_is_better = a.or(b)?.more_is_better;
    let ratio = a.zip(b).map(|(a, b)| if more_is_better { b.value / a.value } else { a.value / b.value });
    let ratio = ratio.filter(|ratio| ratio.is_finite());
    let overlap = a.zip(b).is_some_and(|(a, b)| match (a.range, b.range) {
        (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
        _ => false,
    });
    let verdict = match (a, b, ratio) {
        (Some(_), None, _) => Verdict::OnlyA,
        (None, _, _) => Verdict::OnlyB,
        (_, _, Some(ratio)) if !overlap && ratio > 1.0 + threshold => Verdict::Faster,
        (_, _, Some(ratio)) if !overlap && 1.0 / ratio > 1.0 + threshold => Verdict::Slower,
        _ => Verdict::Same,
    };
    Some(Row {
        bench: key.bench.clone(),
        name: key.name.clone(),
        n_fft: key.n_fft,
        batch: key.batch,
        k: key.k,
        unit: if more_is_better { "rows" } else { "ms" },
        a: a.map(|entry| entry.value),
        b: b.map(|entry| entry.value),
        ratio,
        verdict,
    })
}

fn benches(rows: &[Row]) -> Vec<Bench> {
    let mut names: Vec<&str> = rows.iter().map(|row| row.bench.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let bench = |name: &str| {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.bench == name).collect();
        let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
        let logs: Vec<f64> = rows.iter().filter_map(|row| Some(row.ratio?.ln())).collect();
        Bench {
            bench: name.to_owned(),
            compared: logs.len(),
            faster: count(Verdict::Faster),
            slower: count(Verdict::Slower),
            same: count(Verdict::Same),
            unmatched: count(Verdict::OnlyA) + count(Verdict::OnlyB),
            mean_ratio: (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp()),
        }
    };
    names.into_iter().map(bench).collect()
}
