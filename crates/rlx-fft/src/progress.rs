//! Progress bars on standard error, for work that takes long enough to wonder.

use crate::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar that appears only if the work lasts, and only on a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// A bar for `frames` samples of `name`; a spinner where their number is not known.
    pub(crate) fn new(console: &Console, name: &str, frames: Option<u64>) -> Self {
        let bar = match frames {
            Some(frames) => ProgressBar::with_draw_target(Some(frames), ProgressDrawTarget::hidden()),
            None => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
        };
        let template = match frames {
            Some(_) => "{msg} {wide_bar} {percent} % {eta}",
            None => "{msg} {spinner} {human_pos} samples, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Self { bar, start: Instant::now(), shown: false, wanted: console.shows_progress() }
    }

    /// This many more samples are done.
    pub(crate) fn advance(&mut self, frames: usize) {
        if self.wanted && !self.shown && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.inc(frames as u64);
    }

    /// The work is done: the bar goes before results come.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over shares from 0 to 1, for work that counts itself.
pub(crate) fn share_bar(console: &Console, name: &str) -> impl FnMut(f64) + use<> {
    const STEPS: f64 = 1000.0;
    let mut progress = Progress::new(console, name, Some(STEPS as u64));
    let mut shown = 0;
    move |share| {
        let now = (share.clamp(0.0, 1.0) * STEPS) as usize;
        progress.advance(now.saturating_sub(shown));
        shown = shown.max(now);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
