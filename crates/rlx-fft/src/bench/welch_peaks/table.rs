//! The report as text.

use super::report::{Report, Row};
use crate::bench::report::Status;
use std::io::{Result, Write};

/// Prints one line per row.
pub fn print_rows(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "{:<44} {:>6} {:>4} {:>4} {:>10} {:>10} {:>10} {:>9} {:>7} {:>7} {:>7} {:>6}  device",
        "path", "batch", "k", "seg", "ms", "min", "p90", "Mrows/s", "vs full", "leading", "spread", "right"
    )?;
    for row in rows {
        write!(out, "{:<44} {:>6} {:>4} ", row.path, row.batch, row.k)?;
        if row.status == Status::Skipped {
            writeln!(out, "skipped: {}", row.reason.as_deref().unwrap_or("no reason given"))?;
            continue;
        }
        writeln!(
            out,
            "{:>4} {:>10} {:>10} {:>10} {:>9} {:>7} {:>7} {:>7} {:>6}  {}{}{}",
            row.segments,
            number(row.ms, 4),
            number(row.ms_min, 4),
            number(row.ms_p90, 4),
            number(row.rows_per_s.map(|r| r / 1e6), 3),
            number(row.speedup_vs_full, 2),
            number(row.recall_leading, 3),
            number(row.recall_spread, 3),
            number(row.bins_right, 4),
            row.device,
            // Nor is the layout of most paths.
            if row.layout == "spread" { ", spread" } else { "" },
            // The most common mode is not printed.
            row.timed.filter(|t| *t != "host-to-host-pageable").map_or(String::new(), |t| format!(", {t}")),
        )?;
    }
    Ok(())
}

/// Prints the crossovers of a report. `missing` names a requested device that is absent: the rows are the CPU's.
pub fn print_crossovers(report: &Report, missing: Option<&str>, out: &mut dyn Write) -> Result<()> {
    let mark = missing.map_or(String::new(), |device| format!(" ({device}: skipped, no row of it)"));
    writeln!(out, "\nbatch crossover{mark}")?;
    writeln!(out, "{:>6} {:>4} {:>10} {:>10}  fastest", "batch", "k", "ms", "picker ms")?;
    for row in &report.batch_crossover {
        writeln!(
            out,
            "{:>6} {:>4} {:>10} {:>10}  {} on {}",
            row.batch,
            row.k,
            number(Some(row.ms), 4),
            number(row.picker_ms, 4),
            row.fastest,
            row.device
        )?;
    }
    if report.k_crossover.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nk crossover{mark}")?;
    writeln!(
        out,
        "{:>6} {:>7} {:>10} {:>10} {:>10} {:>10}  rlx on, picker on",
        "batch", "k", "rustfft ms", "stream ms", "rlx ms", "picker ms"
    )?;
    for row in &report.k_crossover {
        let device = |device: &Option<String>| device.clone().unwrap_or("-".to_owned());
        let all = if row.k < row.asked_k { format!("; k {}: all bins", row.k) } else { String::new() };
        writeln!(
            out,
            "{:>6} {:>7} {:>10} {:>10} {:>10} {:>10}  {}, {}{all}",
            row.batch,
            row.asked_k,
            number(row.rustfft_ms, 4),
            number(row.stream_ms, 4),
            number(row.rlx_ms, 4),
            number(row.picker_ms, 4),
            device(&row.rlx_device),
            device(&row.picker_device)
        )?;
    }
    Ok(())
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}
