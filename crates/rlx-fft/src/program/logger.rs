//! What the libraries log, on standard error.

use std::io::Write;
use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Prints the records of this project's libraries: warnings, and the picker's trace, which is asked for by
/// `RLX_FFT_PICKER_TRACE=1`. Lines that were printed before are left out: a bench builds one plan several times.
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
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
        printed.push(line);
    }

    fn flush(&self) {}
}

/// Installs the logger of the program.
pub(crate) fn install() {
    static LOGGER: Logger = Logger { printed: Mutex::new(Vec::new()) };
    // Fails where there is one already, which nobody installs before.
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
