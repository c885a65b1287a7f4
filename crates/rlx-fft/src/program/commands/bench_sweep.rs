//! `bench-sweep`: packed peaks over transform lengths, batches and devices, as times relative to one path.

use super::report::Report;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::console::Console;
use crate::flags::{BenchSweepArgs, BenchSweepFlags};
use crate::plots::Plots;
use crate::progress::share_bar;
use rlx_fft::bench_sweep::{SweepOptions, SweepReport, bench_sweep};
use rlx_fft::report::Envelope;
use rlx_io::plot::{CellMap, CellPanel};
use serde::Serialize;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: BenchSweepFlags, console: &Console) -> Result<Outcome, Failure> {
    let BenchSweepArgs { options, note, plot, report: to } = BenchSweepArgs::try_from(flags)?;
    let picture = plot.as_ref().map(|plot| plot.path.as_path());
    let to = Report::beside(&to, &[], &[("--plot", picture)])?;
    note.iter().for_each(|note| console.note(note));
    for device in &options.devices {
        if let Some(reason) = &device.missing {
            console.note(&format!("{}: skipped: {reason}", device.label));
        }
    }
    let report = bench_sweep(&options, share_bar(console, "measuring"))?;
    let mut out = to.text();
    tables(&report, &options, &mut out)?;
    out.flush()?;
    Plots::new(plot, None).cells(&picture_of(&report, &options))?;
    let gpu = options.devices.iter().filter_map(|device| device.info.as_ref());
    let gpu = gpu.clone().find(|info| info.class.has_bus()).or_else(|| gpu.clone().next());
    let envelope = Envelope::here(command_line(), options.seed, options.threads, gpu);
    let reference = report.relative_to.clone();
    let missing = report.skipped(&reference).map(str::to_owned);
    to.write(&Whole { envelope, report })?;
    match missing {
        // Without its times nothing could be compared.
        Some(reason) => {
            console.error(&anyhow::anyhow!("--relative-to {}: {reason}", options.relative_to));
            Ok(Outcome::Partial)
        }
        None => Ok(Outcome::Whole),
    }
}

/// Prints the times of the reference, then how many times as fast each other path is.
fn tables(report: &SweepReport, options: &SweepOptions, out: &mut dyn Write) -> std::io::Result<()> {
    let (reference, batches) = (&report.relative_to, &options.batches);
    for path in report.paths() {
        if let Some(reason) = report.skipped(path) {
            writeln!(out, "{path}: skipped: {reason}\n")?;
            continue;
        }
        let own = path == reference.as_str() || report.skipped(reference).is_some();
        writeln!(
            out,
            "{path}: {}",
            if own { "ms".to_owned() } else { format!("times as fast as {reference}") }
        )?;
        write!(out, "{:>14}", "n_fft \\ batch")?;
        batches.iter().try_for_each(|batch| write!(out, " {batch:>10}"))?;
        writeln!(out)?;
        for &n_fft in &options.n_ffts {
            write!(out, "{n_fft:>14}")?;
            for &batch in batches {
                let found =
                    report.rows.iter().find(|r| r.path == path && (r.n_fft, r.batch) == (n_fft, batch));
                let number = match found {
                    Some(row) if own => row.ms.map(|ms| format!("{ms:.4}")),
                    Some(row) => row.relative.map(times),
                    None => None,
                };
                write!(out, " {:>10}", number.unwrap_or("-".to_owned()))?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
    }
    let wrong = report.rows.iter().filter(|row| row.bins_right.is_some_and(|share| share < 1.0));
    for row in wrong {
        let share = row.bins_right.unwrap_or(0.0);
        writeln!(out, "{} at n_fft {}, batch {}: bins right {share:.4}", row.path, row.n_fft, row.batch)?;
    }
    Ok(())
}

/// Returns a ratio with two decimals, small ones with more.
fn times(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

/// Returns the picture: a panel per measured path.
fn picture_of(report: &SweepReport, options: &SweepOptions) -> CellMap {
    let measured = report.paths().into_iter().filter(|path| report.skipped(path).is_none());
    let panel = |path: &str| CellPanel {
        name: path.to_owned(),
        values: report.relative(path, &options.n_ffts, &options.batches),
    };
    let text = |values: &[usize]| values.iter().map(ToString::to_string).collect();
    CellMap {
        title: format!(
            "Packed peaks of two segments, k {}: times as fast as {}",
            options.k, report.relative_to
        ),
        x_label: "batch".to_owned(),
        y_label: "n_fft".to_owned(),
        columns: text(&options.batches),
        rows: text(&options.n_ffts),
        panels: measured.map(panel).collect(),
    }
}

/// The report with the envelope of every bench.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(flatten)]
    report: SweepReport,
}
