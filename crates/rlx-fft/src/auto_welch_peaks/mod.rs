//! Packed peaks by the strategy that is predicted to be cheapest.

mod build;
mod choose;
mod machine;
mod run;
mod runner;
mod settings;
mod trace;

pub use choose::ConsideredDevice;
pub use settings::{AutoSettings, CalibrationSource};
pub use trace::PickerTrace;

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::CostSource;
use rlx_dsp::welch::peaks::{RowLayout, WelchPeakParams};
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::{DeviceInfo, Session};

use crate::error::Result;
use crate::welch_peaks_picker::{
    Pick, PickRequest, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy, pick_welch_peaks_strategy,
};
use runner::Runner;

/// The target of the picker's log records.
pub const LOG_TARGET: &str = "rlx_fft::picker";

/// Packed peaks of batches of `batch` rows: picked and built once, called many times.
///
/// A row is a full one (8 segments of `n_fft`, half overlapping, or [`AutoSettings::row_len`]) or has only the samples of the
/// fast layout (the leading 2 segments); the length of a buffer tells which. Every strategy transforms two segments, except
/// [`UltraFast`](WelchPeaksStrategy::UltraFast), which transforms one. In full rows they are spread over the row
/// ([`RowLayout::Spread`]), which finds more of the peaks of all 8 segments; see [`placed`](AutoWelchPeaks::placed).
pub struct AutoWelchPeaks {
    params: WelchPeakParams,
    shape: WelchPeaksShape,
    full_len: usize,
    /// The layout for which the strategy was selected.
    layout: RowLayout,
    device: DeviceInfo,
    models: StrategyModels,
    request: PickRequest,
    pick: Pick,
    strategy: WelchPeaksStrategy,
    mode: WelchPeaksPickMode,
    session: Session,
    /// The model, if it runs.
    learned: Option<FastLearnedFftModel>,
    /// Those of the leading and of the spread layout, made when they are first needed.
    runners: [Option<Runner>; 2],
    considered: Vec<ConsideredDevice>,
    may_fall_back: bool,
    fell_back: Option<String>,
}

impl AutoWelchPeaks {
    /// The cheapest predicted strategy for `batch` rows on a device (`None`: `auto`).
    ///
    /// # Errors
    /// `n_fft` below 2, `k` 0, a shape that overflows; an unknown or absent device, with those that there are.
    pub fn new(batch: usize, n_fft: usize, k: usize, device: Option<&str>) -> Result<Self> {
        Self::with_settings(batch, n_fft, k, &AutoSettings { device, ..AutoSettings::default() })
    }

    /// A given strategy.
    ///
    /// # Errors
    /// As [`AutoWelchPeaks::new`]; [`LearnedCompiled`](WelchPeaksStrategy::LearnedCompiled), which needs a model.
    pub fn with_strategy(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        strategy: WelchPeaksStrategy,
    ) -> Result<Self> {
        Self::with_options(batch, n_fft, k, device, None, WelchPeaksPickMode::Force(strategy))
    }

    /// The cheapest predicted strategy, a learned transform among the candidates.
    ///
    /// # Errors
    /// As [`AutoWelchPeaks::new`]; a model for another `n_fft`.
    pub fn with_learned(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        learned: Option<&FastLearnedFftModel>,
    ) -> Result<Self> {
        Self::with_options(batch, n_fft, k, device, learned, WelchPeaksPickMode::Auto)
    }

    /// A strategy mode and a learned model; [`AutoWelchPeaks::with_settings`] has every setting.
    ///
    /// # Errors
    /// As [`AutoWelchPeaks::with_learned`] and [`AutoWelchPeaks::with_strategy`].
    pub fn with_options(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        learned: Option<&FastLearnedFftModel>,
        mode: WelchPeaksPickMode,
    ) -> Result<Self> {
        let settings = AutoSettings { device, learned, mode, ..AutoSettings::default() };
        Self::with_settings(batch, n_fft, k, &settings)
    }

    /// The strategy that runs.
    pub fn strategy(&self) -> WelchPeaksStrategy {
        self.strategy
    }

    /// Its label: `ultra_fast_rustfft`, `fast_streaming_rustfft`, `rlx_compiled` or `learned_compiled`.
    pub fn strategy_label(&self) -> &str {
        self.strategy.label()
    }

    /// Parameters of the fast layout.
    pub fn params(&self) -> &WelchPeakParams {
        &self.params
    }

    /// Returns the segments that the strategy transforms: in full rows (`Spread`) or in those of the fast layout
    /// (`Leading`).
    pub fn placed(&self, layout: RowLayout) -> WelchPeakParams {
        let segments = self.strategy.segments(self.params.welch.n_segments);
        let welch = self.params.welch.clone().n_segments(segments);
        self.params.clone().welch(layout.place(&welch, self.full_len))
    }

    /// Rows of a batch.
    pub fn batch(&self) -> usize {
        self.shape.batch
    }

    /// The device that it runs on.
    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Threads that the strategy may use.
    pub fn threads(&self) -> usize {
        self.request.threads
    }

    /// What `auto` compared between devices; empty where a device was named, or where the CPU answers sooner than any
    /// device could.
    pub fn considered(&self) -> &[ConsideredDevice] {
        &self.considered
    }

    /// Why the work went on on the CPU: the device was lost in a run. Only where device and strategy are `auto`; else a
    /// lost device is an error.
    pub fn fell_back(&self) -> Option<&str> {
        self.fell_back.as_deref()
    }

    /// Where the predictions come from.
    pub fn cost_source(&self) -> CostSource {
        self.models.source()
    }

    /// Whether the predictions come from a calibration of this machine.
    pub fn is_calibrated(&self) -> bool {
        self.models.is_calibrated()
    }

    /// What was compared when this was built.
    pub fn predictions(&self) -> &Pick {
        &self.pick
    }

    /// What would be picked for another number of rows, by predictions alone. Takes under 2 µs and allocates nothing.
    pub fn pick_for_batch(&self, batch: usize) -> WelchPeaksStrategy {
        let request = PickRequest { shape: self.request.shape.with_batch(batch), ..self.request };
        pick_welch_peaks_strategy(&self.models, &request)
    }

    /// Samples of a batch in the fast layout and of a batch of full rows.
    pub fn layout_lens(&self) -> (usize, usize) {
        let batch = self.shape.batch;
        (batch * self.params.welch.frame_len(), batch * self.full_len)
    }

    /// Values of an answer: `batch · min(k, n_bins) · 2`.
    pub fn output_len(&self) -> usize {
        self.shape.batch * self.params.k_out() * 2
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod device_tests;
