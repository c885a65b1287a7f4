//! The paths of the bench: name, input and runner of each.

use crate::error::Result;
use crate::learned_plan::{self, with_model};
use crate::welch_peaks_compile::{CompiledRlxWelchPeaksExec, RlxWelchPeaksExecKind};
use crate::welch_peaks_cost::WelchPeaksShape;
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};
use crate::{AutoSettings, AutoWelchPeaks, PickerTrace};
use rlx_dsp::welch::peaks::{PeaksEngine, RowLayout, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::{Executable, RowPieces, Session, SessionOptions, Timed};

use super::BenchConfig;
use crate::bench::target::Target;

/// The input layout on which a path is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    /// The 8-segment layout.
    Full,
    /// Cut to the rows of the path, if its segments lead them.
    Own,
    /// Cut to two segments.
    Fast,
}

/// Kind of result of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Psd,
    Peaks,
}

/// A path that can be timed.
pub(super) struct Case {
    pub(super) path: String,
    pub(super) device: String,
    pub(super) buffer: Buffer,
    pub(super) answer: Answer,
    pub(super) params: WelchPeakParams,
    pub(super) plan: Plan,
    pub(super) out: Vec<f32>,
}

/// The runner.
pub(super) enum Plan {
    /// One engine.
    Engine(WelchPeaksScratch),
    /// The choice of the picker.
    Picked(Box<AutoWelchPeaks>),
    /// A compiled plan and its timing mode.
    Compiled(Executable, Timed),
}

/// A path that was not measured.
pub(super) struct Skipped {
    pub(super) path: String,
    pub(super) reason: String,
    pub(super) device: String,
}

/// Number of runs that a device timer measures together, because one run may be shorter than its resolution.
const RUNS: usize = 20;

impl Case {
    fn new(
        path: impl Into<String>,
        buffer: Buffer,
        answer: Answer,
        params: WelchPeakParams,
        engine: PeaksEngine,
        at: &At,
    ) -> Result<Self> {
        let width = if answer == Answer::Psd { params.welch.n_bins() } else { 2 * params.k_out() };
        Ok(Self {
            path: path.into(),
            device: "cpu".into(),
            buffer,
            answer,
            params: params.clone(),
            plan: Plan::Engine(WelchPeaksScratch::new(params, engine, at.threads)?),
            out: vec![0.0; at.batch * width],
        })
    }

    /// Runs once on rows of `row_len` samples; returns the time in ms if the plan measures it.
    pub(super) fn run(&mut self, samples: &[f32], batch: usize, row_len: usize) -> Result<Option<f64>> {
        match (&mut self.plan, self.answer) {
            (Plan::Engine(plan), Answer::Psd) => plan.psd_into(samples, batch, &mut self.out)?,
            (Plan::Engine(plan), Answer::Peaks) => {
                plan.peaks_of_rows_into(samples, batch, row_len, &mut self.out)?
            }
            (Plan::Picked(plan), _) => plan.welch_peaks_batch_into(samples, &mut self.out)?,
            (Plan::Compiled(plan, Timed::HostPageable), _) => {
                let welch = &self.params.welch;
                let pieces = RowPieces::one(row_len, welch.lead, welch.span());
                plan.run_pieces(samples, &pieces, &mut [&mut self.out])?;
            }
            (Plan::Compiled(plan, timed), _) => {
                let ns = plan.time(*timed, RUNS, &[samples], &mut [&mut self.out])?;
                return Ok(Some(ns * 1e-6));
            }
        }
        Ok(None)
    }

    /// Returns the timing mode.
    pub(super) fn timed(&self) -> Timed {
        match &self.plan {
            Plan::Compiled(_, timed) => *timed,
            _ => Timed::HostPageable,
        }
    }

    /// Returns the device that was lost during the run, if any.
    pub(super) fn fell_back(&self) -> Option<&str> {
        match &self.plan {
            Plan::Picked(plan) => plan.fell_back(),
            _ => None,
        }
    }
}

/// One point of the sweep.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) n_fft: usize,
    pub(super) batch: usize,
    pub(super) k: usize,
    pub(super) threads: usize,
    /// Position of the segments in the rows of the explicit paths.
    pub(super) layout: RowLayout,
    /// Samples of a full row.
    pub(super) full_len: usize,
}

impl At {
    /// Returns the same parameters with the segments in this layout.
    fn placed(&self, params: WelchPeakParams) -> WelchPeakParams {
        let welch = self.layout.place(&params.welch, self.full_len);
        params.welch(welch)
    }

    /// Returns the peaks of two segments.
    fn fast(&self) -> WelchPeakParams {
        self.placed(WelchPeakParams::fast_for_n_fft(self.n_fft, self.k))
    }

    /// Returns the shape of [`fast`](Self::fast).
    fn shape(&self) -> WelchPeaksShape {
        let welch = self.fast().welch;
        let shape = WelchPeaksShape::new(self.batch, self.n_fft, welch.n_segments, self.k);
        WelchPeaksShape { hop: welch.hop, ..shape }
    }
}

/// Returns the rustfft paths: the 8-segment PSD, the fast ones, ultra.
pub(super) fn library_cases(at: &At, ultra: bool) -> Result<Vec<Case>> {
    let fast = at.fast();
    let full = WelchPeakParams::reference_for_n_fft(at.n_fft, at.k);
    let mut cases = vec![
        Case::new("welch_full_psd", Buffer::Own, Answer::Psd, full, PeaksEngine::Streaming, at)?,
        Case::new(
            "welch_fast_peaks_rustfft",
            Buffer::Own,
            Answer::Peaks,
            fast.clone(),
            PeaksEngine::StoredPsd,
            at,
        )?,
        Case::new(
            "welch_fast_peaks_streaming",
            Buffer::Own,
            Answer::Peaks,
            fast,
            PeaksEngine::Streaming,
            at,
        )?,
    ];
    if ultra {
        let params = at.placed(WelchPeakParams::ultra_fast_for_n_fft(at.n_fft, at.k));
        let engine = PeaksEngine::Streaming;
        cases.push(Case::new("welch_ultra_fast_peaks", Buffer::Own, Answer::Peaks, params, engine, at)?);
    }
    Ok(cases)
}

/// Returns the compiled plan on a device: the route of the gate, then the fused op regardless of the gate, in every
/// timing mode; and a path that the device does not support, with the reason.
pub(super) fn rlx_cases(at: &At, target: &Target) -> crate::Result<(Vec<Case>, Option<Skipped>)> {
    let Target { label, session } = target;
    let (params, shape) = (at.fast(), at.shape());
    let case = |path: String, exec: CompiledRlxWelchPeaksExec, timed| Case {
        path,
        device: session.device().id.clone(),
        buffer: Buffer::Own,
        answer: Answer::Peaks,
        params: params.clone(),
        out: vec![0.0; exec.output_len()],
        plan: Plan::Compiled(exec.executable().clone(), timed),
    };
    let adaptive = CompiledRlxWelchPeaksExec::compile_on(session, &shape)?;
    let path = format!("welch_fast_peaks_rlx_adaptive_{}_{label}", adaptive.kind());
    let mut cases = vec![case(path, adaptive, Timed::HostPageable)];
    let forced = format!("welch_fast_peaks_rlx_{label}");
    if !session.caps().has_fused(&shape.spec()) {
        let reason = session.caps().fused.refuses(&shape.spec()).unwrap_or("no fused kernel".to_owned());
        let device = session.device().id.clone();
        return Ok((cases, Some(Skipped { path: forced, reason, device })));
    }
    let fused = CompiledRlxWelchPeaksExec::compile_kind(session, &shape, RlxWelchPeaksExecKind::FusedOp)?;
    for timed in fused.executable().timings() {
        cases.push(case(forced.clone(), fused.clone(), timed));
    }
    Ok((cases, None))
}

/// Returns the learned strategy on a device, also in the device's timing modes.
pub(super) fn learned_cases(
    at: &At,
    target: &Target,
    model: &FastLearnedFftModel,
) -> crate::Result<Vec<Case>> {
    let (device, label) = (target.session.device(), &target.label);
    let settings = AutoSettings {
        device: Some(&device.id),
        learned: Some(model),
        mode: WelchPeaksPickMode::Force(WelchPeaksStrategy::LearnedCompiled),
        threads: at.threads,
        layout: at.layout,
        ..AutoSettings::default()
    };
    let picked = AutoWelchPeaks::with_settings(at.batch, at.n_fft, at.k, &settings)?;
    let (params, len) = (picked.placed(at.layout), picked.output_len());
    let case = |plan| Case {
        path: format!("welch_peaks_learned_{label}"),
        device: device.id.clone(),
        buffer: Buffer::Own,
        answer: Answer::Peaks,
        params: params.clone(),
        out: vec![0.0; len],
        plan,
    };
    let mut cases = vec![case(Plan::Picked(Box::new(picked)))];
    if device.class.has_bus() {
        let options = with_model(SessionOptions::default().threads(at.threads), Some(model));
        let session = Session::with_options(&device.id.parse()?, options)?;
        let plan = learned_plan::compile(&session, model, &at.shape())?;
        let own = plan.timings().into_iter().filter(|timed| *timed != Timed::HostPageable);
        cases.extend(own.map(|timed| case(Plan::Compiled(plan.clone(), timed))));
    }
    Ok(cases)
}

/// Returns `AutoWelchPeaks` on full rows and on the leading samples of two segments.
pub(super) fn picker_cases(
    at: &At,
    config: &BenchConfig,
    device: &str,
) -> crate::Result<(Vec<Case>, PickerTrace)> {
    let (mode, learned) = (config.mode, config.learned.as_ref().and_then(|model| model.as_ref().ok()));
    let auto = |layout| {
        let settings = AutoSettings {
            device: Some(device),
            learned,
            mode,
            threads: at.threads,
            layout,
            ..AutoSettings::default()
        };
        AutoWelchPeaks::with_settings(at.batch, at.n_fft, at.k, &settings)
    };
    let (full, fast) = (auto(RowLayout::Spread)?, auto(RowLayout::Leading)?);
    let trace = full.trace();
    let case = |prefix: &str, buffer, layout, plan: AutoWelchPeaks| Case {
        path: format!("{prefix}{}", plan.strategy_label()),
        device: plan.device().id.clone(),
        buffer,
        answer: Answer::Peaks,
        params: plan.placed(layout),
        out: vec![0.0; plan.output_len()],
        plan: Plan::Picked(Box::new(plan)),
    };
    let cases = vec![
        case("welch_peaks_picker_", Buffer::Full, RowLayout::Spread, full),
        case("welch_peaks_picker_fastbuf_", Buffer::Fast, RowLayout::Leading, fast),
    ];
    Ok((cases, trace))
}
