//! The trace of the picker, for reports and for `RLX_FFT_PICKER_TRACE=1`.

use std::collections::BTreeMap;

use rlx_dsp::params::Named;
use serde::Serialize;

use super::runner::Runner;
use super::{AutoWelchPeaks, ConsideredDevice, LOG_TARGET};
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};

/// A row of `picker` in the bench report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PickerTrace {
    /// Rows.
    pub batch: usize,
    /// Transform length.
    pub n_fft: usize,
    /// Peaks per row.
    pub k: usize,
    /// The device.
    pub device: String,
    /// Label of the strategy that runs.
    pub strategy: WelchPeaksStrategy,
    /// Predicted time of every strategy by label, ms.
    pub predicted_ms: BTreeMap<&'static str, f64>,
    /// Labels of the candidates.
    pub candidates: Vec<&'static str>,
    /// The layout for which the strategy was selected: `leading` or `spread`.
    pub layout: &'static str,
    /// `measured`, `probed` or `shipped`.
    pub calibration: &'static str,
    /// The devices that `auto` compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<ConsideredDevice>,
}

impl AutoWelchPeaks {
    /// Returns the trace of the picker.
    pub fn trace(&self) -> PickerTrace {
        let predictions = &self.pick.predictions;
        PickerTrace {
            batch: self.shape.batch,
            n_fft: self.shape.n_fft,
            k: self.shape.k,
            device: self.device.id.clone(),
            strategy: self.strategy,
            predicted_ms: predictions.iter().map(|p| (p.strategy.label(), p.ns * 1e-6)).collect(),
            candidates: predictions.iter().filter(|p| p.candidate).map(|p| p.strategy.label()).collect(),
            layout: self.layout.name(),
            calibration: self.models.source().label(),
            considered: self.considered.clone(),
        }
    }

    /// Returns one line per region of the plan that runs: its ops, its device and, if the CPU runs it for a device, the
    /// reason.
    pub fn regions(&self) -> Vec<String> {
        let selected = self.runners[self.layout as usize].as_ref();
        match selected.or_else(|| self.runners.iter().flatten().next()) {
            Some(Runner::Compiled(executable, _)) => {
                let text = executable.plan().regions_text(&self.device.id);
                text.lines().map(|line| line.trim().to_owned()).collect()
            }
            Some(Runner::Rows(_) | Runner::Tape(_)) | None => vec![format!("{}: cpu", self.strategy_label())],
        }
    }

    /// Returns the bench's line: `[welch-peaks] picker (auto): batch=… device=… -> …`.
    pub fn picker_line(&self) -> String {
        let mode = match self.mode {
            WelchPeaksPickMode::Auto => "auto",
            WelchPeaksPickMode::Force(_) => "forced",
        };
        let (batch, device) = (self.shape.batch, &self.device.id);
        format!("[welch-peaks] picker ({mode}): batch={batch} device={device} -> {}", self.strategy_label())
    }

    /// Returns the lines of the trace.
    pub(super) fn trace_lines(&self, complaints: &[String]) -> Vec<String> {
        let source = self.models.source().advice();
        let rule = if self.request.legacy { ", fixed thresholds" } else { "" };
        let (n_fft, k, layout) = (self.shape.n_fft, self.shape.k, self.layout);
        let mut lines =
            vec![format!("{} (n_fft={n_fft} k={k}, {layout} segments, {source}{rule})", self.picker_line())];
        for complaint in complaints {
            lines.push(format!("[welch-peaks]   calibration not used: {complaint}"));
        }
        for p in &self.pick.predictions {
            let note = if p.candidate { "" } else { " (no candidate)" };
            let ms = p.ns * 1e-6;
            lines.push(format!("[welch-peaks]   {:<24} {ms:.6} ms predicted{note}", p.strategy.label()));
        }
        for d in &self.considered {
            let source = d.calibration.advice();
            let note = d.refused.as_ref().map_or(String::new(), |r| format!(", not taken: {r}"));
            let (device, ms, strategy) = (&d.device, d.predicted_ms, d.strategy.label());
            lines.push(format!(
                "[welch-peaks]   {device:<8} {strategy:<24} {ms:.6} ms predicted ({source}){note}"
            ));
        }
        lines
    }

    pub(super) fn log_trace(&self, complaints: &[String]) {
        for line in self.trace_lines(complaints) {
            log::info!(target: LOG_TARGET, "{line}");
        }
    }
}
