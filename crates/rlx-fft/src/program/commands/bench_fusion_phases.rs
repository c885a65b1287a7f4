//! `bench-fusion-phases`: the same peaks by five routes, what each moves, predicted against measured.

use super::setup::write_report;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::files;
use crate::flags::{BenchFusionPhasesFlags, known_device};
use rlx_fft::bench_fusion_phases::{FusionPhasesOptions, FusionPhasesReport, bench_fusion_phases};
use rlx_fft::report::{Envelope, Status};
use serde::Serialize;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &BenchFusionPhasesFlags) -> Result<Outcome, Failure> {
    let asked = known_device(&flags.device)?;
    files::distinct(
        &[],
        &[("--json", flags.report.json.as_deref()), ("--html", flags.report.html.as_deref())],
    )?;
    let mut out = std::io::stdout().lock();
    // The phases of a device that is not here are skipped; those of the CPU run in their place.
    if let Some(reason) = &asked.missing {
        writeln!(out, "{}: skipped: {reason}; the CPU's phases follow", asked.label)?;
    }
    let options = FusionPhasesOptions {
        device: Some(asked.or_cpu().to_owned()),
        n_fft: flags.n_fft,
        batches: flags.batches()?,
        k: flags.k,
        iters: flags.iters,
        ..FusionPhasesOptions::default()
    };
    let report = bench_fusion_phases(&options)?;
    writeln!(
        out,
        "{:<30} {:>6} {:>9} {:>6} {:>14} {:>10} {:>8} {:>12}",
        "path", "batch", "launches", "syncs", "host out bytes", "ms", "speedup", "predicted ms"
    )?;
    let number =
        |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    for row in &report.phases {
        let Some(io) = row.io.as_ref().filter(|_| row.status == Status::Ok) else {
            writeln!(
                out,
                "{:<30} {:>6} skipped: {}",
                row.path,
                row.batch,
                row.reason.as_deref().unwrap_or("no reason given")
            )?;
            continue;
        };
        writeln!(
            out,
            "{:<30} {:>6} {:>9} {:>6} {:>14} {:>10} {:>8} {:>12}",
            row.path,
            row.batch,
            io.launches,
            io.sync_points,
            io.host_output_bytes,
            number(row.ms, 4),
            number(row.speedup, 2),
            number(row.predicted_ms, 4)
        )?;
    }
    if let Some(line) = report.suggestion_line() {
        writeln!(out, "{line}")?;
    }
    let envelope = Envelope::here(command_line(), 0, options.threads, asked.info.as_ref());
    write_report(&flags.report, &Whole { envelope, rows: [], picker: [], report })?;
    Ok(Outcome::Whole)
}

/// The report as every bench writes it.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    envelope: Envelope,
    rows: [(); 0],
    picker: [(); 0],
    #[serde(flatten)]
    report: FusionPhasesReport,
}
