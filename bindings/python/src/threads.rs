//! How many threads work, and the pools they live in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rayon::ThreadPool;
use rlx_fft::dsp::Error;

/// Default number of threads; 0 means one per core.
static DEFAULT: AtomicUsize = AtomicUsize::new(0);

/// Pools by size, and the process that made them: threads do not survive a fork.
static POOLS: Mutex<Option<Pools>> = Mutex::new(None);

type Pools = (u32, HashMap<usize, Arc<ThreadPool>>);

/// More threads than this are a mistake in a unit.
const MOST: usize = 4096;

/// Asked for once: the system reads files for it, which takes longer than a small spectrum.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The number for a call.
pub(crate) fn resolve(threads: Option<usize>) -> PyResult<usize> {
    let n = threads.unwrap_or_else(|| DEFAULT.load(Ordering::Relaxed));
    if n > MOST {
        return Err(PyValueError::new_err(format!("threads: must be 0 (all cores) to {MOST}, got {n}")));
    }
    Ok(if n == 0 { cores() } else { n })
}

/// The pool of `n` threads.
pub(crate) fn pool(n: usize) -> Result<Arc<ThreadPool>, Error> {
    let mut guard = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if guard.as_ref().is_some_and(|(owner, _)| *owner != process) {
        // Dropping the parent's pools would wait for threads that are not here.
        std::mem::forget(guard.take());
    }
    let (_, pools) = guard.get_or_insert_with(|| (process, HashMap::new()));
    if let Some(pool) = pools.get(&n) {
        return Ok(Arc::clone(pool));
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(n).build();
    let pool = Arc::new(built.map_err(|e| Error::Argument { name: "threads", reason: format!("{n}: {e}") })?);
    pools.insert(n, Arc::clone(&pool));
    Ok(pool)
}

/// Threads of calls that do not say: 0 is one per core (the default), 1 the calling thread alone.
#[pyfunction]
pub(crate) fn set_num_threads(threads: usize) -> PyResult<()> {
    resolve(Some(threads))?;
    DEFAULT.store(threads, Ordering::Relaxed);
    Ok(())
}

/// Threads that a call uses which does not say.
#[pyfunction]
pub(crate) fn get_num_threads() -> PyResult<usize> {
    resolve(None)
}
