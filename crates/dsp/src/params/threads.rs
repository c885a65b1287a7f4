//! Threads of a plan.

use std::sync::Arc;

use crate::error::{Error, Result};

/// The threads that process the rows of a batch or the chunks of a long signal. Results do not depend on it.
///
/// Converts from a number: 0 is [`Pool`](Self::Pool), 1 is [`Caller`](Self::Caller), more is [`Count`](Self::Count).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Threads {
    /// The calling thread only.
    Caller,
    /// The threads of rayon's current pool.
    #[default]
    Pool,
    /// A pool of this many threads, started with the plan and shared by its clones.
    Count(usize),
    /// The threads of this pool.
    In(Arc<rayon::ThreadPool>),
}

impl From<usize> for Threads {
    fn from(count: usize) -> Self {
        match count {
            0 => Self::Pool,
            1 => Self::Caller,
            n => Self::Count(n),
        }
    }
}

/// [`Threads`] that have been started.
#[derive(Debug, Clone)]
pub(crate) enum Workers {
    Caller,
    Current,
    Own(Arc<rayon::ThreadPool>),
}

impl Workers {
    pub(crate) fn start(threads: Threads) -> Result<Self> {
        Ok(match threads {
            Threads::Caller | Threads::Count(1) => Self::Caller,
            Threads::Pool => Self::Current,
            Threads::In(pool) => Self::Own(pool),
            Threads::Count(0) => return Err(Error::argument("threads", "0 threads were asked for")),
            Threads::Count(n) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
                Self::Own(Arc::new(
                    pool.map_err(|error| Error::argument("threads", format!("{n}: {error}")))?,
                ))
            }
        })
    }

    /// Returns the number of threads that can work at the same time.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Caller => 1,
            Self::Current => rayon::current_num_threads(),
            Self::Own(pool) => pool.current_num_threads(),
        }
    }

    /// Runs `work` so that its parallel iterators use these threads. With [`Caller`](Self::Caller) it must not use
    /// parallel iterators.
    pub(crate) fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self {
            Self::Caller | Self::Current => work(),
            Self::Own(pool) => pool.install(work),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_threads() {
        let count = |threads: usize| Workers::start(threads.into()).unwrap().count();
        assert_eq!((count(1), count(3)), (1, 3));
        assert_eq!(count(0), rayon::current_num_threads());
        assert!(Workers::start(Threads::Count(0)).is_err());
        let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap());
        assert_eq!(Workers::start(Threads::In(pool)).unwrap().count(), 2);
    }
}
