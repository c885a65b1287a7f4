//! Batched Welch peaks: the K strongest bins of each row of samples, packed.
//!
//! Packed peaks are `f32` `[batch, k, 2]` = `(bin, raw power)`, by power descending, ties with the lower bin first;
//! `k` is clipped to the number of bins. Raw power is the one-sided `|X|²`, mean over the segments (see
//! [`Scaling::Raw`](crate::scaling::Scaling::Raw)). DC and Nyquist are candidates.

mod batch;
mod engine;
mod layout;
mod missing;
mod params;

pub use engine::{PeaksEngine, WelchPeaks, WelchPeaksScratch};
pub use layout::RowLayout;
pub use params::{WelchParams, WelchPeakParams};
