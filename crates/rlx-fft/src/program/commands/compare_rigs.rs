//! `compare-rigs`: what became faster or slower from one measured machine, or version, to another.

use crate::app::{Failure, Outcome};
use crate::command_line;
use crate::files;
use crate::flags::{CompareRigsFlags, RigFormat};
use crate::output::open_stdout;
use crate::rigs;
use anyhow::Context;
use rlx_io::write::OutputFile;
use std::io::Write;

/// Runs the command.
pub(crate) fn run(flags: &CompareRigsFlags) -> Result<Outcome, Failure> {
    let output = flags.output.as_deref().filter(|path| path.as_os_str() != "-");
    files::distinct(
        &[("A.json", Some(&flags.a)), ("B.json", Some(&flags.b))],
        &[("--output", output)],
        None,
    )?;
    let (a, b) = (rigs::read(&flags.a)?, rigs::read(&flags.b)?);
    let comparison = rigs::compare(&a, &b, flags.threshold, command_line())?;
    let text = match flags.format {
        RigFormat::Text => rigs::text(&comparison, flags.all),
        RigFormat::Markdown => rigs::markdown(&comparison, flags.all),
        RigFormat::Json => serde_json::to_string_pretty(&comparison)? + "\n",
    };
    match output {
        None => open_stdout()?.write_all(text.as_bytes())?,
        Some(path) => {
            let mut file = OutputFile::create(path)?;
            file.write_all(text.as_bytes()).with_context(|| path.display().to_string())?;
            file.commit()?;
        }
    }
    Ok(Outcome::Whole)
}
