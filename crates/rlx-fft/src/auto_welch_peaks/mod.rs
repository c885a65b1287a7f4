//! Packed peaks by the strategy with the lowest predicted time.

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
use rlx_dsp::welch::peaks::{WelchPeakParams, WelchPeaksScratch};
use rlx_learn::{CompiledModel, FastLearnedFftModel};
use rlx_runtime::{DeviceInfo, Executable};

use crate::error::Result;
use crate::welch_peaks_picker::{
    Pick, PickRequest, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy, pick_welch_peaks_strategy,
};

/// The target of the picker's log records.
pub const LOG_TARGET: &str = "rlx_fft::picker";

/// The runner of the selected strategy.
enum Runner {
    /// Row by row on the host.
    Rows(WelchPeaksScratch),
    /// A compiled plan.
    Compiled(Executable),
    /// A learned transform as a tape over rows in lanes, one a thread.
    Tape(Vec<CompiledModel>),
}

/// Packed peaks of batches of `batch` rows; selects and builds a strategy once, for many calls.
///
/// A row is in the full layout (8 segments of `n_fft`, half overlapping) or in the fast layout (the leading 2
/// segments); the length of a buffer determines which. Every strategy uses the two segments of the fast layout,
/// except [`UltraFast`](WelchPeaksStrategy::UltraFast), which uses the first.
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
    /// Selects the strategy with the lowest predicted time for `batch` rows on a device (`None`: `auto`).
    ///
    /// # Errors
    /// `n_fft` below 2, `k` 0, a shape that overflows; an unknown or absent device, with the available devices.
    pub fn new(batch: usize, n_fft: usize, k: usize, device: Option<&str>) -> Result<Self> {
        Self::with_settings(batch, n_fft, k, &AutoSettings { device, ..AutoSettings::default() })
    }

    /// Uses a given strategy.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::new`]; [`LearnedCompiled`](WelchPeaksStrategy::LearnedCompiled), which needs a
    /// model.
    pub fn with_strategy(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        strategy: WelchPeaksStrategy,
    ) -> Result<Self> {
        Self::with_options(batch, n_fft, k, device, None, WelchPeaksPickMode::Force(strategy))
    }

    /// Selects the strategy with the lowest predicted time, with a learned transform among the candidates.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::new`]; a model for another `n_fft`.
    pub fn with_learned(
        batch: usize,
        n_fft: usize,
        k: usize,
        device: Option<&str>,
        learned: Option<&FastLearnedFftModel>,
    ) -> Result<Self> {
        Self::with_options(batch, n_fft, k, device, learned, WelchPeaksPickMode::Auto)
    }

    /// Sets the strategy mode and a learned model; [`AutoWelchPeaks::with_settings`] supports every setting.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::with_learned`] and [`AutoWelchPeaks::with_strategy`].
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

    /// Returns the strategy that runs.
    pub fn strategy(&self) -> WelchPeaksStrategy {
        self.strategy
    }

    /// Returns the label of the strategy: `ultra_fast_rustfft`, `fast_streaming_rustfft`, `rlx_compiled` or
    /// `learned_compiled`.
    pub fn strategy_label(&self) -> &str {
        self.strategy.label()
    }

    /// Returns the parameters of the fast layout.
    pub fn params(&self) -> &WelchPeakParams {
        &self.params
    }

    /// Returns the number of rows of a batch.
    pub fn batch(&self) -> usize {
        self.shape.batch
    }

    /// Returns the device on which the strategy runs.
    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Returns the number of threads of the strategy.
    pub fn threads(&self) -> usize {
        self.request.threads
    }

    /// Returns the devices that `auto` compared; empty if a device was named, or if the CPU finishes before any
    /// device could answer.
    pub fn considered(&self) -> &[ConsideredDevice] {
        &self.considered
    }

    /// Returns the reason if the work continues on the CPU because the device was lost. This happens only if device
    /// and strategy are `auto`; otherwise a lost device is an error.
    pub fn fell_back(&self) -> Option<&str> {
        self.fell_back.as_deref()
    }

    /// Returns whether the predictions come from a calibration of this machine.
    pub fn is_calibrated(&self) -> bool {
        self.models.is_calibrated()
    }

    /// Returns the predictions of the construction.
    pub fn predictions(&self) -> &Pick {
        &self.pick
    }

    /// Returns the strategy that predictions select for another number of rows. Takes less than 2 µs and does not
    /// allocate.
    pub fn pick_for_batch(&self, batch: usize) -> WelchPeaksStrategy {
        let request = PickRequest { shape: self.shape.with_batch(batch), ..self.request };
        pick_welch_peaks_strategy(&self.models, &request)
    }

    /// Returns the number of samples of the whole batch in the fast and in the full layout.
    pub fn layout_lens(&self) -> (usize, usize) {
        let batch = self.shape.batch;
        (batch * self.params.welch.frame_len(), batch * self.full_len)
    }

    /// Returns the number of output values: `batch · min(k, n_bins) · 2`.
    pub fn output_len(&self) -> usize {
        self.shape.batch * self.params.k_out() * 2
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod device_tests;
