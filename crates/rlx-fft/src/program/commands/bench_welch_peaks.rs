//! `bench-welch-peaks`: every path of batched peaks on the same input.

use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::console::Console;
use crate::flags::{BenchWelchPeaksArgs, BenchWelchPeaksFlags};
use rlx_dsp::lanes::Isa;
use rlx_fft::bench_welch_peaks::{
    Report, batch_crossover, explicit_device, k_crossover, print_crossovers, print_rows, run as measure,
};
use rlx_fft::report::Envelope;
use rlx_fft::{WelchPeaksPickMode, WelchPeaksStrategy};
use rlx_learn::{E2eConfig, FastLearnedFftModel, Signals, train_e2e};
use std::io::Write;
use std::ops::ControlFlow;

/// Runs the command.
pub(crate) fn run(flags: BenchWelchPeaksFlags, console: &Console) -> Result<Outcome, Failure> {
    let BenchWelchPeaksArgs { mut config, asked_ks, note, train_steps, report: to } =
        BenchWelchPeaksArgs::try_from(flags)?;
    let to = Outputs::open(&to)?;
    note.iter().for_each(|note| console.note(note));
    Isa::detect()?;
    if train_steps > 0 {
        config.learned =
            Some(trained(config.n_fft, config.ks.iter().copied().max(), train_steps, config.seed));
    }
    let mut out = to.text();
    let mut said = Vec::new();
    let (rows, picker) = measure(&config, |line| said.push(line.to_owned()))?;
    for line in said {
        writeln!(out, "{line}")?;
    }
    let device = explicit_device(&config.device)?.info;
    let report = Report {
        envelope: Envelope::here(command_line(), config.seed, config.threads, device.as_ref()),
        calibration: picker.first().map_or("none", |choice| choice.calibration),
        batch_crossover: batch_crossover(&rows),
        k_crossover: k_crossover(&rows, &asked_ks),
        rows,
        picker,
        phases: [],
    };
    console.note(&format!(
        "n_fft {}, hop {}, {} rounds, {} on {} thread(s), seed {}; median, minimum and 90th percentile",
        config.n_fft,
        config.n_fft / 2,
        config.iters,
        report.envelope.host.isa,
        config.threads,
        config.seed
    ));
    print_rows(&report.rows, &mut out)?;
    let absent = config.device.missing.as_ref().map(|_| config.device.label.as_str());
    print_crossovers(&report, absent, &mut out)?;
    out.flush()?;
    to.write(&report)?;
    // A strategy that was forced onto an absent device did not run.
    let forced = matches!(config.mode, WelchPeaksPickMode::Force(WelchPeaksStrategy::RlxCompiled));
    match &config.device.missing {
        Some(reason) if forced => {
            console.error(&anyhow::anyhow!("--device {}: {reason}", config.device.label));
            Ok(Outcome::Partial)
        }
        _ => Ok(Outcome::Whole),
    }
}

/// Returns a small model for the learned rows, or the reason why there is none.
fn trained(
    n_fft: usize,
    k: Option<usize>,
    steps: usize,
    seed: u64,
) -> std::result::Result<FastLearnedFftModel, String> {
    let peak_k = k.unwrap_or(16).min(n_fft / 2 + 1);
    let config = E2eConfig { steps, seed, peak_k, batch: 8, validate_every: steps, ..E2eConfig::new(n_fft) };
    let outcome =
        train_e2e(&config, &Signals::Generated(seed), None, None, &mut |_| ControlFlow::Continue(()));
    outcome.map(|outcome| outcome.model).map_err(|error| error.to_string())
}
