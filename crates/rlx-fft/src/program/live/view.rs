//! The visible part of the spectra, changed by keys.

use super::state::{Shown, State};
use ratatui::crossterm::event::KeyCode;

/// The visible part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    /// First bin and the bin after the last one.
    pub(super) bins: (usize, usize),
    /// Levels of the darkest and the brightest colour; `None` follows the signal.
    pub(super) range: Option<(f64, f64)>,
    pub(super) paused: bool,
    pub(super) hold: bool,
    pub(super) peaks: bool,
    pub(super) help: bool,
}

/// Actions of keys beyond the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    Quit,
    /// Reset the max-hold.
    ResetHold,
    /// Average over more or fewer lines.
    Smoothing(bool),
}

/// Smallest number of visible bins.
const LEAST: usize = 8;

impl View {
    pub(super) fn new(shown: &Shown) -> Self {
        let bins = (0, shown.freq.len());
        Self { bins, range: None, paused: false, hold: false, peaks: true, help: false }
    }

    /// Returns the range of levels: from below the median of the average to above its maximum.
    pub(super) fn levels(&self, state: &State) -> (f64, f64) {
        if let Some(range) = self.range {
            return range;
        }
        let mut all: Vec<f64> =
            state.average[self.bins.0..self.bins.1].iter().map(|&p| super::state::db(p)).collect();
        all.sort_by(f64::total_cmp);
        match (all.get(all.len() / 4), all.last()) {
            (Some(&floor), Some(&top)) => (floor.max(top - 120.0) - 5.0, (top + 3.0).max(floor + 20.0)),
            _ => (-120.0, 0.0),
        }
    }

    pub(super) fn key(&mut self, key: KeyCode, shown: &Shown, state: &State) -> Asked {
        let all = shown.freq.len();
        let (from, to) = self.bins;
        let width = to - from;
        let place = |from: usize, width: usize| {
            let width = width.clamp(LEAST.min(all), all);
            let from = from.min(all - width);
            (from, from + width)
        };
        let range = self.levels(state);
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return Asked::Quit,
            KeyCode::Char(' ' | 'p') => self.paused = !self.paused,
            KeyCode::Char('+' | '=') => self.bins = place(from + width / 4, width / 2),
            KeyCode::Char('-') => self.bins = place(from.saturating_sub(width / 2), width.saturating_mul(2)),
            KeyCode::Char('0') => self.bins = (0, all),
            KeyCode::Left => self.bins = place(from.saturating_sub((width / 4).max(1)), width),
            KeyCode::Right => self.bins = place(from + (width / 4).max(1), width),
            KeyCode::Up => self.range = Some((range.0 + 5.0, range.1 + 5.0)),
            KeyCode::Down => self.range = Some((range.0 - 5.0, range.1 - 5.0)),
            KeyCode::Char('g') => self.range = Some((range.0, (range.1 - 5.0).max(range.0 + 10.0))),
            KeyCode::Char('G') => self.range = Some((range.0, range.1 + 5.0)),
            KeyCode::Char('r') => self.range = None,
            KeyCode::Char('m') => {
                self.hold = !self.hold;
                return Asked::ResetHold;
            }
            KeyCode::Char('a') => return Asked::Smoothing(true),
            KeyCode::Char('A') => return Asked::Smoothing(false),
            KeyCode::Char('t') => self.peaks = !self.peaks,
            KeyCode::Char('h' | '?') => self.help = !self.help,
            _ => {}
        }
        Asked::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Shared;

    #[test]
    fn zooming_and_moving_stay_inside() {
        let shown = Shown {
            title: String::new(),
            rate: 1000.0,
            n_fft: 198,
            freq: (0..100).map(f64::from).collect(),
            unit: String::new(),
            line_s: 0.1,
            hann: true,
        };
        let shared = Shared::new(100);
        let state = shared.lock();
        let mut view = View::new(&shown);
        let keys = ['+', '+', '+', '+', '+', '-', '-', '-', '-', '-', '-', 'g', 'G', 'r', 'm', 't', 'h', ' '];
        for key in keys.map(KeyCode::Char).into_iter().chain([KeyCode::Left, KeyCode::Right, KeyCode::Up]) {
            for _ in 0..3 {
                assert_ne!(view.key(key, &shown, &state), Asked::Quit);
                assert!(view.bins.1 <= 100 && view.bins.1 - view.bins.0 >= LEAST, "{:?}", view.bins);
                let (low, high) = view.levels(&state);
                assert!(high > low);
            }
        }
        assert_eq!(view.key(KeyCode::Char('q'), &shown, &state), Asked::Quit);
    }
}
