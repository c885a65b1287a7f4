//! Selection of the fastest strategy for packed peaks: names, predicted times, the choice.
//!
//! # The form of a prediction
//!
//! `T = prior(shape, threads) · exp(residual(n_fft, k, batch))`
//!
//! The **prior** ([`HostPrior`]) carries the structure that does not change from machine to machine: a fixed call,
//! whole lane groups (17 rows cost what 32 do on 16 lanes), N log N for the transform, a per-bin cost of the top-K
//! that grows with log k, bandwidths of the cache level that the batch fits in, threads that only help once there is
//! enough work. The **residual** ([`ResidualTable`]) is the logarithm of measured over prior at the points of a
//! calibration, interpolated linearly in the logarithms of n_fft, k and batch and constant outside of them. At a
//! calibrated point the prediction is the measurement; between two points only the smooth error of the prior is
//! interpolated; outside the grid the prior's slope determines the prediction. Without a calibration the residual is
//! zero and the prior's shipped values remain, in the same form.
//!
//! Residuals are factors, not summands, because errors of an order of magnitude (another machine) are factors, and
//! because ranking two strategies requires the ratio of their times.

mod models;
mod pick;
mod prior;
mod residual;
mod strategy;

pub use models::{StrategyModel, StrategyModels};
pub use pick::{LearnedCandidate, Pick, PickRequest, Prediction, pick};
pub use prior::{HostMemory, HostPrior, Threading};
pub use residual::ResidualTable;
pub use strategy::{WelchPeaksPickMode, WelchPeaksStrategy, parse_welch_peaks_strategy};
