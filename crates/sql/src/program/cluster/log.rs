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

/// From now on warnings, or everything of note, are printed.
pub(super) fn start(verbose: bool) {
    // A second logger of the same process is refused; the first one stays.
    if set_logger(&Stderr).is_ok() {
        set_max_level(if verbose { LevelFilter::Info } else { LevelFilter::Warn });
    }
}
