//! Prints log records of the libraries on standard error.

use std::io::Write;
use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Prints the records of this project's libraries: warnings, and the picker's trace, which `RLX_FFT_PICKER_TRACE=1`
/// enables. Repeated lines are omitted, because a bench builds a plan several times.
struct Logger {
    printed: Mutex<Vec<String>>,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("rlx_");
        ours && (metadata.level() <= Level::Warn
            || metadata.target() == rlx_fft::auto_welch_peaks::LOG_TARGET)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = record.args().to_string();
        let mut printed = self.printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if printed.contains(&line) {
            return;
        }
        // A closed standard error cannot be reported.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
        printed.push(line);
    }

    fn flush(&self) {}
}

/// Installs the logger of the program.
pub(crate) fn install() {
    static LOGGER: Logger = Logger { printed: Mutex::new(Vec::new()) };
    // Fails only if a logger is already installed.
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
