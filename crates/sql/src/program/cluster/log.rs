//! Ballista's messages on standard error.

use log::{LevelFilter, Log, Metadata, Record, set_logger, set_max_level};

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{} {}: {}", record.level().as_str().to_lowercase(), record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Starts to print warnings, or all messages.
pub(super) fn start(verbose: bool) {
    // A process can have only one logger; the first one stays.
    if set_logger(&Stderr).is_ok() {
        set_max_level(if verbose { LevelFilter::Info } else { LevelFilter::Warn });
    }
}
