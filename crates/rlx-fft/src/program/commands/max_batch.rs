//! `max-batch`: finds the largest batch of a device, verified by a run.

use super::report::Report;
use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::console::Console;
use crate::flags::{MaxBatchFlags, Usage, known_device};
use crate::progress::waiting;
use rlx_fft::max_batch::{MaxBatchOptions, MaxBatchRow, max_batch};
use rlx_fft::report::Envelope;
use rlx_fft::{BatchRequest, Error, auto_max_fft_batch};
use serde::Serialize;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &MaxBatchFlags, console: &Console) -> Result<Outcome, Failure> {
    let (n_ffts, samples) = (flags.n_ffts()?, flags.samples()?);
    let asked = known_device(&flags.device)?;
    let device = asked.or_cpu().to_owned();
    // Types and places that the device does not read are wrong arguments; nothing is tried for them.
    for &sample in &samples {
        let request = BatchRequest::new(n_ffts[0]).k(flags.k).sample(sample).memory(flags.memory);
        match auto_max_fft_batch(&request, Some(&device)) {
            Err(Error::Argument { name: name @ ("sample" | "memory"), reason }) => {
                return Err(Usage::new(format!("--{name}"), reason).into());
            }
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
    }
    let to = Report::open(&flags.report)?;
    let mut out = to.text();
    if let Some(reason) = &asked.missing {
        writeln!(out, "{}: skipped: {reason}; the CPU's rows follow", asked.label)?;
    }
    let options = MaxBatchOptions {
        device: Some(device),
        n_ffts,
        k: flags.k,
        samples,
        memory: flags.memory,
        limit: flags.limit,
        ..MaxBatchOptions::default()
    };
    let waits = waiting(console, "trying batches");
    let rows = max_batch(&options)?;
    drop(waits);
    writeln!(
        out,
        "{:>8} {:>6} {:>6} {:>6} {:>10} {:>12} {:>10}  bound",
        "device", "n_fft", "sample", "memory", "batch", "MiB", "ms"
    )?;
    for row in &rows {
        let ms = row.ms.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        let mib = row.bytes as f64 / f64::from(1 << 20);
        writeln!(
            out,
            "{:>8} {:>6} {:>6} {:>6} {:>10} {mib:>12.1} {ms:>10}  {}",
            row.device,
            row.n_fft,
            row.format.name(),
            row.memory.name(),
            row.batch,
            row.bound
        )?;
    }
    let envelope = Envelope::here(command_line(), 0, 0, asked.info.as_ref());
    to.write(&Whole { envelope, rows })?;
    Ok(Outcome::Whole)
}

/// The report with the envelope of every bench.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    envelope: Envelope,
    rows: Vec<MaxBatchRow>,
}
