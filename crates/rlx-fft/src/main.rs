//! The `rlx-fft` program.

mod app;
mod closed;
mod commands;
mod console;
mod files;
mod flags;
mod interrupt;
mod memory;
mod output;
mod plots;
mod progress;
mod signal;
mod spectra;

fn main() -> std::process::ExitCode {
    app::run()
}
