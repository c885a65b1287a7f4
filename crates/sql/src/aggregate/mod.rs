//! Aggregates whose partial states merge to the result of one pass.

mod constants;
mod function;
mod grid;
mod psd_agg;
mod run;
mod series;
mod single;
mod stamps;
mod welch_agg;

pub(crate) use function::Aggregate;

/// Every aggregate.
pub(crate) const ALL: &[&Aggregate] = &[&welch_agg::WELCH_AGG, &psd_agg::PSD_AGG];
