//! One cell of the grid.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::{Calibration, CostSource};
use rlx_dsp::welch::peaks::RowLayout;
use rlx_runtime::calibrate::{Spread, interleaved};
use serde::Serialize;

use super::BenchPickerOptions;
use crate::auto_welch_peaks::{AutoSettings, AutoWelchPeaks, CalibrationSource};
use crate::error::Result;
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};

/// A strategy's predicted and measured time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyTime {
    /// The strategy.
    pub strategy: WelchPeaksStrategy,
    /// By the picker.
    pub predicted_ms: f64,
    /// Median.
    pub ms: f64,
    /// 10th percentile.
    pub ms_p10: f64,
    /// 90th percentile.
    pub ms_p90: f64,
}

/// What was picked for a shape, and what would have been quickest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PickerCell {
    /// Transform length.
    pub n_fft: usize,
    /// Rows.
    pub batch: usize,
    /// Peaks per row.
    pub k: usize,
    /// Threads.
    pub threads: usize,
    /// What `auto` runs.
    pub picked: WelchPeaksStrategy,
    /// Why nothing was measured.
    pub skipped: Option<String>,
    /// The candidates within `same_answer`.
    pub strategies: Vec<StrategyTime>,
}

impl PickerCell {
    /// Returns how much longer the picked strategy took than the quickest, as a share (0: it is the quickest); `None`
    /// where nothing was measured.
    pub fn regret(&self) -> Option<f64> {
        let (picked, best) = (self.time(self.picked)?, self.best()?);
        Some(picked.ms / best.ms - 1.0)
    }

    /// Within 10 % of the quickest, or inside the overlap of the two rows' p10–p90.
    pub fn is_right(&self) -> Option<bool> {
        let (picked, best) = (self.time(self.picked)?, self.best()?);
        let overlap = picked.ms_p10 <= best.ms_p90 && best.ms_p10 <= picked.ms_p90;
        Some(picked.ms <= 1.1 * best.ms || overlap)
    }

    fn time(&self, strategy: WelchPeaksStrategy) -> Option<&StrategyTime> {
        self.strategies.iter().find(|s| s.strategy == strategy)
    }

    fn best(&self) -> Option<&StrategyTime> {
        self.strategies.iter().min_by(|a, b| a.ms.total_cmp(&b.ms))
    }
}

/// Measures a cell; where its predictions come from.
pub(super) fn measure(
    shape: &WelchPeaksShape,
    options: &BenchPickerOptions,
    calibration: Option<&[Calibration]>,
    signal: &[f32],
) -> Result<(PickerCell, CostSource)> {
    let settings = AutoSettings {
        device: Some(&options.device),
        same_answer: true,
        threads: options.threads,
        calibration: calibration.map_or(CalibrationSource::Cache, CalibrationSource::Given),
        layout: options.layout,
        ..AutoSettings::default()
    };
    let build = |mode| {
        AutoWelchPeaks::with_settings(shape.batch, shape.n_fft, shape.k, &AutoSettings { mode, ..settings })
    };
    let auto = build(WelchPeaksPickMode::Auto)?;
    let mut row = PickerCell {
        n_fft: shape.n_fft,
        batch: shape.batch,
        k: shape.k,
        threads: auto.threads(),
        picked: auto.strategy(),
        skipped: None,
        strategies: Vec::new(),
    };
    let (fast, full) = auto.layout_lens();
    let len = if options.layout == RowLayout::Spread { full } else { fast };
    if len == 0 || len as u64 * 4 > options.max_bytes {
        row.skipped =
            Some(format!("{} bytes of samples, the limit is {}", len as u64 * 4, options.max_bytes));
        return Ok((row, auto.cost_source()));
    }
    let samples = &signal[..len];
    let candidates: Vec<_> = auto.predictions().predictions.iter().filter(|p| p.candidate).copied().collect();
    let mut plans = Vec::new();
    for candidate in &candidates {
        let plan = build(WelchPeaksPickMode::Force(candidate.strategy))?;
        let out = vec![0.0; plan.output_len()];
        plans.push((plan, out));
    }
    let mut calls: Vec<_> = plans
        .iter_mut()
        .map(|(plan, out)| move || -> Result<()> { plan.welch_peaks_batch_into(samples, out) })
        .collect();
    let mut turns: Vec<&mut dyn FnMut() -> Result<()>> = calls.iter_mut().map(|c| c as _).collect();
    let spreads: Vec<Spread> = interleaved(&mut turns, options.budget, 9, 2001)?;
    for (candidate, spread) in candidates.iter().zip(spreads) {
        row.strategies.push(StrategyTime {
            strategy: candidate.strategy,
            predicted_ms: candidate.ns * 1e-6,
            ms: spread.median * 1e-6,
            ms_p10: spread.p10 * 1e-6,
            ms_p90: spread.p90 * 1e-6,
        });
    }
    Ok((row, auto.cost_source()))
}

#[cfg(test)]
pub(super) fn made_up(picked: WelchPeaksStrategy, times: &[(WelchPeaksStrategy, f64, f64)]) -> PickerCell {
    let strategies = times
        .iter()
        .map(|&(strategy, predicted_ms, ms)| StrategyTime {
            strategy,
            predicted_ms,
            ms,
            ms_p10: 0.99 * ms,
            ms_p90: 1.01 * ms,
        })
        .collect();
    PickerCell { n_fft: 256, batch: 1, k: 1, threads: 1, picked, skipped: None, strategies }
}
