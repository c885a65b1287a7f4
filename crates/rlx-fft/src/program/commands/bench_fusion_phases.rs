//! `bench-fusion-phases`: the same peaks by five routes, with their data traffic, predicted and measured times.

use super::report::Report;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::flags::{BenchFusionPhasesFlags, known_device};
use rlx_fft::bench_fusion_phases::{FusionPhasesOptions, FusionPhasesReport, bench_fusion_phases};
use rlx_fft::report::{Envelope, Status};
use serde::Serialize;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &BenchFusionPhasesFlags) -> Result<Outcome, Failure> {
    let asked = known_device(&flags.device)?;
    let to = Report::open(&flags.report)?;
    let mut out = to.text();
    // The phases of an absent device are skipped; those of the CPU run instead.
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
    let mut report = bench_fusion_phases(&options)?;
    if let Some(reason) = &asked.missing {
        report.add_absent(&asked.label, reason, options.n_fft, &options.batches, options.k);
    }
    writeln!(
        out,
        "{:<34} {:>8} {:>9} {:>6} {:>14} {:>14} {:>10} {:>8} {:>12}",
        "path",
        "batch",
        "launches",
        "syncs",
        "host out bytes",
        "readback bytes",
        "ms",
        "speedup",
        "predicted ms"
    )?;
    let number =
        |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    for row in &report.phases {
        let Some(io) = row.io.as_ref().filter(|_| row.status == Status::Ok) else {
            writeln!(
                out,
                "{:<34} {:>8} skipped ({}): {}",
                row.path,
                row.batch,
                row.device,
                row.reason.as_deref().unwrap_or("no reason given")
            )?;
            continue;
        };
        writeln!(
            out,
            "{:<34} {:>8} {:>9} {:>6} {:>14} {:>14} {:>10} {:>8} {:>12}",
            row.path,
            row.batch,
            io.launches,
            io.sync_points,
            io.host_output_bytes,
            io.host_readback_bytes,
            number(row.ms, 4),
            number(row.speedup, 2),
            number(row.predicted_ms, 4)
        )?;
    }
    writeln!(out, "{}", report.suggestion_line())?;
    let envelope = Envelope::here(command_line(), 0, options.threads, asked.info.as_ref());
    to.write(&Whole { envelope, rows: [], picker: [], report })?;
    Ok(Outcome::Whole)
}

/// The report with the envelope of every bench.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    envelope: Envelope,
    rows: [(); 0],
    picker: [(); 0],
    #[serde(flatten)]
    report: FusionPhasesReport,
}
