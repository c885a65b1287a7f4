//! Whether standard output was closed when the program started.
//!
//! The standard library opens `/dev/null` for closed descriptors before `main` runs, so that no file gets their
//! numbers. Output would be lost without an error; therefore the check runs before that.

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Returns whether standard output was closed when the program started.
pub(crate) fn stdout_is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple"))]
mod early {
    use super::{CLOSED, Ordering};

    #[used]
    // SAFETY: the section holds pointers to functions that the loader calls once, on the main thread, before `main`;
    // this one has their type (arguments, where there are any, are ignored under the C calling convention) and uses
    // neither the heap nor anything that the standard library sets up.
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: F_GETFD takes no further argument and touches no memory; a closed descriptor is its error.
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        CLOSED.store(flags == -1, Ordering::Relaxed);
    }
}
