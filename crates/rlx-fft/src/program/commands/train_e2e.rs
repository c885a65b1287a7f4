//! `train-e2e`, `train-distill`, `train-distill-ternary`: models for a task.

use super::curves;
use super::learned::{Head, files_below, gate_shares, gates, signals};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::files;
use crate::flags::{DistillFlags, TaskFlags, TrainE2eFlags};
use crate::progress::loss_bar;
use rlx_io::plot::SpectrumPlot;
use rlx_learn::{
    E2eConfig, FastLearnedFftModel, GateKind, Losses, QuantisedNetwork, RecallStudy, Signals, Split, Stop,
    TrainingRecord, level_errors, study, train_e2e,
};
use serde::Serialize;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    config: E2eConfig,
    steps: usize,
    stop: Stop,
    /// Whether nothing that was learned surpassed the start on the validation rows: the model is then the start.
    kept_start: bool,
    losses: Losses,
    test: RecallStudy,
    record: TrainingRecord,
    gates: usize,
    gates_open: usize,
    live_butterflies: usize,
    live_outputs_share: f64,
    /// Bins of the answer that no sample reaches.
    dead_bins: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    q8: Option<RecallStudy>,
    seconds: f64,
    /// The course of the training, a few hundred points.
    history: Vec<Point>,
    /// Open gates per stage.
    stages: Vec<StageGates>,
}

/// One step of the training.
#[derive(Debug, Serialize)]
struct Point {
    step: usize,
    total_loss: f64,
    mel_loss: f64,
    welch_loss: f64,
    peak_loss: f64,
    spectrum_loss: f64,
    gates_open: f64,
    /// Recall on the validation rows, if measured.
    recall: Option<f64>,
}

#[derive(Debug, Serialize)]
struct StageGates {
    stage: usize,
    open: usize,
    gates: usize,
}

/// Largest number of points of the history, not counting those with a recall.
const POINTS: usize = 300;

/// Runs `train-e2e`.
pub(crate) fn run(flags: &TrainE2eFlags, console: &Console) -> Result<Outcome, Failure> {
    let to = outputs(&flags.task, None)?;
    learn(&flags.task, to, GateKind::Soft, None, console)
}

/// Runs `train-distill` or, with ternary gates, `train-distill-ternary`.
pub(crate) fn distill(flags: &DistillFlags, gates: GateKind, console: &Console) -> Result<Outcome, Failure> {
    flags.task.check_device()?;
    let to = outputs(&flags.task, Some(&flags.teacher))?;
    let teacher = FastLearnedFftModel::load(&flags.teacher)?;
    learn(&flags.task, to, gates, Some(&teacher), console)
}

fn outputs(task: &TaskFlags, teacher: Option<&Path>) -> Result<Outputs, Failure> {
    let recordings = task.data.as_deref().map(files_below).transpose()?.unwrap_or_default();
    let mut reads: Vec<files::Named<'_>> =
        recordings.iter().map(|path| ("--data", Some(path.as_path()))).collect();
    reads.push(("--teacher", teacher));
    let writes = [("--out", task.out.as_deref()), ("--checkpoint", task.checkpoint.as_deref())];
    Outputs::with_plots(&task.report, &task.plot, &reads, &writes)
}

fn learn(
    flags: &TaskFlags,
    to: Outputs,
    gates: GateKind,
    teacher: Option<&FastLearnedFftModel>,
    console: &Console,
) -> Result<Outcome, Failure> {
    let config = flags.config(gates, teacher.map(FastLearnedFftModel::n_fft))?;
    let signals = signals(flags.data.as_deref(), config.n_fft, config.seed, console)?;
    let start = Instant::now();
    let mut bar = loss_bar(console, "training");
    let mut recall = String::new();
    let mut history = Vec::new();
    let spacing = (config.steps / POINTS).max(1);
    let checkpoint = flags.checkpoint.clone().map(|path| (path, flags.checkpoint_every));
    let outcome = train_e2e(&config, &signals, teacher, checkpoint, &mut |p| {
        if let Some(found) = p.recall {
            recall = format!(", recall {found:.4}");
        }
        let text = format!("loss {:.4}, gates open {:.3}{recall}", p.losses.total, p.losses.open);
        bar(p.step as f64 / config.steps as f64, &text);
        if p.recall.is_some() || p.step.is_multiple_of(spacing) {
            let l = p.losses;
            history.push(Point {
                step: p.step,
                total_loss: l.total,
                mel_loss: l.mel,
                welch_loss: l.welch,
                peak_loss: l.peak,
                spectrum_loss: l.spectrum,
                gates_open: l.open,
                recall: p.recall,
            });
        }
        if flags.log_every > 0 && p.step.is_multiple_of(flags.log_every) {
            let l = p.losses;
            console.note(&format!(
                "step {}: {text}; mel {:.4}, welch {:.4}, peak {:.4}, spectrum {:.5}",
                p.step, l.mel, l.welch, l.peak, l.spectrum
            ));
        }
        ControlFlow::Continue(())
    })?;
    drop(bar);
    let model = &outcome.model;
    let kept: Vec<bool> = model.mask().iter().map(|m| *m > 0.0).collect();
    let q8 = if flags.no_q8 {
        None
    } else {
        let rows = outcome.test_rows;
        let network = QuantisedNetwork::new(model.network(), 8, true)?.dequantised()?;
        let mut small = FastLearnedFftModel::of_network(network, Default::default());
        small.set_mask(model.mask())?;
        small.set_corrector(model.corrector())?;
        let frame =
            rlx_dsp::welch::peaks::WelchPeakParams::reference_for_n_fft(config.n_fft, 1).welch.frame_len();
        let samples = signals.rows(Split::Test, 0, rows, frame);
        Some(study(&small, &samples, rows, config.peak_k, &kept)?)
    };
    // A model that answers nothing is not worth a file.
    let answers = model.live_butterflies() > 0 && outcome.test.student > 0.0;
    if let Some(path) = flags.out.as_ref().filter(|_| answers) {
        model.save(path)?;
    }
    let outputs = (model.network().stages() * config.n_fft) as f64;
    let report = Report {
        head: Head::new(1),
        steps: outcome.steps,
        stop: outcome.stop,
        kept_start: outcome.kept_start,
        record: model.record().clone(),
        dead_bins: model.dead_bins(),
        losses: outcome.losses,
        test: outcome.test,
        gates: outcome.gates,
        gates_open: outcome.gates_open,
        live_butterflies: model.live_butterflies(),
        live_outputs_share: model.live_outputs() as f64 / outputs,
        q8,
        seconds: start.elapsed().as_secs_f64(),
        history,
        stages: stages(model),
        config,
    };
    print(&report, &mut *to.text())?;
    let drawn = if to.draws() { drawn(&report, model, &signals, outcome.test_rows)? } else { Vec::new() };
    to.write_with(&report, &drawn)?;
    let mut told = Vec::new();
    if report.stop == Stop::NotFinite {
        told.push(format!("the loss was NaN at step {}: the weights before it are kept", report.steps));
    }
    if !answers {
        let left = flags.out.as_ref().map_or("", |_| "; it is not written");
        told.push(match report.live_butterflies {
            0 => format!("the gates leave no path from a sample to a bin that is asked for{left}"),
            _ => format!("the model finds none of the teacher's peaks{left}"),
        });
    } else if report.dead_bins > 0 {
        console.note(&format!(
            "{} bins have no path from any sample left: they are always zero",
            report.dead_bins
        ));
    }
    told.iter().for_each(|text| console.note(text));
    Ok(if told.is_empty() { Outcome::Whole } else { Outcome::Partial })
}

/// Counts the gates of each stage that do arithmetic.
fn stages(model: &FastLearnedFftModel) -> Vec<StageGates> {
    let count = |(at, (open, gates))| StageGates { stage: at + 1, open, gates };
    gates(model).into_iter().enumerate().map(count).collect()
}

/// Draws losses, recall and gates over the steps, gates per stage, and what is left of the difference from the teacher's
/// levels per bin.
fn drawn(
    report: &Report,
    model: &FastLearnedFftModel,
    signals: &Signals,
    rows: usize,
) -> rlx_learn::Result<Vec<SpectrumPlot>> {
    let n = report.config.n_fft;
    let over = |f: fn(&Point) -> f64| report.history.iter().map(|p| (p.step, f(p))).collect::<Vec<_>>();
    type Part = fn(&Point) -> f64;
    let losses: [(&str, Part); 5] = [
        ("total", |p| p.total_loss),
        ("mel", |p| p.mel_loss),
        ("welch", |p| p.welch_loss),
        ("peak", |p| p.peak_loss),
        ("spectrum", |p| p.spectrum_loss),
    ];
    let recall = report.history.iter().filter_map(|p| Some((p.step, p.recall?))).collect();
    let frame = rlx_dsp::welch::peaks::WelchPeakParams::reference_for_n_fft(n, 1).welch.frame_len();
    let samples = signals.rows(Split::Test, 0, rows, frame);
    let mut untrained = FastLearnedFftModel::exact(n)?;
    untrained.set_mask(&model.mask().iter().map(|m| f32::from(u8::from(*m > 0.0))).collect::<Vec<_>>())?;
    let levels = vec![
        ("trained", level_errors(model, &samples, rows)?),
        ("untrained", level_errors(&untrained, &samples, rows)?),
    ];
    let plots = [
        curves::losses(losses.map(|(name, f)| (name, over(f))).into()),
        curves::shares(vec![("recall", recall), ("gates open", over(|p| p.gates_open))]),
        curves::gates(&[("trained".to_owned(), gate_shares(model))]),
        curves::levels(levels),
    ];
    Ok(plots.into_iter().flatten().collect())
}

fn print(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let test = &report.test;
    writeln!(
        out,
        "{} steps, {:.1} s; gates open {} of {}, butterflies left {} ({:.1} % of the stage outputs)",
        report.steps,
        report.seconds,
        report.gates_open,
        report.gates,
        report.live_butterflies,
        100.0 * report.live_outputs_share
    )?;
    writeln!(
        out,
        "held-out: {:.2} % of the teacher's significant peaks, untrained {:.2} %, gain {:+.2} ± {:.2} points ({} rows)",
        100.0 * test.student,
        100.0 * test.untrained,
        100.0 * test.gain,
        100.0 * test.standard_error,
        test.rows
    )?;
    if report.kept_start {
        writeln!(
            out,
            "nothing that was learned found more on the validation rows, by more than a standard error: the start is kept"
        )?;
    }
    if let Some(q8) = &report.q8 {
        writeln!(
            out,
            "with 8-bit twiddles: {:.2} % (untrained {:.2} %, {} rows)",
            100.0 * q8.student,
            100.0 * q8.untrained,
            q8.rows
        )?;
    }
    writeln!(out, "made: {}", report.record.summary())?;
    Ok(())
}
