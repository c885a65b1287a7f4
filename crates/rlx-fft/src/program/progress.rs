//! Progress bars on standard error, for long work.

use crate::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rlx_io::write::escaped;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar that appears only for long work and only on a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// Creates a bar for `frames` samples of `name`; a spinner if their number is unknown.
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
        bar.set_message(escaped(name).into_owned());
        Self { bar, start: Instant::now(), shown: false, wanted: console.shows_progress() }
    }

    /// Adds processed samples.
    pub(crate) fn advance(&mut self, frames: usize) {
        if self.wanted && !self.shown && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.inc(frames as u64);
    }

    /// Removes the bar before results are printed.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns a bar over shares from 0 to 1, for work that reports its share.
pub(crate) fn share_bar(console: &Console, name: &str) -> impl FnMut(f64) + use<> {
    let mut bar = share_bar_of(console, name);
    move |share| bar.to(share)
}

/// Returns a bar over shares from 0 to 1 with a line of text: the state of a training.
pub(crate) fn loss_bar(console: &Console, name: &str) -> impl FnMut(f64, &str) + use<> {
    let mut bar = share_bar_of(console, name);
    let name = name.to_owned();
    move |share, text| {
        bar.0.bar.set_message(format!("{name}, {text}"));
        bar.to(share);
    }
}

/// A spinner for work that says nothing on its way; it appears only if the work lasts, and goes when this is dropped.
pub(crate) struct Waiting {
    done: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a spinner; nothing is shown off a terminal.
pub(crate) fn waiting(console: &Console, name: &str) -> Waiting {
    if !console.shows_progress() {
        return Waiting { done: None, thread: None };
    }
    let (done, end) = mpsc::channel();
    let name = escaped(name).into_owned();
    let thread = std::thread::spawn(move || {
        if end.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(name);
        while end.recv_timeout(Duration::from_millis(100)) == Err(mpsc::RecvTimeoutError::Timeout) {
            bar.tick();
        }
        bar.finish_and_clear();
    });
    Waiting { done: Some(done), thread: Some(thread) }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            // A spinner that panicked is no reason to stop.
            let _ = thread.join();
        }
    }
}

/// A bar over shares from 0 to 1.
struct ShareBar(Progress, usize);

impl ShareBar {
    fn to(&mut self, share: f64) {
        let now = (share.clamp(0.0, 1.0) * STEPS) as usize;
        self.0.advance(now.saturating_sub(self.1));
        self.1 = self.1.max(now);
    }
}

const STEPS: f64 = 1000.0;

fn share_bar_of(console: &Console, name: &str) -> ShareBar {
    ShareBar(Progress::new(console, name, Some(STEPS as u64)), 0)
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
