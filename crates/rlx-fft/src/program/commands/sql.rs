//! `sql`: runs `rlx-fft-sql`, a separate program, because DataFusion has about 430 crates.

use crate::app::{Failure, Outcome};
use crate::flags::SqlFlags;
use anyhow::anyhow;
use std::env;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name of the program.
const PROGRAM: &str = if cfg!(windows) { "rlx-fft-sql.exe" } else { "rlx-fft-sql" };

/// Runs the program in the directory of this one, or the one in the search path, and returns its exit code.
pub(crate) fn run(flags: &SqlFlags) -> Result<Outcome, Failure> {
    let program = beside().unwrap_or_else(|| PROGRAM.into());
    let error = become_program(Command::new(&program).args(&flags.args));
    Err(Failure::Run(explained(&program, error)))
}

fn beside() -> Option<PathBuf> {
    Some(env::current_exe().ok()?.with_file_name(PROGRAM)).filter(|path| path.is_file())
}

/// Replaces this process, so that Ctrl-C reaches the program alone. Returns only an error.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// Ends this process with the program's exit code. Returns only an error.
#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

fn explained(program: &Path, error: Error) -> anyhow::Error {
    if error.kind() != ErrorKind::NotFound {
        return anyhow!(error).context(program.display().to_string());
    }
    anyhow!(
        "sql: {PROGRAM} is neither in the directory of this program nor on the search path; in a checkout, \
         `cargo install --path crates/sql --features cluster` installs it (Rust 1.94 or newer)"
    )
}
