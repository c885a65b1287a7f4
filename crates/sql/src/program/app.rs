//! Runs a command line and returns the exit code.

use super::flags::Flags;
use super::{query, session};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use datafusion::common::DataFusionError;
use std::io::{ErrorKind as IoErrorKind, Write};
use std::process::ExitCode;

/// Runs the program: 0 for success, 1 if something failed, 2 for wrong arguments, 130 after Ctrl-C.
pub fn run() -> ExitCode {
    let flags = match Flags::try_parse() {
        Ok(flags) => flags,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if flags.functions {
        return match std::io::stdout().write_all(crate::reference().as_bytes()) {
            Err(error) if error.kind() != IoErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        };
    }
    let target = match flags.target() {
        Ok(target) => target,
        Err(reason) => {
            let _ = Flags::command().error(ErrorKind::ValueValidation, reason).print();
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(flags.threads.map_or_else(cores, usize::from))
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        let work = async {
            let ctx = session::open(&flags).await?;
            query::run(&ctx, &flags, &target).await
        };
        tokio::select! {
            result = work => Some(result),
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    let code = match result {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("error: {}", message(&error, flags.cluster.as_deref()));
            ExitCode::FAILURE
        }
        None => {
            rlx_io::write::remove_unfinished();
            ExitCode::from(130)
        }
    };
    // Does not wait for threads that still read a file.
    runtime.shutdown_background();
    code
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == IoErrorKind::BrokenPipe)
            || cause.downcast_ref::<rlx_io::write::Error>().is_some_and(rlx_io::write::Error::is_broken_pipe)
    })
}

/// Returns the error without the engine's wrappings; a lost scheduler is named.
fn message(error: &anyhow::Error, cluster: Option<&str>) -> String {
    let text = match error.downcast_ref::<DataFusionError>() {
        Some(error) => error.strip_backtrace(),
        None => format!("{error:#}"),
    };
    let lost = [
        "transport error",
        "tcp connect error",
        "Stream closed",
        "ConnectError",
        "error reading a body",
        "h2 protocol error",
    ];
    match cluster {
        Some(address) if lost.iter().any(|sign| text.contains(sign)) => {
            format!("the connection to the scheduler at {address} broke off: {text}")
        }
        _ => text,
    }
}
