//! Runs a command line and returns the exit code.

use crate::commands;
use crate::console::Console;
use crate::flags::{Cli, Command, Usage, grouped};
use crate::{interrupt, output};
use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use rlx_fft::device::environment::{MEMORY_BUDGET, memory_budget};
use rlx_io::write::escaped;
use rlx_learn::GateKind;
use std::error::Error as StdError;
use std::process::ExitCode;

/// Reasons why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments are invalid: exit code 2.
    Usage(Usage),
    /// The command failed: exit code 1.
    Run(anyhow::Error),
}

impl From<Usage> for Failure {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

/// Outcome of a command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Outcome {
    /// Exit code 0.
    Whole,
    /// Exit code 1: failures were reported, the rest was done.
    Partial,
}

/// Runs the program: 0 for success, 1 if something failed, 2 for wrong arguments.
pub(crate) fn run() -> ExitCode {
    let parsed = grouped().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return said(error),
    };
    crate::logger::install();
    let console = Console::new(cli.quiet, cli.color);
    interrupt::install();
    if let Err(reason) = memory_budget() {
        return said(with_command(|c| {
            c.error(ErrorKind::ValueValidation, format!("{MEMORY_BUDGET}: {}", escaped(&reason)))
        }));
    }
    let result = match cli.command {
        // Other commands open their outputs themselves.
        ref command if !command.has_output() && output::open_stdout().is_err() => {
            output::open_stdout().map(|_| Outcome::Partial).map_err(Failure::from)
        }
        Command::Peaks(flags) => commands::peaks::run(flags, &console),
        Command::Psd(flags) => commands::psd::run(flags, &console),
        Command::Coherence(flags) => commands::coherence::run(flags, &console),
        Command::Spectrogram(flags) => commands::spectrogram::run(flags, &console),
        Command::Mel(flags) => commands::mel::run(flags, &console),
        Command::Info(flags) => commands::info::run(flags, &console),
        #[cfg(feature = "view")]
        Command::View(flags) => commands::view::run(flags, &console),
        #[cfg(feature = "live")]
        Command::Live(flags) => commands::live::run(flags, &console),
        Command::BenchWelchPeaks(flags) => commands::bench_welch_peaks::run(flags, &console),
        Command::BenchSweep(flags) => commands::bench_sweep::run(flags, &console),
        Command::Devices(flags) => commands::devices::run(&flags),
        Command::Calibrate(flags) => commands::calibrate::run(&flags, &console),
        Command::BenchPicker(flags) => commands::bench_picker::run(&flags, &console),
        Command::BenchFusionPhases(flags) => commands::bench_fusion_phases::run(&flags),
        Command::MaxBatch(flags) => commands::max_batch::run(&flags, &console),
        Command::CompareRigs(flags) => commands::compare_rigs::run(&flags),
        Command::Train(flags) => commands::train::run(flags, &console),
        Command::Fit(flags) => commands::fit::run(&flags, &console),
        Command::TrainE2e(flags) => commands::train_e2e::run(&flags, &console),
        Command::TrainDistill(flags) => commands::train_e2e::distill(&flags, GateKind::Soft, &console),
        Command::TrainDistillTernary(flags) => {
            commands::train_e2e::distill(&flags, GateKind::Ternary, &console)
        }
        Command::Eval(flags) | Command::Compare(flags) => commands::eval::run(&flags, &console),
        Command::Roundtrip(flags) => commands::roundtrip::run(&flags),
        Command::Ablation(flags) => commands::ablation::run(&flags),
        Command::BenchE2e(flags) => commands::bench_e2e::run(&flags, &console),
        Command::Sql(flags) => commands::sql::run(&flags),
        Command::Completions(flags) => commands::completions::run(&flags),
        Command::Man(flags) => commands::man::run(&flags),
    };
    match result {
        Ok(Outcome::Whole) => ExitCode::SUCCESS,
        Ok(Outcome::Partial) => ExitCode::FAILURE,
        Err(Failure::Usage(usage)) => {
            said(with_command(|c| c.error(ErrorKind::ValueValidation, escaped(&usage.to_string()))))
        }
        Err(Failure::Run(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Run(error)) => {
            console.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Returns the requested command, with its own usage line.
fn with_command<T>(work: impl FnOnce(&mut clap::Command) -> T) -> T {
    let mut all = grouped();
    all.build();
    // File names may not be Unicode.
    let name = std::env::args_os().skip(1).find(|word| all.find_subcommand(word).is_some());
    match name.and_then(|name| all.find_subcommand_mut(name)) {
        Some(command) => work(command),
        None => work(&mut grouped()),
    }
}

/// Prints a message of clap, including help and version. Adds the usage line to errors about wrong values, which clap
/// omits.
fn said(mut error: clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::ValueValidation && error.get(ContextKind::InvalidArg).is_some() {
        let usage = with_command(|command| command.render_usage());
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    let code = error.exit_code();
    match error.print() {
        // A closed pipe is not an error, a full disk is one.
        Err(refused) if code == 0 && refused.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::from(u8::try_from(code).unwrap_or(2)),
    }
}

/// Returns whether the reader closed the pipe: `rlx-fft psd … | head` is a success.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause: &(dyn StdError + 'static)| {
        cause.downcast_ref::<rlx_io::write::Error>().is_some_and(rlx_io::write::Error::is_broken_pipe)
            || cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
