//! The `rlx-fft` program.

mod app;
mod commands;
mod console;
mod flags;
mod interrupt;
mod output;
mod plots;
mod progress;
mod signal;
mod spectra;

fn main() -> std::process::ExitCode {
    app::run()
}
