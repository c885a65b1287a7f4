//! Construction: device, predictions, choice, and what runs it.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::cost::{Calibration, fused_welch_peaks_auto_viable};
use rlx_compile::picker::pick;
use rlx_dsp::peak::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::calibrate::Stored;
use rlx_runtime::cpu::useful_threads;
use rlx_runtime::{Device, Session, SessionOptions, calibrate};

use super::settings::{AutoSettings, CalibrationSource, flag};
use super::{AutoWelchPeaks, Runner};
use crate::error::{Error, Result};
use crate::welch_peaks_compile::CompiledRlxWelchPeaksExec;
use crate::welch_peaks_picker::{
    LearnedCandidate, PickRequest, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy,
};

impl AutoWelchPeaks {
    /// By these settings. With `RLX_FFT_PICKER_TRACE=1` the predicted times of all strategies go to standard error;
    /// `RLX_FFT_LEGACY_PICKER=1` picks by fixed thresholds. A calibration in the cache that is corrupt or of another
    /// machine is reported in the trace and not used.
    ///
    /// # Errors
    /// As [`AutoWelchPeaks::new`] and [`AutoWelchPeaks::with_options`]; a given calibration of another machine.
    pub fn with_settings(batch: usize, n_fft: usize, k: usize, settings: &AutoSettings<'_>) -> Result<Self> {
        let params = WelchPeakParams::fast_for_n_fft(n_fft, k);
        let full = WelchPeakParams::reference_for_n_fft(n_fft, k).welch;
        params.check()?;
        full.check()?;
        if batch.checked_mul(full.frame_len()).is_none_or(|len| len > isize::MAX as usize / size_of::<f32>())
        {
            let reason = format!("{batch} rows of {} samples overflow", full.frame_len());
            return Err(Error::argument("batch", reason));
        }
        let shape = WelchPeaksShape::new(batch, n_fft, params.welch.n_segments, k);
        let threads = useful_threads(settings.threads, batch);
        let device: Device = settings.device.unwrap_or("auto").parse()?;
        let session = Session::with_options(&device, SessionOptions::default().threads(threads))?;
        let info = session.device().clone();
        let (calibration, complaint) = calibration(&settings.calibration, &session)?;
        let session = match &calibration {
            Some(calibration) => session.calibrated(calibration)?,
            None => session,
        };
        check_learned(settings, n_fft)?;
        let learned = settings.learned.map(|model| LearnedCandidate {
            dead_share: model.dead_share(),
            recall: model.recall().unwrap_or(0.0),
        });
        let models = StrategyModels::cpu(calibration.as_ref());
        let models = learned.map_or(models.clone(), |l| models.with_live_share(1.0 - l.dead_share));
        let request = PickRequest {
            shape,
            threads,
            gpu: info.class.has_bus(),
            same_answer: settings.same_answer,
            rlx_viable: fused_welch_peaks_auto_viable(&shape, session.caps(), session.model()),
            learned,
            legacy: flag("RLX_FFT_LEGACY_PICKER"),
        };
        let pick = pick(&models, &request);
        let strategy = match settings.mode {
            WelchPeaksPickMode::Auto => pick.strategy,
            WelchPeaksPickMode::Force(strategy) => strategy,
        };
        let runner = runner(strategy, &session, &params, &shape, threads, settings.learned)?;
        let auto = Self {
            params,
            shape,
            full_len: full.frame_len(),
            device: info,
            models,
            request,
            pick,
            strategy,
            mode: settings.mode,
            runner,
            truncated: Vec::new(),
        };
        if flag("RLX_FFT_PICKER_TRACE") {
            auto.log_trace(complaint.as_deref());
        }
        Ok(auto)
    }
}

/// The calibration to predict with, and why a stored one is not it.
fn calibration(
    source: &CalibrationSource<'_>,
    session: &Session,
) -> Result<(Option<Calibration>, Option<String>)> {
    match source {
        CalibrationSource::Shipped => Ok((None, None)),
        CalibrationSource::Given(record) => {
            let host = session.device().host_id();
            record.matches(&host).map_err(|m| Error::argument("calibration", m.to_string()))?;
            Ok((Some((*record).clone()), None))
        }
        CalibrationSource::Cache => Ok(match calibrate::load(&session.device().host_id()) {
            Stored::Found(record) => (Some(*record), None),
            Stored::None => (None, None),
            Stored::Ignored { path, reason } => (None, Some(format!("{}: {reason}", path.display()))),
        }),
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
            Ok(Runner::Compiled(CompiledRlxWelchPeaksExec::compile_on(session, shape)?))
        }
        (WelchPeaksStrategy::LearnedCompiled, Some(model)) => Ok(Runner::Learned(Box::new(model.clone()))),
        (WelchPeaksStrategy::FastStreaming | WelchPeaksStrategy::LearnedCompiled, _) => rows(*params),
    }
}
