//! `bench-welch-peaks`: every path of batched peaks on the same input.

use super::setup::write_json;
use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{BenchWelchPeaksArgs, BenchWelchPeaksFlags};
use rlx_dsp::lanes::Isa;
use rlx_fft::bench_welch_peaks::{
    Host, Report, batch_crossover, explicit_device, k_crossover, print_crossovers, print_rows, run as measure,
};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: BenchWelchPeaksFlags, console: &Console) -> Result<Outcome, Failure> {
    let BenchWelchPeaksArgs { config, json } = BenchWelchPeaksArgs::try_from(flags)?;
    let isa = Isa::detect()?;
    let mut out = std::io::stdout().lock();
    let mut said = Vec::new();
    let (rows, picker) = measure(&config, |line| said.push(line.to_owned()))?;
    for line in said {
        writeln!(out, "{line}")?;
    }
    let report = Report {
        schema: 1,
        tool: "rlx-fft",
        command: std::env::args().collect::<Vec<_>>().join(" "),
        version: env!("CARGO_PKG_VERSION"),
        seed: config.seed,
        host: Host::here(isa.name(), config.threads, explicit_device(&config.device)?.info.as_ref()),
        calibration: picker.first().map_or("none", |choice| choice.calibration),
        batch_crossover: batch_crossover(&rows),
        k_crossover: k_crossover(&rows),
        rows,
        picker,
        phases: Vec::new(),
    };
    console.note(&format!(
        "n_fft {}, hop {}, {} rounds, {} on {} thread(s), seed {}; median, minimum and 90th percentile",
        config.n_fft,
        config.n_fft / 2,
        config.iters,
        report.host.isa,
        config.threads,
        config.seed
    ));
    print_rows(&report.rows, &mut out)?;
    print_crossovers(&report, &mut out)?;
    out.flush()?;
    write_json(json.as_deref(), &report)?;
    Ok(Outcome::Whole)
}
