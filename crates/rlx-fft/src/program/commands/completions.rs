//! `completions`: scripts for shells.

use crate::app::{Failure, Outcome};
use crate::flags::{Cli, CompletionsFlags};
use clap::CommandFactory;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &CompletionsFlags) -> Result<Outcome, Failure> {
    // Written to memory first, because the generator panics if a pipe closes.
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "rlx-fft", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Whole)
}
