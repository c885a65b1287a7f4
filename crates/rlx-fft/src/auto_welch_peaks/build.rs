//! Construction: device, predictions, choice, and the runner of the strategy.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::fused_welch_peaks_auto_viable;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::{Device, Session, SessionOptions};

use super::choose::{Chosen, choose};
use super::machine::{Here, Machine};
use super::settings::AutoSettings;
use super::{AutoWelchPeaks, LOG_TARGET, Runner};
use crate::environment;
use crate::error::{Error, Result};
use crate::learned_plan;
use crate::welch_peaks_compile::CompiledRlxWelchPeaksExec;
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
        if batch.checked_mul(full.frame_len()).is_none_or(|len| len > isize::MAX as usize / size_of::<f32>())
        {
            let reason = format!("{batch} rows of {} samples overflow", full.frame_len());
            return Err(Error::argument("batch", reason));
        }
        check_learned(settings, n_fft)?;
        let shape = WelchPeaksShape::new(batch, n_fft, params.welch.n_segments, k);
        let Chosen { session, models, request, pick, strategy, complaints, considered } =
            choose(&shape, settings, machine)?;
        let threads = request.threads;
        let runner = runner(strategy, &session, &params, &shape, threads, settings.learned)?;
        let of_auto = settings.device.is_none_or(|d| d.parse() == Ok(Device::Auto));
        let may_fall_back = of_auto && settings.mode == WelchPeaksPickMode::Auto && request.gpu;
        let auto = Self {
            params,
            shape,
            full_len: full.frame_len(),
            device: session.device().clone(),
            models,
            request,
            pick,
            strategy,
            mode: settings.mode,
            runner,
            considered,
            may_fall_back,
            fell_back: None,
        };
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
        self.runner = runner(strategy, &session, &self.params, &self.shape, self.threads(), None)?;
        self.strategy = strategy;
        self.device = session.device().clone();
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

fn runner(
    strategy: WelchPeaksStrategy,
    session: &Session,
    params: &WelchPeakParams,
    shape: &WelchPeaksShape,
    threads: usize,
    learned: Option<&FastLearnedFftModel>,
) -> Result<Runner> {
    let rows = |params| Ok(Runner::Rows(WelchPeaksScratch::new(params, PeaksEngine::Streaming, threads)?));
    match (strategy, learned) {
        (WelchPeaksStrategy::UltraFast, _) => {
            rows(WelchPeakParams::ultra_fast_for_n_fft(params.welch.n_fft, params.k))
        }
        (WelchPeaksStrategy::RlxCompiled, _) => {
            let exec = CompiledRlxWelchPeaksExec::compile_on(session, shape)?;
            Ok(Runner::Compiled(exec.executable().clone()))
        }
        (WelchPeaksStrategy::LearnedCompiled, Some(model)) => {
            // On the CPU pruning saves time only on a tape; transforms shorter than a vector have no tape.
            if !session.device().class.has_bus()
                && let Ok(tapes) = (0..threads.max(1)).map(|_| model.compile(params)).collect()
            {
                return Ok(Runner::Tape(tapes));
            }
            Ok(Runner::Compiled(learned_plan::compile(session, model, shape)?))
        }
        (WelchPeaksStrategy::FastStreaming | WelchPeaksStrategy::LearnedCompiled, _) => rows(params.clone()),
    }
}
