//! Packed peaks by the strategy that is predicted to be cheapest.

mod build;
mod choose;
mod machine;
mod run;
mod settings;
mod trace;

pub use choose::ConsideredDevice;
pub use settings::{AutoSettings, CalibrationSource};
pub use trace::PickerTrace;

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::CostSource;
use rlx_dsp::welch::peaks::{WelchPeakParams, WelchPeaksScratch};
use rlx_learn::{CompiledModel, FastLearnedFftModel};
use rlx_runtime::{DeviceInfo, Executable};

use crate::error::Result;
use crate::welch_peaks_picker::{
    Pick, PickRequest, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy, pick_welch_peaks_strategy,
};

/// The target of the picker's log records.
pub const LOG_TARGET: &str = "rlx_fft::picker";

/// What runs the picked strategy.
enum Runner {
    /// Row by row on the host.
    Rows(WelchPeaksScratch),
    /// A compiled plan.
    Compiled(Executable),
    /// A learned transform as a tape over rows in lanes, one a thread.
    Tape(Vec<CompiledModel>),
}

/// Packed peaks of batches of `batch` rows: picked and built once, called many times.
///
/// A row is in the full layout (8 segments of `n_fft`, half overlapping) or in the fast one (the leading 2); which of
/// them a buffer holds follows from its length. Every strategy answers for the fast layout's two segments, but
/// [`UltraFast`](WelchPeaksStrategy::UltraFast), which transforms the leading one.
pub struct AutoWelchPeaks {
    params: WelchPeakParams,
    shape: WelchPeaksShape,
    full_len: usize,
    device: DeviceInfo,
    models: StrategyModels,
    request: PickRequest,
    pick: Pick,
    strategy: WelchPeaksStrategy,
    mode: WelchPeaksPickMode,
    runner: Runner,
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
        let request = PickRequest { shape: self.shape.with_batch(batch), ..self.request };
        pick_welch_peaks_strategy(&self.models, &request)
    }

    /// Samples of the fast and of the full layout of the whole batch.
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
