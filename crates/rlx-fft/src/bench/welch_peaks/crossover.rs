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
    /// The device that ran it.
    pub device: String,
    /// Time of the picker's path, ms.
    pub picker_ms: Option<f64>,
}

/// Medians over k at one batch; `None` if a path was skipped.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KCrossover {
    /// Rows.
    pub batch: usize,
    /// Peaks, at most the bins.
    pub k: usize,
    /// Peaks as requested.
    pub asked_k: usize,
    /// `welch_fast_peaks_rustfft`.
    pub rustfft_ms: Option<f64>,
    /// `welch_fast_peaks_streaming`.
    pub stream_ms: Option<f64>,
    /// `welch_fast_peaks_rlx_<device>`.
    pub rlx_ms: Option<f64>,
    /// The device that ran it.
    pub rlx_device: Option<String>,
    /// `welch_peaks_picker_<label>`.
    pub picker_ms: Option<f64>,
    /// The device that ran it.
    pub picker_device: Option<String>,
}

fn points(rows: &[Row]) -> Vec<(usize, usize)> {
    let mut points: Vec<_> = rows.iter().map(|row| (row.batch, row.k)).collect();
    points.sort_unstable();
    points.dedup();
    points
}

fn measured<'a>(rows: &'a [Row], point: (usize, usize), prefix: &'a str) -> Option<&'a Row> {
    // Of several devices the requested one comes last.
    rows.iter().rfind(|row| {
        row.status == Status::Ok
            && (row.batch, row.k) == point
            && row.path.starts_with(prefix)
            && !row.path.contains("fastbuf")
            && !row.path.contains("adaptive")
            && row.timed.is_none_or(|t| t == Timed::HostPageable.label())
    })
}

fn ms(row: Option<&Row>) -> Option<f64> {
    row.and_then(|row| row.ms)
}

fn device(row: Option<&Row>) -> Option<String> {
    row.map(|row| row.device.clone())
}

/// Returns one entry per batch and k.
pub fn batch_crossover(rows: &[Row]) -> Vec<BatchCrossover> {
    let fastest = |(batch, k)| {
        let timed = rows.iter().filter(|row| {
            (row.batch, row.k) == (batch, k)
                && row.path != "welch_full_psd"
                && row.timed == Some(Timed::HostPageable.label())
        });
        let (row, fastest_ms) =
            timed.filter_map(|row| row.ms.map(|ms| (row, ms))).min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(BatchCrossover {
            batch,
            k,
            fastest: row.path.clone(),
            ms: fastest_ms,
            device: row.device.clone(),
            picker_ms: ms(measured(rows, (batch, k), "welch_peaks_picker_")),
        })
    };
    points(rows).into_iter().filter_map(fastest).collect()
}

/// Returns one entry per batch and requested k if more than one k was requested; otherwise none. Each k above the
/// bins has the entry of all bins.
pub fn k_crossover(rows: &[Row], asked: &[usize]) -> Vec<KCrossover> {
    if asked.iter().all(|k| *k == asked[0]) {
        return Vec::new();
    }
    let entry = |batch: usize, asked_k: usize| {
        let bins = rows.iter().find(|row| row.batch == batch)?.n_fft / 2 + 1;
        let point = (batch, asked_k.min(bins));
        let rlx = measured(rows, point, "welch_fast_peaks_rlx_");
        let picker = measured(rows, point, "welch_peaks_picker_");
        Some(KCrossover {
            batch,
            k: point.1,
            asked_k,
            rustfft_ms: ms(measured(rows, point, "welch_fast_peaks_rustfft")),
            stream_ms: ms(measured(rows, point, "welch_fast_peaks_streaming")),
            rlx_ms: ms(rlx),
            rlx_device: device(rlx),
            picker_ms: ms(picker),
            picker_device: device(picker),
        })
    };
    let mut batches: Vec<usize> = rows.iter().map(|row| row.batch).collect();
    batches.sort_unstable();
    batches.dedup();
    let mut asked = asked.to_vec();
    asked.sort_unstable();
    asked.dedup();
    let points = batches.iter().flat_map(|&batch| asked.iter().map(move |&k| (batch, k)));
    points.filter_map(|(batch, k)| entry(batch, k)).collect()
}
