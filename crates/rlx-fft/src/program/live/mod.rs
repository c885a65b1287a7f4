//! `rlx-fft live`: spectra of a running signal, on a terminal and in a log.
//!
//! One thread reads and averages ([`source`]), the main thread draws and takes keys ([`screen`]); [`state`] is their
//! shared state. Memory does not grow with time.

mod colour;
mod log;
mod screen;
mod source;
mod state;
mod view;

pub(crate) use log::{Log, LogArgs};
pub(crate) use screen::Screen;
pub(crate) use source::{LiveSource, follow};
pub(crate) use state::{Shared, Shown};
