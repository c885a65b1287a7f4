//! Runs a command line and returns the exit code.

use super::flags::{Command, Flags};
use super::{log, server};
use clap::Parser;
use std::process::ExitCode;

/// Stack of a worker: plans of deep queries are walked recursively.
const STACK: usize = 16 << 20;

/// Runs a process of the cluster: 0 if it was asked to end, 1 if it failed, 2 for wrong arguments.
pub fn run() -> ExitCode {
    let flags = match Flags::try_parse() {
        Ok(flags) => flags,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            runtime.block_on(async {
                match flags.command {
                    Command::Scheduler(flags) => {
                        log::start(flags.verbose);
                        server::scheduler(flags).await
                    }
                    Command::Executor(flags) => {
                        log::start(flags.verbose);
                        server::executor(flags).await
                    }
                }
            })
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
