//! The paths of the bench: what each is called, what it needs, how it runs.

use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};
use crate::{AutoSettings, AutoWelchPeaks, PickerTrace};
use anyhow::Result;
use rlx_dsp::peak::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};

/// Which layout of the input a path is timed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffer {
    /// The 8-segment layout.
    Full,
    /// Cut to the path's own rows.
    Own,
    /// Cut to two segments.
    Fast,
}

/// What a path answers with.
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

/// What runs it.
pub(super) enum Plan {
    /// One engine.
    Engine(WelchPeaksScratch),
    /// What the picker takes.
    Picked(Box<AutoWelchPeaks>),
}

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
            params,
            plan: Plan::Engine(WelchPeaksScratch::new(params, engine, at.threads)?),
            out: vec![0.0; at.batch * width],
        })
    }

    /// Runs once on rows of `row_len` samples.
    pub(super) fn run(&mut self, samples: &[f32], batch: usize, row_len: usize) -> Result<()> {
        match (&mut self.plan, self.answer) {
            (Plan::Engine(plan), Answer::Psd) => plan.psd_into(samples, batch, &mut self.out)?,
            (Plan::Engine(plan), Answer::Peaks) => {
                plan.peaks_of_rows_into(samples, batch, row_len, &mut self.out)?
            }
            (Plan::Picked(plan), _) => plan.welch_peaks_batch_into(samples, &mut self.out)?,
        }
        Ok(())
    }
}

/// One point of the sweep.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) n_fft: usize,
    pub(super) batch: usize,
    pub(super) k: usize,
    pub(super) threads: usize,
}

/// The rustfft paths: the 8-segment PSD, the fast ones, ultra.
pub(super) fn library_cases(at: &At, ultra: bool) -> Result<Vec<Case>> {
    let fast = WelchPeakParams::fast_for_n_fft(at.n_fft, at.k);
    let full = WelchPeakParams::reference_for_n_fft(at.n_fft, at.k);
    let mut cases = vec![
        Case::new("welch_full_psd", Buffer::Own, Answer::Psd, full, PeaksEngine::Streaming, at)?,
        Case::new("welch_fast_peaks_rustfft", Buffer::Own, Answer::Peaks, fast, PeaksEngine::StoredPsd, at)?,
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
        let params = WelchPeakParams::ultra_fast_for_n_fft(at.n_fft, at.k);
        let engine = PeaksEngine::Streaming;
        cases.push(Case::new("welch_ultra_fast_peaks", Buffer::Own, Answer::Peaks, params, engine, at)?);
    }
    Ok(cases)
}

/// The lanes kernel on the CPU, as the adaptive plan and forced.
pub(super) fn lanes_cases(at: &At) -> Result<Vec<Case>> {
    let fast = WelchPeakParams::fast_for_n_fft(at.n_fft, at.k);
    let case = |path| Case::new(path, Buffer::Own, Answer::Peaks, fast, PeaksEngine::Lanes, at);
    Ok(vec![case("welch_fast_peaks_rlx_adaptive_fused_op_cpu")?, case("welch_fast_peaks_rlx_cpu")?])
}

/// `AutoWelchPeaks` on the 8-segment layout and on the fast one.
pub(super) fn picker_cases(at: &At, mode: WelchPeaksPickMode) -> crate::Result<(Vec<Case>, PickerTrace)> {
    let settings = AutoSettings { device: Some("cpu"), mode, threads: at.threads, ..AutoSettings::default() };
    let auto = || AutoWelchPeaks::with_settings(at.batch, at.n_fft, at.k, &settings);
    let first = auto()?;
    let (label, trace) = (first.strategy_label().to_owned(), first.trace());
    let case = |path, buffer, plan: AutoWelchPeaks| Case {
        path,
        device: "cpu".into(),
        buffer,
        answer: Answer::Peaks,
        params: picked_params(at, &plan),
        out: vec![0.0; plan.output_len()],
        plan: Plan::Picked(Box::new(plan)),
    };
    let cases = vec![
        case(format!("welch_peaks_picker_{label}"), Buffer::Full, first),
        case(format!("welch_peaks_picker_fastbuf_{label}"), Buffer::Fast, auto()?),
    ];
    Ok((cases, trace))
}

/// The rows that the picked strategy answers for.
fn picked_params(at: &At, plan: &AutoWelchPeaks) -> WelchPeakParams {
    match plan.strategy() {
        WelchPeaksStrategy::UltraFast => WelchPeakParams::ultra_fast_for_n_fft(at.n_fft, at.k),
        _ => WelchPeakParams::fast_for_n_fft(at.n_fft, at.k),
    }
}
