//! Signals that end the program: finished output is kept, unfinished files are removed.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// Held while a result is written, so that a signal cannot cut it in half.
static WRITING: Mutex<()> = Mutex::new(());

/// Time limit of a signal that waits for a result being written: its reader may be blocked.
const PATIENCE: Duration = Duration::from_secs(2);

/// Marks the time while a result is written.
pub(crate) fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes temporary files and ends the program with exit code 128 + signal number.
fn end(signal: i32) -> ! {
    let start = Instant::now();
    while matches!(WRITING.try_lock(), Err(TryLockError::WouldBlock)) && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    rlx_io::write::remove_unfinished();
    std::process::exit(128 + signal);
}

/// Installs the handler for interrupts (Ctrl-C), quits (Ctrl-\), hang-ups (a terminal that is closed) and requests to
/// end (`kill`, `timeout`, stopped containers). They also end process 1 of a container.
#[cfg(unix)]
pub(crate) fn install() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;
    let ignored = ignored();
    let wanted = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|s| ignored & (1 << (s - 1)) == 0);
    // Without a handler the default action ends the process and may leave a temporary file.
    let Ok(mut signals) = Signals::new(wanted) else { return };
    let _ = std::thread::Builder::new().name("signals".into()).stack_size(1 << 17).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(signal);
        }
    });
}

/// Returns the signals that the caller set to be ignored (`nohup`, `&` in scripts): bit n − 1 is signal n.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Installs the handler for Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn install() {
    // Without a handler the default action ends the process and may leave a temporary file.
    let _ = ctrlc::set_handler(|| end(2));
}
