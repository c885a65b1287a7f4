//! Catches panics of third-party decoders and suppresses their messages.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether this thread runs a decoder whose panics are caught.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; a panic in it is caught and prints nothing. `None` after a panic.
///
/// The first call wraps the panic hook of the process; the hook is silent on a thread only while it decodes. Requires
/// unwinding; with `panic = "abort"` a panic ends the process as usual.
pub(super) fn run<R>(work: impl FnOnce() -> R) -> Option<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    result.ok()
}
