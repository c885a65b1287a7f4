//! `train`: transforms from random weights, by gradient.

use super::curves::{self, Course, Point};
use super::learned::{Head, target, thread_time};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::TrainFlags;
use crate::progress::loss_bar;
use anyhow::{Context, Result};
use rayon::prelude::*;
use rlx_io::plot::SpectrumPlot;
use rlx_learn::{
    FastLearnedFftModel, LEARNED, Permutation, Schedule, Shown, Stop, Target, TrainConfig, Trained,
    TrainingRecord, Transform, bin_errors, train_from,
};
use serde::Serialize;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

#[derive(Debug, Serialize)]
struct Run {
    seed: u64,
    rel_l2: f64,
    rmse: f64,
    rel_l2_f64: f64,
    steps: usize,
    stop: Stop,
    permutation: Permutation,
    schedule: Schedule,
    restarts: usize,
    shown: Shown,
    /// Whether the error is at most 1e-6 or the target that was asked for.
    learned: bool,
    seconds: f64,
    cpu_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    transform: Transform,
    n_fft: usize,
    depth: usize,
    config: TrainConfig,
    worst_rel_l2: f64,
    worst_rmse: f64,
    /// Seeds that learned the transform.
    learned: usize,
    /// How the model of the first seed was made; the others differ in seed, steps and loss.
    record: Option<TrainingRecord>,
    runs: Vec<Run>,
    /// Errors over the steps of each seed, thinned out.
    history: Vec<Point>,
}

/// Runs the command.
pub(crate) fn run(mut flags: TrainFlags, console: &Console) -> Result<Outcome, Failure> {
    let mut config = flags.config()?;
    let target_flags = &flags.target;
    let to = Outputs::with_plots(
        &flags.report,
        &flags.plot,
        &[
            ("--matrix", target_flags.matrix.as_deref()),
            ("--inputs", target_flags.inputs.as_deref()),
            ("--outputs", target_flags.outputs.as_deref()),
        ],
        &[("--checkpoint", flags.checkpoint.as_deref())],
    )?;
    if let (Some(inputs), Some(outputs)) = (&flags.target.inputs, &flags.target.outputs)
        && flags.target.depth() == 1
    {
        return super::train_pairs::run(&flags, config, (inputs.as_path(), outputs.as_path()), to, console);
    }
    let (target, permutation) = target(&flags.target, config.seed)?;
    config.permutation = permutation;
    if let Some(dir) = &flags.out {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(flags.threads).build()?;
    let seeds: Vec<u64> = (0..flags.seeds).map(|i| config.seed.wrapping_add(i)).collect();
    let one = |&seed: &u64| -> Result<(Run, Trained, Course)> {
        let (run, trained, course) =
            one_seed(&target, &TrainConfig { seed, ..config.clone() }, &flags, console)?;
        if let Some(dir) = &flags.out {
            let name = format!("{:?}-{}-seed{seed}.safetensors", target.transform, target.n()).to_lowercase();
            let record = record(&target, &config, seed, &trained, &flags);
            FastLearnedFftModel::of_network(trained.network.clone(), record).save(dir.join(name))?;
        }
        Ok((run, trained, course))
    };
    let runs = pool.install(|| seeds.par_iter().map(one).collect::<Result<Vec<_>>>())?;
    let made = runs.first().map(|(run, trained, _)| record(&target, &config, run.seed, trained, &flags));
    let history = runs.iter().flat_map(|(run, _, course)| course.rows(run.seed)).collect();
    let drawn = if to.draws() { drawn(&target, &runs)? } else { Vec::new() };
    let runs: Vec<Run> = runs.into_iter().map(|(run, ..)| run).collect();
    let mut out = to.text();
    writeln!(
        out,
        "{:>6} {:>10} {:>10} {:>10} {:>7} {:>9}  ended",
        "seed", "rel_l2", "rmse", "f64", "steps", "cpu s"
    )?;
    for run in &runs {
        let stop = serde_json::to_value(run.stop)?;
        writeln!(
            out,
            "{:>6} {:>10.2e} {:>10.2e} {:>10.2e} {:>7} {:>9.2}  {}",
            run.seed,
            run.rel_l2,
            run.rmse,
            run.rel_l2_f64,
            run.steps,
            run.cpu_seconds.unwrap_or(run.seconds),
            stop.as_str().unwrap_or_default()
        )?;
    }
    let learned = runs.iter().filter(|run| run.learned).count();
    let bound = config.target.max(LEARNED);
    writeln!(out, "{learned} of {} seeds learned the transform to {bound:.0e}", runs.len())?;
    if let Some(record) = &made {
        writeln!(out, "made: {}", record.summary())?;
    }
    let worst = |f: fn(&Run) -> f64| runs.iter().map(f).fold(0.0, f64::max);
    let report = Report {
        head: Head::new(flags.threads),
        transform: target.transform,
        n_fft: target.n(),
        depth: target.depth,
        worst_rel_l2: worst(|r| r.rel_l2),
        worst_rmse: worst(|r| r.rmse),
        learned,
        record: made,
        config,
        runs,
        history,
    };
    to.write_with(&report, &drawn)?;
    for run in report.runs.iter().filter(|run| run.stop == Stop::NotFinite) {
        let Run { seed, steps, .. } = run;
        console.note(&format!(
            "seed {seed}: the loss was NaN after step {steps}: the weights before it are kept; a lower --lr may help"
        ));
    }
    let lost: Vec<&Run> = report.runs.iter().filter(|run| !run.learned).collect();
    if let Some(run) = lost.first() {
        let seeds = lost.iter().take(8).map(|run| run.seed.to_string()).collect::<Vec<_>>().join(", ");
        let best = lost.iter().map(|run| run.rel_l2).fold(f64::INFINITY, f64::min);
        let help = match (run.stop, flags.target.is_own()) {
            (Stop::Steps, _) => "more --steps or --polish may help",
            (_, true) => {
                "--permutation, --depth 2 or `fit` may help; not every matrix is a product of butterflies"
            }
            (_, false) => "another --seed, --schedule or --permutation may help",
        };
        console.note(&format!("not learned to {bound:.0e}: seed {seeds}, best error {best:.2e}: {help}"));
    }
    Ok(if lost.is_empty() { Outcome::Whole } else { Outcome::Partial })
}

fn one_seed(
    target: &Target,
    config: &TrainConfig,
    flags: &TrainFlags,
    console: &Console,
) -> Result<(Run, Trained, Course)> {
    let (start, cpu) = (Instant::now(), thread_time());
    let mut bar = loss_bar(console, &format!("seed {}", config.seed));
    let (mut next, mut course) = (0, Course::default());
    let checkpoint = flags.checkpoint.as_ref().map(|path| {
        let mut name = path.clone().into_os_string();
        name.push(format!(".seed{}", config.seed));
        (name.into(), flags.checkpoint_every)
    });
    let trained = train_from(target, config, checkpoint, &mut |p| {
        bar(p.step as f64 / p.steps.max(1) as f64, &format!("error {:.2e}", p.rel_l2));
        course.push(p.step, p.rel_l2);
        if flags.log_every > 0 && p.step >= next {
            console.note(&format!("seed {}, step {}: relative error {:.3e}", config.seed, p.step, p.rel_l2));
            next = p.step + flags.log_every;
        }
        ControlFlow::Continue(())
    })?;
    let cpu = thread_time().zip(cpu).map(|(now, then)| (now - then).as_secs_f64());
    let run = Run {
        seed: config.seed,
        rel_l2: trained.rel_l2,
        rmse: trained.rmse,
        rel_l2_f64: trained.rel_l2_f64,
        steps: trained.steps,
        stop: trained.stop,
        permutation: trained.permutation,
        schedule: trained.schedule,
        restarts: trained.restarts,
        shown: trained.shown,
        learned: trained.learned,
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu,
    };
    Ok((run, trained, course))
}

/// Draws the learning curves and the errors per bin.
fn drawn(target: &Target, runs: &[(Run, Trained, Course)]) -> Result<Vec<SpectrumPlot>> {
    let name = |run: &Run| format!("seed {}", run.seed);
    let courses: Vec<_> = runs.iter().map(|(run, _, course)| (name(run), course)).collect();
    let errors = |(run, trained, _): &(Run, Trained, Course)| -> Result<_> {
        Ok((name(run), bin_errors(&trained.network, target)?))
    };
    let bins = runs.iter().map(errors).collect::<Result<Vec<_>>>()?;
    Ok([curves::errors(&courses), curves::bins(bins)].into_iter().flatten().collect())
}

/// Returns how the model of a seed was made.
fn record(
    target: &Target,
    config: &TrainConfig,
    seed: u64,
    trained: &Trained,
    flags: &TrainFlags,
) -> TrainingRecord {
    let mut record = trained.record(target, &TrainConfig { seed, ..config.clone() });
    if flags.target.inputs.is_some() {
        record.shown = Some(Shown::Pairs);
    }
    record
}
