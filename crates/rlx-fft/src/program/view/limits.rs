//! Limits of a client's requests.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Largest head of a request, in bytes.
pub(super) const HEAD: usize = 8 << 10;
/// Largest number of headers of a request.
pub(super) const HEADERS: usize = 64;
/// Largest body of a request, in bytes.
pub(super) const BODY: usize = 64 << 10;
/// Largest number of simultaneous connections.
pub(super) const CONNECTIONS: usize = 32;
/// Time limit of a request, from its first byte.
pub(super) const ARRIVAL: Duration = Duration::from_secs(10);
/// Time limit of an idle connection.
pub(super) const IDLE: Duration = Duration::from_secs(60);
/// Time limit of a client for reading a part of an answer.
pub(super) const WRITE: Duration = Duration::from_secs(30);
/// Time for which the rest of a refused request is read.
pub(super) const LINGER: Duration = Duration::from_millis(500);
/// Number of pages with separate views.
pub(super) const SESSIONS: usize = 16;

/// Average and burst limit of requests per second.
const RATE: f64 = 500.0;
const BURST: f64 = 1000.0;

/// Lets a bounded number of requests per second through.
#[derive(Debug)]
pub(super) struct Rate {
    state: Mutex<(f64, Instant)>,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new((BURST, Instant::now())) }
    }

    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, before) = *state;
        let left = (left + RATE * now.saturating_duration_since(before).as_secs_f64()).min(BURST);
        let admitted = left >= 1.0;
        *state = (if admitted { left - 1.0 } else { left }, now.max(before));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let rate = Rate::new();
        let start = Instant::now();
        let admitted = (0..5000).filter(|_| rate.admits(start)).count();
        assert_eq!(admitted, BURST as usize);
        let later = start + Duration::from_millis(100);
        assert!((49..=51).contains(&(0..5000).filter(|_| rate.admits(later)).count()));
    }
}
