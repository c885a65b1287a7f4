//! Shared parts of immutable plans: idle scratch, kernels that are lent, and the owner of a scratch.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};

/// Idle scratch: as many as have been in use at the same time.
pub(crate) struct Idle<T>(Mutex<Vec<T>>);

impl<T> Idle<T> {
    /// Runs `work` with idle scratch, or with a new one from `make`, and keeps it.
    pub(crate) fn with<R>(&self, make: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut scratch = taken.unwrap_or_else(make);
        let result = work(&mut scratch);
        idle().push(scratch);
        result
    }
}

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Idle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Idle")
    }
}

/// Kernels with their own tables and buffers, shared by the clones of a plan. They are created at their first use, so
/// that small computations do not need them.
pub(crate) struct Kernels<K: ?Sized> {
    idle: Idle<Box<K>>,
    make: Box<dyn Fn() -> Box<K> + Send + Sync>,
}

impl<K: ?Sized> Kernels<K> {
    pub(crate) fn new(make: impl Fn() -> Box<K> + Send + Sync + 'static) -> Self {
        Self { idle: Idle::default(), make: Box::new(make) }
    }

    /// Makes a pool that already contains one kernel.
    pub(crate) fn with_first(first: Box<K>, make: impl Fn() -> Box<K> + Send + Sync + 'static) -> Self {
        let kernels = Self::new(make);
        kernels.idle.with(|| first, |_| ());
        kernels
    }

    /// Lends a kernel to `work`.
    pub(crate) fn lend<R>(&self, work: impl FnOnce(&mut K) -> R) -> R {
        self.idle.with(&self.make, |kernel| work(kernel))
    }
}

/// The plan that a scratch belongs to: scratch of another plan has buffers of other lengths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owner(Arc<()>);

impl Owner {
    pub(crate) fn check(&self, scratch: &Self) -> Result<()> {
        if Arc::ptr_eq(&self.0, &scratch.0) {
            return Ok(());
        }
        Err(Error::argument("scratch", "it was made by another plan"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_made_as_work_at_the_same_time() {
        let made = Mutex::new(0);
        let kernels = Idle::<usize>::default();
        let make = || {
            *made.lock().unwrap() += 1;
            0
        };
        kernels.with(make, |a| {
            *a += 1;
            kernels.with(make, |b| *b += 1);
        });
        for _ in 0..5 {
            kernels.with(make, |a| *a += 1);
        }
        assert_eq!(*made.lock().unwrap(), 2);
    }

    #[test]
    fn scratch_of_another_plan_is_refused() {
        let (a, b) = (Owner::default(), Owner::default());
        assert!(a.check(&a.clone()).is_ok() && a.check(&b).is_err());
    }
}
