//! Construction: device, predictions, choice, and the runner of the strategy.

use rlx_compile::cost::fused_welch_peaks_auto_viable;
use rlx_dsp::welch::peaks::WelchPeakParams;
use rlx_runtime::{Device, Session, SessionOptions};

use super::choose::{Chosen, choose};
use super::machine::{Here, Machine};
use super::runner::shape_on;
use super::settings::AutoSettings;
use super::{AutoWelchPeaks, LOG_TARGET};
use crate::environment;
use crate::error::{Error, Result};
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};

impl AutoWelchPeaks {
    /// Creates a picker with these settings. With `RLX_FFT_PICKER_TRACE=1` the predicted times of all strategies are
    /// logged; `RLX_FFT_LEGACY_PICKER=1` selects by fixed thresholds. A calibration in the cache that is corrupt or
    /// from another machine is reported in the trace and not used.
    ///
    /// # Errors
    /// Those of [`AutoWelchPeaks::new`] and [`AutoWelchPeaks::with_options`]; a given calibration from another
    /// machine.
    pub fn with_settings(batch: usize, n_fft: usize, k: usize, settings: &AutoSettings<'_>) -> Result<Self> {
        Self::on_machine(batch, n_fft, k, settings, &Here)
    }

    pub(super) fn on_machine(
        batch: usize,
        n_fft: usize,
        k: usize,
        settings: &AutoSettings<'_>,
        machine: &dyn Machine,
    ) -> Result<Self> {
        let params = WelchPeakParams::fast_for_n_fft(n_fft, k);
        let full = WelchPeakParams::reference_for_n_fft(n_fft, k).welch;
        params.validate()?;
        full.validate()?;
        let full_len = settings.row_len.unwrap_or(full.frame_len());
        if full_len < params.welch.frame_len() {
            let needed = params.welch.frame_len();
            return Err(Error::argument("row_len", format!("is {full_len}, two segments need {needed}")));
        }
        if batch.checked_mul(full_len).is_none_or(|len| len > isize::MAX as usize / size_of::<f32>()) {
            let reason = format!("{batch} rows of {full_len} samples overflow");
            return Err(Error::argument("batch", reason));
        }
        check_learned(settings, n_fft)?;
        let placed = params.clone().welch(settings.layout.place(&params.welch, full_len));
        let shape = shape_on(&placed, batch, false);
        let Chosen { session, models, request, pick, strategy, complaints, considered } =
            choose(&shape, settings, machine)?;
        let of_auto = settings.device.is_none_or(|d| d.parse() == Ok(Device::Auto));
        let may_fall_back = of_auto && settings.mode == WelchPeaksPickMode::Auto && request.gpu;
        let learned = settings.learned.filter(|_| strategy == WelchPeaksStrategy::LearnedCompiled);
        let mut auto = Self {
            params,
            shape,
            full_len,
            layout: settings.layout,
            device: session.device().clone(),
            models,
            request,
            pick,
            strategy,
            mode: settings.mode,
            session,
            learned: learned.cloned(),
            runners: [None, None],
            considered,
            may_fall_back,
            fell_back: None,
        };
        auto.prepare(settings.layout)?;
        if environment::picker_trace() {
            auto.log_trace(&complaints);
        }
        Ok(auto)
    }

    /// Continues on the CPU after the selected device was lost.
    pub(super) fn fall_back(&mut self, reason: String) -> Result<()> {
        let session = Session::with_options(&Device::Cpu, SessionOptions::default().threads(self.threads()))?;
        let native = fused_welch_peaks_auto_viable(&self.shape, session.caps(), session.model());
        let strategy =
            if native { WelchPeaksStrategy::RlxCompiled } else { WelchPeaksStrategy::FastStreaming };
        self.runners = [None, None];
        self.learned = None;
        self.strategy = strategy;
        self.device = session.device().clone();
        self.session = session;
        self.request.gpu = false;
        self.may_fall_back = false;
        log::warn!(target: LOG_TARGET, "[welch-peaks] {reason}; the CPU continues ({strategy})");
        self.fell_back = Some(reason);
        Ok(())
    }
}

fn check_learned(settings: &AutoSettings<'_>, n_fft: usize) -> Result<()> {
    match settings.learned {
        Some(model) if model.n_fft() != n_fft => {
            Err(Error::argument("learned", format!("the model is for n_fft {}, not {n_fft}", model.n_fft())))
        }
        None if settings.mode == WelchPeaksPickMode::Force(WelchPeaksStrategy::LearnedCompiled) => {
            Err(Error::argument("learned", "this strategy needs a model, none was given"))
        }
        _ => Ok(()),
    }
}
