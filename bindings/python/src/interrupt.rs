//! Work without Python's lock that Ctrl-C ends, also within one row.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Points of transforms below which the calling thread works itself: some 5 to 20 ms.
const SHORT: usize = 1 << 22;

/// Time between two checks for signals.
const EVERY: Duration = Duration::from_millis(25);

/// Tells work whose caller has left that nobody waits for its result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs `work` without Python's lock. Work of `cost` points that may take long gets a thread of its own while this one
/// checks for signals; after an interrupt that thread ends at the next block and owns what it uses until then.
pub(crate) fn detached<R: Send + 'static>(
    py: Python<'_>,
    cost: usize,
    work: impl FnOnce(&Cancelled) -> R + Send + 'static,
) -> PyResult<R> {
    let cancelled = Cancelled::default();
    if cost < SHORT {
        return Ok(py.detach(|| work(&cancelled)));
    }
    let (send, receive) = sync_channel(1);
    let receive = Mutex::new(receive);
    let seen = cancelled.clone();
    let body = move || {
        // `work` and the arrays that it owns are dropped before the caller goes on.
        let result = catch_unwind(AssertUnwindSafe(|| work(&seen)));
        drop(send.send(result));
    };
    std::thread::Builder::new()
        .name("rlx_fft".to_owned())
        .spawn(body)
        .map_err(|error| PyRuntimeError::new_err(format!("no thread could be started: {error}")))?;
    loop {
        let wait = || receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(EVERY);
        match py.detach(wait) {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupt) = py.check_signals() {
                    cancelled.0.store(true, Ordering::Relaxed);
                    return Err(interrupt);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("a thread has ended without a result"));
            }
        }
    }
}
