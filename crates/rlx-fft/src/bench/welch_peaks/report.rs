//! The envelope that every bench writes, and its rows.

use serde::Serialize;
use std::collections::BTreeMap;

use super::{BatchCrossover, KCrossover};
use crate::bench::report::{Envelope, Status};

/// A bench's results, version 1 of the schema.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Command line and machine.
    #[serde(flatten)]
    pub envelope: Envelope,
    /// `measured`, `shipped` or `none`: source of the picker's predictions.
    pub calibration: &'static str,
    /// One row per path, batch and k.
    pub rows: Vec<Row>,
    /// Choices of the picker.
    pub picker: Vec<PickerChoice>,
    /// The fastest path at each batch.
    pub batch_crossover: Vec<BatchCrossover>,
    /// Times over k.
    pub k_crossover: Vec<KCrossover>,
    /// Phases of the fusion bench; empty here.
    pub phases: [(); 0],
}

/// Times of one path in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Median.
    pub median: f64,
    /// Shortest.
    pub min: f64,
    /// 90th percentile.
    pub p90: f64,
}

impl Timing {
    /// Computes the statistics of single times; `None` if there are none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let at =
            |share: f64| times.get(((times.len().checked_sub(1)?) as f64 * share).round() as usize).copied();
        Some(Self { median: at(0.5)?, min: at(0.0)?, p90: at(0.9)? })
    }
}

/// One path at one batch and k. Numbers are `None` if it was skipped.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names are those of the JSON schema, documented in docs/bench-json.md")]
pub struct Row {
    pub path: String,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub n_fft: usize,
    pub batch: usize,
    pub k: usize,
    pub segments: usize,
    pub layout: &'static str,
    pub device: String,
    pub threads: usize,
    pub iters: usize,
    pub ms: Option<f64>,
    pub ms_min: Option<f64>,
    pub ms_p90: Option<f64>,
    pub rows_per_s: Option<f64>,
    pub output_len: Option<usize>,
    pub algo_bw_gbps: Option<f64>,
    pub timed: Option<&'static str>,
    pub speedup_vs_full: Option<f64>,
    pub recall: Option<f64>,
    pub recall_leading: Option<f64>,
    pub recall_spread: Option<f64>,
    pub bins_right: Option<f64>,
    pub max_rel_err: Option<f64>,
}

/// The choice of the picker for a batch and k, with the predicted times of all candidates.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names are those of the JSON schema, documented in docs/bench-json.md")]
pub struct PickerChoice {
    pub batch: usize,
    pub k: usize,
    pub device: String,
    pub strategy: String,
    #[serde(skip)]
    pub calibration: &'static str,
    pub predicted_ms: BTreeMap<String, f64>,
}
