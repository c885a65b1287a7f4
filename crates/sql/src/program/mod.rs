//! The program `rlx-fft-sql`.

mod app;
#[cfg(feature = "cluster")]
pub mod cluster;
mod flags;
mod output;
mod progress;
mod query;
mod session;

pub use app::run;
