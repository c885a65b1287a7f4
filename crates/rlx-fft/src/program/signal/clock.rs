//! Maps delivered samples to recording times.

use std::sync::{Arc, Mutex, PoisonError};

/// Recording times of delivered samples, including pauses and skipped samples.
///
/// Clones share their state: the reading side writes it, the computing side reads it.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    rate: f64,
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Pairs (delivered sample, offset in samples): from this sample on, the position on the recording's axis is
    /// higher by the offset.
    shifts: Vec<(u64, f64)>,
    /// Samples of the file before the first delivered one.
    skipped: u64,
}

impl Clock {
    /// Creates a clock; `start` is the expected position of the first sample, in samples.
    pub(crate) fn new(rate: f64, start: f64) -> Self {
        let state = State { shifts: vec![(0, start)], skipped: 0 };
        Self { rate, shared: Arc::new(Mutex::new(state)) }
    }

    /// Sets the position of the sample `delivered`; the following ones are contiguous.
    pub(super) fn set(&self, delivered: u64, position: f64) {
        self.with(|state| {
            let shift = position - delivered as f64;
            match state.shifts.last_mut() {
                Some(last) if last.0 == delivered => last.1 = shift,
                Some(last) if last.1 == shift => {}
                _ => state.shifts.push((delivered, shift)),
            }
        });
    }

    pub(super) fn set_skipped(&self, skipped: u64) {
        self.with(|state| state.skipped = skipped);
    }

    /// Returns the start of a sample, in units of time.
    pub(crate) fn time(&self, sample: u64) -> f64 {
        (sample as f64 + self.shift(sample)) / self.rate
    }

    fn shift(&self, sample: u64) -> f64 {
        self.with(|state| {
            let after = state.shifts.partition_point(|(first, _)| *first <= sample);
            state.shifts.get(after.saturating_sub(1)).map_or(0.0, |(_, shift)| *shift)
        })
    }

    /// Returns the end of the sample before `end`, without a pause that follows it.
    pub(crate) fn end(&self, end: u64) -> f64 {
        (end as f64 + self.shift(end.saturating_sub(1))) / self.rate
    }

    /// Returns the index of a delivered sample in the file.
    pub(crate) fn index(&self, sample: u64) -> u64 {
        self.with(|state| state.skipped + sample)
    }

    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn pauses_move_what_comes_after_them() {
        let clock = Clock::new(100.0, 50.0);
        assert_eq!((clock.time(0), clock.time(10)), (0.5, 0.6));
        clock.set(0, 300.0);
        clock.set(1000, 1800.0);
        assert_eq!((clock.time(0), clock.time(999)), (3.0, 12.99));
        assert_eq!((clock.end(1000), clock.time(1000)), (13.0, 18.0));
        assert_eq!(clock.time(1001), 18.01);
    }
}
