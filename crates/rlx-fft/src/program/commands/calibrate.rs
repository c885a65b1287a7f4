//! `calibrate`: measures the cost-model coefficients used to select a strategy, and stores them.

use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{CalibrateFlags, known_device};
use crate::progress::share_bar;
use rlx_fft::calibrate::{calibrate, devices_to_calibrate};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &CalibrateFlags, console: &Console) -> Result<Outcome, Failure> {
    if !flags.device.eq_ignore_ascii_case("all") {
        known_device(&flags.device)?;
    }
    for device in devices_to_calibrate(&flags.device)? {
        let done = calibrate(Some(&device), share_bar(console, "calibrating"))?;
        writeln!(
            std::io::stdout().lock(),
            "{}: {} times measured in {:.1} s, kept in {}",
            done.device,
            done.calibration.samples.len(),
            done.seconds,
            done.path.display()
        )?;
    }
    Ok(Outcome::Whole)
}
