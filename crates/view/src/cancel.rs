//! Cancels work whose result is no longer needed.

use crate::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reports to a computation whether its view is still current.
///
/// Views are numbered; a request of a newer view makes the work of older ones stop at the next check.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    newest: Arc<AtomicU64>,
    own: u64,
}

impl Cancel {
    /// Creates a token of view 0 that is never cancelled unless [`Cancel::for_view`] is called on it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the token of a request of view `view`; without a view it is never cancelled. Cancels older views of
    /// the same origin.
    #[must_use]
    pub fn for_view(&self, view: Option<u64>) -> Self {
        let Some(view) = view else { return Self::new() };
        self.newest.fetch_max(view, Ordering::Relaxed);
        Self { newest: Arc::clone(&self.newest), own: view }
    }

    /// Returns whether a newer view was requested.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.newest.load(Ordering::Relaxed) > self.own
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_view_cancels_older_ones_and_not_itself() {
        let origin = Cancel::new();
        let (first, second) = (origin.for_view(Some(3)), origin.for_view(Some(3)));
        assert!(!first.is_cancelled() && !second.is_cancelled());
        let late = origin.for_view(Some(4));
        assert!(first.is_cancelled() && !late.is_cancelled());
        assert!(origin.for_view(Some(2)).is_cancelled());
        assert!(!origin.for_view(None).is_cancelled());
    }
}
