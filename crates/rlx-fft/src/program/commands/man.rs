//! `man`: the manual page.

use crate::app::{Failure, Outcome};
use crate::flags::{ManFlags, Usage, grouped};
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &ManFlags) -> Result<Outcome, Failure> {
    let mut program = grouped();
    program.build();
    let command = match &flags.command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Usage::new("COMMAND", format!("there is no command '{name}'")))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    std::io::stdout().write_all(&page)?;
    Ok(Outcome::Whole)
}
