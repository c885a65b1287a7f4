//! Ctrl-C: finished output stays whole, unfinished files go.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Held while a result is written, so that an interrupt cannot cut it in half.
static WRITING: Mutex<()> = Mutex::new(());

/// How long an interrupt waits for a result that is being written: its reader may be asleep.
const PATIENCE: Duration = Duration::from_secs(2);

/// Marks the time in which a result is written.
pub(crate) fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handler: temporary files are removed and the program ends with 130, as shells expect.
pub(crate) fn install() {
    // Without a handler the default holds: the process dies, and at worst leaves a temporary file.
    let _ = ctrlc::set_handler(|| {
        let start = Instant::now();
        while matches!(WRITING.try_lock(), Err(TryLockError::WouldBlock)) && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        rlx_io::write::remove_unfinished();
        std::process::exit(130);
    });
}
