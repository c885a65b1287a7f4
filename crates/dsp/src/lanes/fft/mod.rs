//! The transform of `W` rows at a time: plan, passes, and the driver that runs them.

pub(crate) mod butterfly;
pub(crate) mod columns;
pub(crate) mod engine;
pub(crate) mod four_step;
pub(crate) mod last;
pub(crate) mod plan;
pub(crate) mod rows;
pub(crate) mod schedule;
pub(crate) mod stage;
