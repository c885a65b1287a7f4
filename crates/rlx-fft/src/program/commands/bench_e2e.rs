//! `bench-e2e`: whole pipelines by every kind of transform, speed and held-out accuracy.

use super::report::Report as Outputs;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::console::Console;
use crate::flags::{BenchE2eFlags, known_device};
use rlx_fft::bench_e2e::{E2eBenchOptions, E2eModelOptions, E2eModels, E2eRow, bench_e2e};
use rlx_fft::report::Envelope;
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    envelope: Envelope,
    calibration: &'static str,
    rows: Vec<E2eRow>,
    picker: [(); 0],
}

/// Runs the command.
pub(crate) fn run(flags: &BenchE2eFlags, console: &Console) -> Result<Outcome, Failure> {
    let asked = known_device(&flags.device)?;
    let to = Outputs::open(&flags.report)?;
    if let Some(reason) = &asked.missing {
        console.note(&format!("{}: {reason}; the CPU replaces it", asked.label));
    }
    if flags.train_first || flags.distill_first {
        console.note("training first");
    }
    let models = E2eModels::train(E2eModelOptions {
        n_fft: flags.n_fft,
        batch: flags.batch.min(64),
        k: flags.peak_k,
        n_mels: flags.n_mels,
        steps: flags.steps,
        seed: flags.seed,
        train: flags.train_first,
        distil: flags.distill_first,
        hard_gates: !flags.no_hard_gates,
    });
    let options = E2eBenchOptions {
        device: asked.or_cpu().to_owned(),
        n_fft: flags.n_fft,
        batch: flags.batch,
        k: flags.peak_k,
        n_mels: flags.n_mels,
        iters: flags.iters,
        seed: flags.seed,
        compiled: !flags.no_compiled,
    };
    let rows = bench_e2e(&options, &models)?;
    let mut out = to.text();
    writeln!(
        out,
        "{:<18} {:<16} {:>9} {:>9} {:>9} {:>8} {:>10} accuracy",
        "pipeline", "backend", "ms", "min", "p90", "speedup", "accuracy"
    )?;
    for row in &rows {
        let name = (row.pipeline.name(), row.backend.name());
        if let Some(reason) = &row.reason {
            writeln!(out, "{:<18} {:<16} skipped: {reason}", name.0, name.1)?;
            continue;
        }
        let number = |x: Option<f64>, digits: usize| x.map_or("-".to_owned(), |x| format!("{x:.digits$}"));
        let accuracy = row.accuracy.map_or("-".to_owned(), |a| {
            if a != 0.0 && a.abs() < 1e-3 { format!("{a:.2e}") } else { format!("{a:.4}") }
        });
        writeln!(
            out,
            "{:<18} {:<16} {:>9} {:>9} {:>9} {:>8} {:>10} {}",
            name.0,
            name.1,
            number(row.ms, 4),
            number(row.ms_min, 4),
            number(row.ms_p90, 4),
            number(row.speedup_vs_rustfft, 2),
            accuracy,
            row.metric
        )?;
    }
    let envelope = Envelope::here(command_line(), flags.seed, 1, asked.info.as_ref());
    let report = Report { envelope, calibration: "none", rows, picker: [] };
    to.write(&report)?;
    Ok(Outcome::Whole)
}
