//! The bench of batched Welch peaks: every path on the same seeded input, interleaved, compared with `f64`.
//!
//! Input is tones in noise in the 8-segment layout `[batch, 4.5·n_fft]`, cut for the shorter paths (recall on white
//! noise would be meaningless). Paths are interleaved within each round, so that a drift of the clock frequency
//! affects all of them; a time is the median of the rounds after a warm-up.

mod cases;
mod crossover;
pub(in crate::bench) mod input;
pub(in crate::bench) mod quality;
mod report;
mod run;
mod table;

pub use crate::bench::report::Status;
pub use crossover::{BatchCrossover, KCrossover, batch_crossover, k_crossover};
pub use report::{PickerChoice, Report, Row, Timing};
pub use run::{BenchConfig, explicit_device, run};
pub use table::{print_crossovers, print_rows};
