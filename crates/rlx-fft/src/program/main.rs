//! The `rlx-fft` program.

mod app;
mod closed;
mod commands;
mod console;
mod files;
mod flags;
mod html;
mod interrupt;
#[cfg(feature = "live")]
mod live;
mod logger;
mod memory;
mod output;
mod plots;
mod progress;
mod rigs;
mod signal;
mod spectra;
#[cfg(feature = "view")]
mod view;

/// Returns the command line, for reports.
fn command_line() -> String {
    std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn main() -> std::process::ExitCode {
    app::run()
}
