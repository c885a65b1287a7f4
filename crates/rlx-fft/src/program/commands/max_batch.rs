//! `max-batch`: finds the largest batch of a device, verified by a run.

use super::report::Report;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{MaxBatchFlags, known_device};
use crate::progress::waiting;
use rlx_fft::max_batch::{MaxBatchOptions, max_batch};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &MaxBatchFlags, console: &Console) -> Result<Outcome, Failure> {
    let asked = known_device(&flags.device)?;
    let to = Report::open(&flags.report)?;
    let mut out = to.text();
    if let Some(reason) = &asked.missing {
        writeln!(out, "{}: skipped: {reason}; the CPU's rows follow", asked.label)?;
    }
    let options = MaxBatchOptions {
        device: Some(asked.or_cpu().to_owned()),
        n_ffts: flags.n_ffts()?,
        k: flags.k,
        limit: flags.limit,
        ..MaxBatchOptions::default()
    };
    let waits = waiting(console, "trying batches");
    let rows = max_batch(&options)?;
    drop(waits);
    writeln!(out, "{:>8} {:>6} {:>10} {:>12} {:>10}  bound", "device", "n_fft", "batch", "MiB", "ms")?;
    for row in &rows {
        let ms = row.ms.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        let mib = row.bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "{:>8} {:>6} {:>10} {mib:>12.1} {ms:>10}  {}",
            row.device, row.n_fft, row.batch, row.bound
        )?;
    }
    to.write(&rows)?;
    Ok(Outcome::Whole)
}
