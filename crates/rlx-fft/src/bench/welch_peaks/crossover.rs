//! The fastest path at each batch, and times over k.

use super::report::Row;
use crate::bench::report::Status;
use rlx_runtime::Timed;
use serde::Serialize;

/// The fastest path at one batch and k.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchCrossover {
    /// Rows.
    pub batch: usize,
    /// Peaks.
    pub k: usize,
    /// The path with the smallest median among those that return peaks.
    pub fastest: String,
    /// Its median.
    pub ms: f64,
    /// Time of the picker's path, ms.
    pub picker_ms: Option<f64>,
}

/// Medians over k at one batch; `None` if a path was skipped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KCrossover {
    /// Rows.
    pub batch: usize,
    /// Peaks.
    pub k: usize,
    /// `welch_fast_peaks_rustfft`.
    pub rustfft_ms: Option<f64>,
    /// `welch_fast_peaks_streaming`.
    pub stream_ms: Option<f64>,
    /// `welch_fast_peaks_rlx_<device>`.
    pub rlx_ms: Option<f64>,
    /// `welch_peaks_picker_<label>`.
    pub picker_ms: Option<f64>,
}

fn points(rows: &[Row]) -> Vec<(usize, usize)> {
    let mut points: Vec<_> = rows.iter().map(|row| (row.batch, row.k)).collect();
    points.sort_unstable();
    points.dedup();
    points
}

fn measured<'a>(rows: &'a [Row], point: (usize, usize), prefix: &'a str) -> Option<f64> {
    // Of several devices the requested one comes last.
    let row = rows.iter().rfind(|row| {
        row.status == Status::Ok
            && (row.batch, row.k) == point
            && row.path.starts_with(prefix)
            && !row.path.contains("fastbuf")
            && !row.path.contains("adaptive")
            && row.timed.is_none_or(|t| t == Timed::HostPageable.label())
    });
    row.and_then(|row| row.ms)
}

/// Returns one entry per batch and k.
pub fn batch_crossover(rows: &[Row]) -> Vec<BatchCrossover> {
    let fastest = |(batch, k)| {
        let timed = rows.iter().filter(|row| {
            (row.batch, row.k) == (batch, k)
                && row.path != "welch_full_psd"
                && row.timed == Some(Timed::HostPageable.label())
        });
        let (path, ms) =
            timed.filter_map(|row| row.ms.map(|ms| (&row.path, ms))).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let picker_ms = measured(rows, (batch, k), "welch_peaks_picker_");
        Some(BatchCrossover { batch, k, fastest: path.clone(), ms, picker_ms })
    };
    points(rows).into_iter().filter_map(fastest).collect()
}

/// Returns one entry per batch and k if more than one k was measured; otherwise none.
pub fn k_crossover(rows: &[Row]) -> Vec<KCrossover> {
    let points = points(rows);
    if points.iter().all(|&(_, k)| k == points[0].1) {
        return Vec::new();
    }
    let entry = |point: (usize, usize)| KCrossover {
        batch: point.0,
        k: point.1,
        rustfft_ms: measured(rows, point, "welch_fast_peaks_rustfft"),
        stream_ms: measured(rows, point, "welch_fast_peaks_streaming"),
        rlx_ms: measured(rows, point, "welch_fast_peaks_rlx_"),
        picker_ms: measured(rows, point, "welch_peaks_picker_"),
    };
    points.into_iter().map(entry).collect()
}
