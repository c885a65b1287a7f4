//! `devices`: lists present devices, absent devices with reasons, and calibrations.

use crate::app::{Failure, Outcome};
use crate::flags::DevicesFlags;
use rlx_fft::devices::devices;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &DevicesFlags) -> Result<Outcome, Failure> {
    let report = devices();
    let mut out = std::io::stdout().lock();
    if flags.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(Outcome::Whole);
    }
    for row in &report.devices {
        let info = &row.info;
        let software = if info.software { ", software" } else { "" };
        writeln!(out, "{}: {} ({}, {} threads{software})", info.id, info.name, info.isa, info.threads)?;
        for (name, limit) in &info.limits {
            writeln!(out, "    {name} {limit}")?;
        }
        if row.samples > 0 {
            writeln!(out, "    calibration: {}, {} times", row.calibration, row.samples)?;
        } else {
            writeln!(out, "    calibration: {}; run rlx-fft calibrate", row.calibration)?;
        }
    }
    for absent in &report.absent {
        writeln!(out, "{}: not here: {}", absent.id, absent.reason)?;
    }
    Ok(Outcome::Whole)
}
