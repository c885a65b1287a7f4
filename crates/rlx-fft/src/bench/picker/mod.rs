//! The library part of `bench-picker`: how often the picked strategy is the quickest, and what a wrong pick costs.

mod cell;
mod score;

pub use cell::{PickerCell, StrategyTime};
pub use score::PickerScore;

use std::time::Duration;

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::{Calibration, CostSource};
use rlx_dsp::params::Named;
use rlx_dsp::welch::peaks::RowLayout;
use rlx_runtime::Device;
use rlx_runtime::calibrate::load_or_probe;
use serde::Serialize;

use crate::error::{Error, Result};

/// The grid and how long each cell may take.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchPickerOptions {
    /// Name of the device to pick for.
    pub device: String,
    /// Transform lengths.
    pub n_ffts: Vec<usize>,
    /// Rows.
    pub batches: Vec<usize>,
    /// Peaks per row.
    pub ks: Vec<usize>,
    /// Whether the rows are full ones, with spread segments, or have only the samples of the leading layout.
    pub layout: RowLayout,
    /// Threads; 0: as many as a batch can use.
    pub threads: usize,
    /// Timed rounds of a cell end after this long (nine at least).
    pub budget: Duration,
    /// Largest batch in bytes; a larger one is skipped with the reason.
    pub max_bytes: u64,
}

impl Default for BenchPickerOptions {
    fn default() -> Self {
        Self {
            device: "cpu".to_owned(),
            n_ffts: vec![128, 256, 512, 1024],
            batches: (0..9).map(|e| 4usize.pow(e)).collect(),
            ks: vec![1, 16, 64],
            layout: RowLayout::Leading,
            threads: 0,
            budget: Duration::from_millis(300),
            max_bytes: 1 << 30,
        }
    }
}

/// The scores and the cells behind them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchPickerReport {
    /// The scores.
    #[serde(flatten)]
    pub score: PickerScore,
    /// The device.
    pub device: String,
    /// Layout of the rows: `leading` or `spread`.
    pub layout: &'static str,
    /// Where the predictions come from: the least accurate source of all cells.
    pub calibration: CostSource,
    /// Every cell.
    pub rows: Vec<PickerCell>,
}

/// Measures every cell of the grid, within `same_answer`, the strategies of a cell in turn. `calibration`
/// is the one to judge; `None` takes the user's, or the shipped values. `progress` hears the share that is done.
///
/// # Errors
/// An impossible shape; a calibration of another machine.
pub fn bench_picker(
    options: &BenchPickerOptions,
    calibration: Option<&[Calibration]>,
    mut progress: impl FnMut(f64),
) -> Result<BenchPickerReport> {
    let mut shapes = Vec::new();
    for &n_fft in &options.n_ffts {
        for &k in &options.ks {
            shapes.extend(options.batches.iter().map(|&batch| WelchPeaksShape::new(batch, n_fft, 2, k)));
        }
    }
    let row_len = |shape: &WelchPeaksShape| match options.layout {
        RowLayout::Leading => shape.frame_len(),
        RowLayout::Spread => WelchPeaksShape { segments: 8, ..*shape }.frame_len(),
    };
    let longest =
        shapes.iter().map(|s| Ok(s.batch.saturating_mul(row_len(s)?))).collect::<Result<Vec<_>>>()?;
    let fits = |len: &usize| *len as u64 * 4 <= options.max_bytes;
    let longest = longest.into_iter().filter(fits).max().unwrap_or(0);
    if longest == 0 {
        return Err(Error::argument("batches", "no cell has a sample, or none fits"));
    }
    let signal = rlx_runtime::calibrate::test_signal(longest);
    let mut rows = Vec::with_capacity(shapes.len());
    // Judged is what a second run on the machine would pick: nothing that a probe measures is left to the first cells.
    if calibration.is_none() {
        load_or_probe(&Device::Cpu.resolve()?.host_id(), f64::INFINITY);
    }
    let mut source = CostSource::Measured;
    for (index, shape) in shapes.iter().enumerate() {
        progress(index as f64 / shapes.len() as f64);
        let (row, measured) = cell::measure(shape, options, calibration, &signal)?;
        source = source.min(measured);
        rows.push(row);
    }
    progress(1.0);
    Ok(BenchPickerReport {
        score: PickerScore::of(&rows),
        device: options.device.clone(),
        layout: options.layout.name(),
        calibration: source,
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_grid_is_measured_and_scored() {
        let options = BenchPickerOptions {
            n_ffts: vec![128],
            batches: vec![1, 64, 4096],
            ks: vec![4],
            threads: 1,
            budget: Duration::ZERO,
            max_bytes: 1 << 20,
            ..BenchPickerOptions::default()
        };
        let spread = BenchPickerOptions { layout: RowLayout::Spread, max_bytes: 1 << 22, ..options.clone() };
        let spread = bench_picker(&spread, None, |_| {}).unwrap();
        assert_eq!((spread.score.cells, spread.layout), (2, "spread"));
        let report = bench_picker(&options, None, |_| {}).unwrap();
        assert_eq!((report.score.cells, report.rows.len(), report.layout), (2, 3, "leading"));
        let large = &report.rows[2];
        assert!(large.strategies.is_empty() && large.skipped.as_ref().unwrap().contains("bytes"));
        let json = serde_json::to_value(&report).unwrap();
        for field in ["cells", "share_within_10pct", "mean_regret", "prediction_within_2x"] {
            assert!(json[field].is_number(), "{field}");
        }
        let empty = BenchPickerOptions { batches: vec![0], ..options };
        assert!(bench_picker(&empty, None, |_| {}).is_err());
    }
}
