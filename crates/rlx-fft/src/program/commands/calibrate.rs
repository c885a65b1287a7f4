//! `calibrate`: measures the cost-model coefficients used to select a strategy, and stores them.

use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::CalibrateFlags;
use crate::progress::share_bar;
use rlx_fft::calibrate::{calibrate, devices_to_calibrate};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &CalibrateFlags, console: &Console) -> Result<Outcome, Failure> {
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
