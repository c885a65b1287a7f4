//! Runs the interleaved rounds, then the comparison.

use super::cases::{
    Answer, At, Buffer, Case, Plan, Skipped, learned_cases, library_cases, picker_cases, rlx_cases,
};
use super::input::tones_in_noise;
use super::quality::{Quality, Twin, judge, recall};
use super::report::{PickerChoice, Row, Timing};
use crate::bench::report::Status;
use crate::bench::target::Target;
use crate::devices::AskedDevice;
use crate::error::Result;
use crate::welch_peaks_picker::{WelchPeaksPickMode, WelchPeaksStrategy};
use rlx_dsp::params::Named;
use rlx_dsp::welch::peaks::{RowLayout, WelchPeakParams};
use rlx_learn::FastLearnedFftModel;
use rlx_runtime::Timed;
use std::time::Instant;

/// Configuration of the bench.
#[derive(Debug, Clone)]
pub struct BenchConfig {
    /// Points of the transform.
    pub n_fft: usize,
    /// Batches of the sweep.
    pub batches: Vec<usize>,
    /// Peaks of the sweep.
    pub ks: Vec<usize>,
    /// The device of the picker rows and of the explicit rows; they are skipped if it is absent.
    pub device: AskedDevice,
    /// Automatic or forced strategy.
    pub mode: WelchPeaksPickMode,
    /// Timed rounds.
    pub iters: usize,
    /// Seed of the input.
    pub seed: u64,
    /// Threads that share the rows.
    pub threads: usize,
    /// Whether the explicit rlx and learned rows are measured.
    pub compiled: bool,
    /// Whether the ultra row is measured.
    pub ultra: bool,
    /// The model of the learned rows, or the reason why there is none; `None` omits these rows.
    pub learned: Option<std::result::Result<FastLearnedFftModel, String>>,
}

/// Measures every path at every batch and k. `say` receives the lines that report the choices.
///
/// # Errors
/// Parameters outside their domain; threads that cannot be started.
pub fn run(config: &BenchConfig, mut say: impl FnMut(&str)) -> Result<(Vec<Row>, Vec<PickerChoice>)> {
    let (mut rows, mut picked) = (Vec::new(), Vec::new());
    let targets = targets(config)?;
    for &batch in &config.batches {
        let full = WelchPeakParams::reference_for_n_fft(config.n_fft, 1).welch;
        full.validate()?;
        let samples = tones_in_noise(config.seed, batch, full.frame_len());
        for &k in &config.ks {
            let (layout, full_len) = (RowLayout::Leading, full.frame_len());
            let at = At { n_fft: config.n_fft, batch, k, threads: config.threads, layout, full_len };
            let (mut more, choice) = run_point(config, &targets, &at, &samples, &mut say)?;
            say(&format!(
                "[welch-peaks] picker ({}): batch={batch} device={} -> {}",
                mode_name(config.mode),
                choice.device,
                choice.strategy
            ));
            rows.append(&mut more);
            picked.push(choice);
        }
    }
    Ok((rows, picked))
}

fn mode_name(mode: WelchPeaksPickMode) -> &'static str {
    match mode {
        WelchPeaksPickMode::Auto => "auto",
        WelchPeaksPickMode::Force(strategy) => strategy.label(),
    }
}

fn run_point(
    config: &BenchConfig,
    targets: &[Target],
    at: &At,
    samples: &[f32],
    say: &mut impl FnMut(&str),
) -> Result<(Vec<Row>, PickerChoice)> {
    let mut cases = library_cases(at, config.ultra)?;
    let mut skipped = Vec::new();
    let asked = &config.device;
    let trace = match refused(config) {
        None => {
            let (picked, trace) = picker_cases(at, config, asked.or_cpu())?;
            cases.extend(picked);
            Some(trace)
        }
        Some(reason) => {
            let path = format!("welch_peaks_picker_{}", mode_name(config.mode));
            skipped.push(Skipped { path, reason, device: asked.label.clone() });
            None
        }
    };
    if config.compiled {
        for target in targets {
            let (rlx, missing) = rlx_cases(at, target)?;
            cases.extend(rlx);
            skipped.extend(missing);
        }
        if let Some(reason) = &asked.missing {
            let label = &asked.label;
            for path in [
                format!("welch_fast_peaks_rlx_adaptive_fused_op_{label}"),
                format!("welch_fast_peaks_rlx_{label}"),
            ] {
                skipped.push(Skipped { path, reason: reason.clone(), device: label.clone() });
            }
        }
        match &config.learned {
            None => {}
            Some(Ok(model)) => {
                for target in targets {
                    cases.extend(learned_cases(at, target, model)?);
                }
            }
            Some(Err(reason)) => {
                let device = targets.last().map_or(&asked.label, |t| &t.label).clone();
                let (path, reason) = (format!("welch_peaks_learned_{device}"), reason.clone());
                skipped.push(Skipped { path, reason, device });
            }
        }
    }
    let cut: Vec<Vec<f32>> = cases.iter().map(|case| case_input(case, at, samples)).collect::<Result<_>>()?;
    let times = take_turns(config.iters, &mut cases, &cut, at, samples)?;
    let mut rows = rows_of(config, at, &cases, &times, samples)?;
    other_recalls(config, targets, at, &mut cases, samples, &mut rows)?;
    rows.extend(skipped.into_iter().map(|s| skipped_row(config, at, s)));
    if let Some(lost) = cases.iter().find_map(Case::fell_back) {
        say(&format!("[welch-peaks] {lost}; the CPU continued"));
    }
    let choice = PickerChoice {
        batch: at.batch,
        k: at.k,
        device: trace.as_ref().map_or(&asked.label, |t| &t.device).clone(),
        strategy: trace.as_ref().map_or("skipped", |t| t.strategy.label()).to_owned(),
        calibration: trace.as_ref().map_or("none", |t| t.calibration),
        predicted_ms: trace
            .into_iter()
            .flat_map(|t| t.predicted_ms)
            .map(|(path, ms)| (path.to_owned(), ms))
            .collect(),
    };
    Ok((rows, choice))
}

/// Returns the open devices of the explicit rows: the CPU, and the requested one (for `auto` the GPU, if there is
/// one).
fn targets(config: &BenchConfig) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    if !config.compiled {
        return Ok(targets);
    }
    let mut open = |label: &str, name: &str| -> Result<()> {
        targets.push(Target::open(label, name, config.threads)?);
        Ok(())
    };
    open("cpu", "cpu")?;
    let asked = explicit_device(&config.device)?;
    if asked.missing.is_none() && asked.label != "cpu" {
        open(&asked.label, &asked.name)?;
    }
    Ok(targets)
}

/// Returns the device of the explicit rows; for `auto`, the best GPU.
pub fn explicit_device(asked: &AskedDevice) -> Result<AskedDevice> {
    Ok(if asked.label == "auto" { AskedDevice::find("gpu")? } else { asked.clone() })
}

/// Returns the reason if the picker's rows cannot run here.
fn refused(config: &BenchConfig) -> Option<String> {
    match config.mode {
        WelchPeaksPickMode::Force(WelchPeaksStrategy::LearnedCompiled) => match &config.learned {
            None => Some("there is no learned model".to_owned()),
            Some(model) => model.as_ref().err().cloned(),
        },
        WelchPeaksPickMode::Force(WelchPeaksStrategy::RlxCompiled) => config.device.missing.clone(),
        _ => None,
    }
}

/// Returns the samples on which a case is timed, cut if it needs shorter rows.
fn case_input(case: &Case, at: &At, samples: &[f32]) -> Result<Vec<f32>> {
    let welch = match case.buffer {
        Buffer::Full => return Ok(Vec::new()),
        Buffer::Own => case.params.welch.clone(),
        Buffer::Fast => WelchPeakParams::fast_for_n_fft(at.n_fft, at.k).welch,
    };
    if welch.frame_len() == at.full_len {
        return Ok(Vec::new());
    }
    Ok(welch.truncate_batch(samples, at.batch, at.full_len)?)
}

/// Measures each case in each round, ms.
fn take_turns(
    iters: usize,
    cases: &mut [Case],
    cut: &[Vec<f32>],
    at: &At,
    samples: &[f32],
) -> Result<Vec<Vec<f64>>> {
    let mut times = vec![Vec::with_capacity(iters); cases.len()];
    for round in 0..=iters {
        for ((case, cut), times) in cases.iter_mut().zip(cut).zip(&mut times) {
            let input = if cut.is_empty() { samples } else { cut };
            let row_len = input.len().checked_div(at.batch).unwrap_or(at.full_len);
            let start = Instant::now();
            let measured = case.run(input, at.batch, row_len)?;
            let elapsed = start.elapsed();
            // The first round warms up.
            if round > 0 {
                times.push(measured.unwrap_or(elapsed.as_secs_f64() * 1e3));
            }
        }
    }
    Ok(times)
}

fn rows_of(
    config: &BenchConfig,
    at: &At,
    cases: &[Case],
    times: &[Vec<f64>],
    samples: &[f32],
) -> Result<Vec<Row>> {
    let reference = reference(at, samples)?;
    let full_ms = Timing::of(times[0].clone()).map(|t| t.median);
    let mut rows = Vec::with_capacity(cases.len());
    for (case, times) in cases.iter().zip(times) {
        let params = &case.params;
        let quality = match case.answer {
            Answer::Psd => None,
            Answer::Peaks => {
                let twin = Twin::new(&params.welch, samples, at.full_len)?;
                Some(judge(params, &case.out, &twin, &reference)?)
            }
        };
        let mut row = empty_row(config, at, case.path.clone(), &case.device);
        row.segments = params.welch.n_segments;
        row.layout = layout_of(case).name();
        row.output_len = Some(case.out.len());
        row.timed = Some(case.timed().label());
        set_quality(&mut row, quality);
        if let Some(t) = Timing::of(times.clone()) {
            let bytes = 4 * (at.batch * params.welch.span() + case.out.len());
            (row.ms, row.ms_min, row.ms_p90) = (Some(t.median), Some(t.min), Some(t.p90));
            row.rows_per_s = Some(at.batch as f64 / (t.median * 1e-3));
            row.algo_bw_gbps = Some(bytes as f64 / (t.median * 1e6));
            row.speedup_vs_full = full_ms.map(|full| full / t.median);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Returns the f64 spectra of the 8-segment reference.
fn reference(at: &At, samples: &[f32]) -> Result<Twin> {
    Twin::new(&WelchPeakParams::reference_for_n_fft(at.n_fft, at.k).welch, samples, at.full_len)
}

/// Returns the layout in which a case was timed.
fn layout_of(case: &Case) -> RowLayout {
    if case.params.welch.lead > 0 { RowLayout::Spread } else { RowLayout::Leading }
}

/// Completes the recalls of each row: that of the layout in which its path was not timed comes from one further run.
fn other_recalls(
    config: &BenchConfig,
    targets: &[Target],
    at: &At,
    cases: &mut [Case],
    samples: &[f32],
    rows: &mut [Row],
) -> Result<()> {
    let reference = reference(at, samples)?;
    let k = at.k.min(at.n_fft / 2 + 1);
    let cut = WelchPeakParams::fast_for_n_fft(at.n_fft, at.k).welch.truncate_batch(
        samples,
        at.batch,
        at.full_len,
    )?;
    let spread_at = At { layout: RowLayout::Spread, ..*at };
    let mut spread = library_cases(&spread_at, config.ultra)?;
    for target in targets {
        spread.extend(rlx_cases(&spread_at, target)?.0);
    }
    let mut found: Vec<(String, String, f64)> = Vec::new();
    for case in spread.iter_mut().filter(|c| c.answer == Answer::Peaks && c.timed() == Timed::HostPageable) {
        case.run(samples, at.batch, at.full_len)?;
        found.push((case.path.clone(), case.device.clone(), recall(k, &case.out, &reference)?));
    }
    for (case, row) in cases.iter_mut().zip(rows) {
        let other = match &case.plan {
            // The same plan runs both layouts.
            Plan::Picked(_) => {
                let (input, row_len) = match layout_of(case) {
                    RowLayout::Leading => (samples, at.full_len),
                    RowLayout::Spread => (&cut[..], cut.len().checked_div(at.batch).unwrap_or(0)),
                };
                case.run(input, at.batch, row_len)?;
                Some(recall(k, &case.out, &reference)?)
            }
            Plan::Engine(_) | Plan::Compiled(..) => {
                let same =
                    |(path, device, _): &&(String, String, f64)| (path, device) == (&case.path, &case.device);
                found.iter().find(same).map(|(_, _, recall)| *recall)
            }
        };
        if row.recall.is_some() {
            (row.recall_leading, row.recall_spread) = match layout_of(case) {
                RowLayout::Leading => (row.recall, other),
                RowLayout::Spread => (other, row.recall),
            };
        }
    }
    Ok(())
}

fn set_quality(row: &mut Row, quality: Option<Quality>) {
    if let Some(q) = quality {
        (row.recall, row.bins_right, row.max_rel_err) =
            (Some(q.recall), Some(q.bins_right), Some(q.max_rel_err));
    }
}

fn skipped_row(config: &BenchConfig, at: &At, skipped: Skipped) -> Row {
    let Skipped { path, reason, device } = skipped;
    Row { status: Status::Skipped, reason: Some(reason), iters: 0, ..empty_row(config, at, path, &device) }
}

fn empty_row(config: &BenchConfig, at: &At, path: String, device: &str) -> Row {
    Row {
        path,
        status: Status::Ok,
        reason: None,
        n_fft: at.n_fft,
        batch: at.batch,
        k: at.k.min(at.n_fft / 2 + 1),
        segments: 2,
        layout: RowLayout::Leading.name(),
        device: device.to_owned(),
        threads: config.threads,
        iters: config.iters,
        ms: None,
        ms_min: None,
        ms_p90: None,
        rows_per_s: None,
        output_len: None,
        algo_bw_gbps: None,
        timed: None,
        speedup_vs_full: None,
        recall: None,
        recall_leading: None,
        recall_spread: None,
        bins_right: None,
        max_rel_err: None,
    }
}
