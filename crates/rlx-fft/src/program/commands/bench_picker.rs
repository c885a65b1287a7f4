//! `bench-picker`: evaluates strategy selection: the share of right choices and the cost of wrong ones.

use super::report::Report;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::console::Console;
use crate::flags::{BenchPickerFlags, known_device};
use crate::progress::share_bar;
use rlx_fft::bench_picker::{BenchPickerOptions, BenchPickerReport, bench_picker};
use rlx_fft::report::Envelope;
use serde::Serialize;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &BenchPickerFlags, console: &Console) -> Result<Outcome, Failure> {
    let [n_ffts, batches, ks] = flags.grid()?;
    let asked = known_device(&flags.device)?;
    let to = Report::open(&flags.report)?;
    if let Some(reason) = &asked.missing {
        console.note(&format!("{}: skipped: {reason}; the CPU's cells follow", asked.label));
    }
    let options = BenchPickerOptions {
        device: asked.or_cpu().to_owned(),
        n_ffts,
        batches,
        ks,
        layout: flags.layout,
        threads: flags.threads,
        ..BenchPickerOptions::default()
    };
    let report = bench_picker(&options, None, share_bar(console, "measuring"))?;
    let mut out = to.text();
    writeln!(
        out,
        "{:>6} {:>6} {:>4} {:>24} {:>12} {:>12} {:>7}",
        "n_fft", "batch", "k", "picked", "predicted ms", "ms", "regret"
    )?;
    for row in &report.rows {
        let picked = row.strategies.iter().find(|s| s.strategy == row.picked);
        let number =
            |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        writeln!(
            out,
            "{:>6} {:>6} {:>4} {:>24} {:>12} {:>12} {:>7}",
            row.n_fft,
            row.batch,
            row.k,
            row.picked.label(),
            number(picked.map(|p| p.predicted_ms), 4),
            number(picked.map(|p| p.ms), 4),
            number(row.regret(), 3)
        )?;
    }
    let score = &report.score;
    writeln!(
        out,
        "\n{} cells ({} coefficients): share_within_10pct {:.3}, mean_regret {:.4}, prediction_within_2x {:.3}",
        score.cells,
        report.calibration.label(),
        score.share_within_10pct,
        score.mean_regret,
        score.prediction_within_2x
    )?;
    let envelope = Envelope::here(command_line(), 0, options.threads, asked.info.as_ref());
    to.write(&Whole { envelope, report })?;
    Ok(Outcome::Whole)
}

/// The report with the envelope of every bench.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(flatten)]
    report: BenchPickerReport,
}
