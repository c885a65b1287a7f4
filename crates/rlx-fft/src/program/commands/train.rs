//! `train`: transforms from random weights, by gradient.

use super::learned::{Head, target, thread_time};
use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::TrainFlags;
use crate::progress::loss_bar;
use anyhow::{Context, Result};
use rayon::prelude::*;
use rlx_learn::{
    FastLearnedFftModel, Permutation, Stop, Target, TrainConfig, Trained, TrainingRecord, Transform,
    train_from,
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
    runs: Vec<Run>,
}

/// Runs the command.
pub(crate) fn run(mut flags: TrainFlags, console: &Console) -> Result<Outcome, Failure> {
    let mut config = flags.config()?;
    let target_flags = &flags.target;
    let to = Outputs::beside(
        &flags.report,
        &[("--matrix", target_flags.matrix.as_deref())],
        &[("--checkpoint", flags.checkpoint.as_deref())],
    )?;
    let (target, permutation) = target(&flags.target, config.seed)?;
    config.permutation = permutation;
    if let Some(dir) = &flags.out {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(flags.threads).build()?;
    let seeds: Vec<u64> = (0..flags.seeds).map(|i| config.seed.wrapping_add(i)).collect();
    let one = |&seed: &u64| -> Result<(Run, Trained)> {
        let (run, trained) = one_seed(&target, &TrainConfig { seed, ..config.clone() }, &flags, console)?;
        if let Some(dir) = &flags.out {
            let name = format!("{:?}-{}-seed{seed}.safetensors", target.transform, target.n()).to_lowercase();
            model(&target, &run, &trained)?.save(dir.join(name))?;
        }
        Ok((run, trained))
    };
    let runs = pool.install(|| seeds.par_iter().map(one).collect::<Result<Vec<_>>>())?;
    let runs: Vec<Run> = runs.into_iter().map(|(run, _)| run).collect();
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
    let worst = |f: fn(&Run) -> f64| runs.iter().map(f).fold(0.0, f64::max);
    let report = Report {
        head: Head::new(flags.threads),
        transform: target.transform,
        n_fft: target.n(),
        depth: target.depth,
        worst_rel_l2: worst(|r| r.rel_l2),
        worst_rmse: worst(|r| r.rmse),
        config,
        runs,
    };
    to.write(&report)?;
    let mut broken = false;
    for run in report.runs.iter().filter(|run| run.stop == Stop::NotFinite) {
        broken = true;
        let Run { seed, steps, .. } = run;
        console.note(&format!(
            "seed {seed}: the loss was NaN after step {steps}: the weights before it are kept; a lower --lr may help"
        ));
    }
    Ok(if broken { Outcome::Partial } else { Outcome::Whole })
}

fn one_seed(
    target: &Target,
    config: &TrainConfig,
    flags: &TrainFlags,
    console: &Console,
) -> Result<(Run, Trained)> {
    let (start, cpu) = (Instant::now(), thread_time());
    let mut bar = loss_bar(console, &format!("seed {}", config.seed));
    let mut next = 0;
    let checkpoint = flags.checkpoint.as_ref().map(|path| {
        let mut name = path.clone().into_os_string();
        name.push(format!(".seed{}", config.seed));
        (name.into(), flags.checkpoint_every)
    });
    let trained = train_from(target, config, checkpoint, &mut |p| {
        bar(p.step as f64 / p.steps.max(1) as f64, &format!("error {:.2e}", p.rel_l2));
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
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu,
    };
    Ok((run, trained))
}

fn model(target: &Target, run: &Run, trained: &Trained) -> Result<FastLearnedFftModel> {
    let record = TrainingRecord {
        method: "train".to_owned(),
        transform: Some(target.transform),
        seed: run.seed,
        steps: run.steps,
        rel_l2: Some(run.rel_l2),
        rmse: Some(run.rmse),
        ..TrainingRecord::default()
    };
    Ok(FastLearnedFftModel::of_network(trained.network.clone(), record))
}
