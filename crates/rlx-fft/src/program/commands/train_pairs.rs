//! `train --inputs X --outputs Y`: a transform from pairs, by gradient on mini-batches.

use super::curves::{self, Course, Point};
use super::learned::{Head, read_matrix};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{TrainFlags, Usage};
use crate::progress::loss_bar;
use anyhow::{Context, Result};
use rlx_learn::{
    FastLearnedFftModel, LEARNED, Permutation, Stop, TrainConfig, TrainingRecord, bin_errors_on, train_pairs,
};
use serde::Serialize;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Run {
    seed: u64,
    /// Relative L2 error on the pairs that were learned from.
    error: f64,
    /// The same on pairs that nothing was learned from.
    held_out: Option<f64>,
    steps: usize,
    stop: Stop,
    permutation: Permutation,
    /// Whether the error on held-out pairs is at most 1e-6 or the target that was asked for.
    learned: bool,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    n_fft: usize,
    pairs: usize,
    /// Pairs per step.
    batch: usize,
    config: TrainConfig,
    learned: usize,
    record: Option<TrainingRecord>,
    runs: Vec<Run>,
    /// Errors over the steps of each seed, thinned out.
    history: Vec<Point>,
}

/// Learns from the pairs of these files.
pub(super) fn run(
    flags: &TrainFlags,
    mut config: TrainConfig,
    (inputs, outputs): (&Path, &Path),
    to: Outputs,
    console: &Console,
) -> Result<Outcome, Failure> {
    if flags.checkpoint.is_some() {
        return Err(Usage::new("--checkpoint", "goes with a transform or a matrix, not with pairs").into());
    }
    let ((x, one), (y, other)) = (read_matrix(inputs)?, read_matrix(outputs)?);
    flags.target.check_size(x.cols)?;
    // Errors cannot fall below the rounding of the pairs.
    let bound = config.target.max(LEARNED).max(8.0 * one.max(other));
    config.permutation = flags.target.permutation.permutation(Permutation::Other);
    let batch = if flags.batch == 0 { x.rows } else { flags.batch };
    if let Some(dir) = &flags.out {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    let (mut runs, mut courses, mut bins) = (Vec::new(), Vec::new(), Vec::new());
    let mut made = None;
    for seed in (0..flags.seeds).map(|i| config.seed.wrapping_add(i)) {
        let config = TrainConfig { seed, ..config.clone() };
        let start = Instant::now();
        let mut bar = loss_bar(console, &format!("seed {seed}"));
        let mut course = Course::default();
        let trained = train_pairs(&x, &y, batch, &config, &mut |p| {
            bar(p.step as f64 / p.steps.max(1) as f64, &format!("error {:.2e}", p.rel_l2));
            course.push(p.step, p.rel_l2);
            ControlFlow::Continue(())
        })?;
        drop(bar);
        let error = trained.held_out.unwrap_or(trained.error);
        runs.push(Run {
            seed,
            error: trained.error,
            held_out: trained.held_out,
            steps: trained.steps,
            stop: trained.stop,
            permutation: trained.permutation,
            learned: error <= bound,
            seconds: start.elapsed().as_secs_f64(),
        });
        let record = trained.record(&x, &y, &config);
        made.get_or_insert_with(|| record.clone());
        if to.draws() {
            bins.push((format!("seed {seed}"), bin_errors_on(&trained.network, &x, &y)?));
        }
        courses.push((format!("seed {seed}"), course));
        if let Some(dir) = &flags.out {
            let path = dir.join(format!("pairs-{}-seed{seed}.safetensors", x.cols));
            FastLearnedFftModel::of_network(trained.network, record).save(path)?;
        }
    }
    let mut out = to.text();
    writeln!(out, "{:>6} {:>10} {:>10} {:>7} {:>9}  ended", "seed", "error", "held out", "steps", "s")?;
    for run in &runs {
        let held_out = run.held_out.map_or("-".to_owned(), |error| format!("{error:.2e}"));
        let stop = serde_json::to_value(run.stop)?;
        let stop = stop.as_str().unwrap_or_default();
        let Run { seed, error, steps, seconds, .. } = run;
        writeln!(out, "{seed:>6} {error:>10.2e} {held_out:>10} {steps:>7} {seconds:>9.2}  {stop}")?;
    }
    let learned = runs.iter().filter(|run| run.learned).count();
    writeln!(out, "{learned} of {} seeds learned the transform to {bound:.0e}", runs.len())?;
    if let Some(record) = &made {
        writeln!(out, "made: {}", record.summary())?;
    }
    let all = learned == runs.len();
    let (n_fft, pairs) = (x.cols, x.rows);
    let history = runs.iter().zip(&courses).flat_map(|(run, (_, course))| course.rows(run.seed)).collect();
    let courses: Vec<_> = courses.iter().map(|(name, course)| (name.clone(), course)).collect();
    let drawn: Vec<_> = [curves::errors(&courses), curves::bins(bins)].into_iter().flatten().collect();
    let report =
        Report { head: Head::new(1), n_fft, pairs, batch, config, learned, record: made, runs, history };
    to.write_with(&report, &drawn)?;
    if !all {
        console.note(&format!(
            "not learned to {bound:.0e} by {} of {} seeds: more pairs or --steps, --permutation or --depth 2 may help",
            flags.seeds - learned as u64,
            flags.seeds
        ));
    }
    Ok(if all { Outcome::Whole } else { Outcome::Partial })
}
