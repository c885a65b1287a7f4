//! `eval`, `compare`: errors and speed of models on held-out signals.

use super::curves;
use super::learned::{Head, gate_shares, read_matrix, signals};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::EvalFlags;
use crate::progress::waiting;
use anyhow::Result;
use rlx_dsp::welch::peaks::WelchPeakParams;
use rlx_learn::{
    FastLearnedFftModel, Permutation, RecallStudy, Split, Target, TrainingRecord, Transform, bin_errors,
    relative_error_of, study,
};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Judged {
    model: String,
    n_fft: usize,
    record: TrainingRecord,
    live_butterflies: usize,
    butterflies: usize,
    /// Against the transform of the record, or the DFT, or the matrix that was given for it; `null` where it is not known.
    rel_l2: Option<f64>,
    /// Recall relative to the 8-segment Welch estimate, compared with the untrained 2-segment path; for forward DFTs
    /// only.
    peaks: Option<RecallStudy>,
    /// Median time of a batch of all rows, one thread, ms.
    compiled_ms: Option<f64>,
    /// Relative error of each output bin, if curves are drawn.
    #[serde(skip)]
    bin_errors: Vec<f64>,
    /// Share of each stage's gates that do arithmetic.
    #[serde(skip)]
    gates: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    rows: usize,
    k: usize,
    models: Vec<Judged>,
}

/// Runs the command.
pub(crate) fn run(flags: &EvalFlags, console: &Console) -> Result<Outcome, Failure> {
    let mut read: Vec<_> = flags.models.iter().map(|path| ("MODEL", Some(path.as_path()))).collect();
    read.push(("--matrix", flags.matrix.as_deref()));
    let to = Outputs::with_plots(&flags.report, &flags.plot, &read, &[])?;
    let matrix = match &flags.matrix {
        Some(path) => Some(Target::of_matrix(read_matrix(path)?.0, Permutation::Other, 1)?),
        None => None,
    };
    let waits = waiting(console, "evaluating");
    let draws = to.draws();
    let judged = |path: &PathBuf| judge(flags, path, matrix.as_ref(), draws, console);
    let mut models = flags.models.iter().map(judged).collect::<Result<Vec<_>>>()?;
    drop(waits);
    let mut out = to.text();
    writeln!(
        out,
        "{:<32} {:>6} {:>12} {:>10} {:>9} {:>10} {:>16} {:>9}",
        "model", "n_fft", "butterflies", "rel_l2", "recall", "untrained", "gain", "ms"
    )?;
    for m in &models {
        let share = |f: fn(&RecallStudy) -> f64| {
            m.peaks.as_ref().map_or("-".to_owned(), |p| format!("{:.2} %", 100.0 * f(p)))
        };
        let gain = m
            .peaks
            .as_ref()
            .map_or("-".to_owned(), |p| format!("{:+.2} ± {:.2}", 100.0 * p.gain, 100.0 * p.standard_error));
        let ms = m.compiled_ms.map_or("-".to_owned(), |ms| format!("{ms:.3}"));
        writeln!(
            out,
            "{:<32} {:>6} {:>12} {:>10} {:>9} {:>10} {:>16} {:>9}",
            m.model,
            m.n_fft,
            format!("{}/{}", m.live_butterflies, m.butterflies),
            m.rel_l2.map_or("-".to_owned(), |error| format!("{error:.2e}")),
            share(|p| p.student),
            share(|p| p.untrained),
            gain,
            ms
        )?;
    }
    for m in &models {
        writeln!(out, "{}: {}", m.model, m.record.summary())?;
    }
    let bins = models.iter_mut().map(|m| (m.model.clone(), std::mem::take(&mut m.bin_errors))).collect();
    let gates: Vec<_> = models.iter_mut().map(|m| (m.model.clone(), std::mem::take(&mut m.gates))).collect();
    let drawn: Vec<_> = [curves::bins(bins), curves::gates(&gates)].into_iter().flatten().collect();
    to.write_with(&Report { head: Head::new(1), rows: flags.rows, k: flags.k, models }, &drawn)?;
    Ok(Outcome::Whole)
}

/// Returns the matrix that a model stands for.
fn truth(record: &TrainingRecord, n: usize, given: Option<&Target>) -> std::result::Result<Target, String> {
    match (record.transform, given) {
        (Some(Transform::Matrix), Some(given)) if given.n() == n => Ok(given.clone()),
        (Some(Transform::Matrix), Some(given)) => {
            Err(format!("--matrix has {} points, the model {n}", given.n()))
        }
        (Some(Transform::Matrix), None) => {
            Err("it was learned from a matrix or pairs: give --matrix".to_owned())
        }
        _ => record.target(n).map_err(|error| error.to_string()),
    }
}

fn judge(
    flags: &EvalFlags,
    path: &Path,
    given: Option<&Target>,
    draws: bool,
    console: &Console,
) -> Result<Judged> {
    let model = FastLearnedFftModel::load(path)?;
    let n = model.n_fft();
    let record = model.record();
    let mut errors = Vec::new();
    let rel_l2 = match truth(record, n, given) {
        Ok(target) => {
            if draws {
                errors = bin_errors(model.network(), &target)?;
            }
            Some(relative_error_of(model.network(), &target)?)
        }
        Err(reason) => {
            console.note(&format!("{}: rel_l2 is not known: {reason}", path.display()));
            None
        }
    };
    let (mut peaks, mut compiled_ms) = (None, None);
    if record.transform.unwrap_or(Transform::Dft) == Transform::Dft && n >= 16 {
        let signals = signals(flags.data.as_deref(), n, flags.seed, console)?;
        let full = WelchPeakParams::reference_for_n_fft(n, flags.k).welch;
        let samples = signals.rows(Split::Test, 0, flags.rows, full.frame_len());
        let kept: Vec<bool> = model.mask().iter().map(|m| *m > 0.0).collect();
        match study(&model, &samples, flags.rows, flags.k, &kept) {
            Ok(found) => peaks = Some(found),
            Err(error) => console.note(&format!("{}: no recall: {error}", path.display())),
        }
        let fast = WelchPeakParams::fast_for_n_fft(n, flags.k);
        let cut = fast.welch.truncate_batch(&samples, flags.rows, full.frame_len())?;
        let mut tape = model.compile(&fast)?;
        let mut packed = vec![0.0; flags.rows * 2 * fast.k_out()];
        let mut times = Vec::new();
        for _ in 0..=flags.iters {
            let start = Instant::now();
            tape.peaks_into(&cut, flags.rows, fast.welch.frame_len(), &mut packed)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.remove(0);
        times.sort_by(f64::total_cmp);
        compiled_ms = times.get(times.len() / 2).copied();
    }
    Ok(Judged {
        model: path.display().to_string(),
        n_fft: n,
        live_butterflies: model.live_butterflies(),
        butterflies: model.network().stages() * n / 2,
        rel_l2,
        peaks,
        compiled_ms,
        bin_errors: errors,
        gates: gate_shares(&model),
        record: model.record().clone(),
    })
}
