//! State shared by the reading and the drawing thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Number of lines of the waterfall that are kept.
pub(crate) const LINES: usize = 1024;

/// The newest spectra of a signal.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Levels in dB at ascending frequencies, the newest line last.
    pub(crate) lines: VecDeque<Vec<f32>>,
    /// Number of lines so far.
    pub(crate) count: u64,
    /// The displayed average power.
    pub(crate) average: Vec<f64>,
    /// The largest power of each bin since it was reset.
    pub(crate) hold: Vec<f64>,
    /// Number of samples so far.
    pub(crate) samples: u64,
    /// Set when the signal has ended, with the reason if it ended with an error.
    pub(crate) ended: Option<String>,
    /// Number of lines of the exponential average.
    pub(crate) smoothing: u32,
}

/// A [`State`] behind a lock.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    state: Arc<Mutex<State>>,
}

/// Properties that do not change during a run.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Name of the source and the channel.
    pub(crate) title: String,
    /// Samples per second.
    pub(crate) rate: f64,
    /// Length of the transform.
    pub(crate) n_fft: usize,
    /// Frequencies of the bins, ascending.
    pub(crate) freq: Vec<f64>,
    /// Unit of the powers.
    pub(crate) unit: String,
    /// Seconds of a line.
    pub(crate) line_s: f64,
    /// Whether the window is Hann's.
    pub(crate) hann: bool,
}

impl Shared {
    pub(crate) fn new(bins: usize) -> Self {
        let state =
            State { average: vec![0.0; bins], hold: vec![0.0; bins], smoothing: 4, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds the mean powers of a line.
    pub(crate) fn push(&mut self, power: &[f64]) {
        let weight = if self.count == 0 { 1.0 } else { 1.0 / f64::from(self.smoothing.max(1)) };
        for ((average, hold), &power) in self.average.iter_mut().zip(&mut self.hold).zip(power) {
            *average += weight * (power - *average);
            *hold = hold.max(power);
        }
        let mut line =
            if self.lines.len() >= LINES { self.lines.pop_front() } else { None }.unwrap_or_default();
        line.clear();
        line.extend(power.iter().map(|&p| db(p) as f32));
        self.lines.push_back(line);
        self.count += 1;
    }
}

/// 10·log10 with a floor.
pub(crate) fn db(power: f64) -> f64 {
    rlx_io::write::results::level_db(power.max(1e-40))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_settle_and_lines_are_bounded() {
        let shared = Shared::new(2);
        let mut state = shared.lock();
        for i in 0..3000 {
            state.push(&[1.0, if i == 7 { 100.0 } else { 0.01 }]);
        }
        assert_eq!(state.lines.len(), LINES);
        assert!((state.average[1] - 0.01).abs() < 1e-12);
        assert_eq!(state.hold, [1.0, 100.0]);
        assert_eq!(state.lines[0], [0.0, -20.0]);
    }
}
