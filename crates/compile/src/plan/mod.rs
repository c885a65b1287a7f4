//! Placement, steps, IO profile, and the plan with its cache key.

mod io;
mod place;
#[expect(clippy::module_inception, reason = "the plan is what the module is about")]
mod plan;
mod steps;

pub use io::{IoProfile, graph_io};
pub use place::{Place, PlacedRegion, Placement, Split, place};
pub use plan::{ExecKind, PLAN_SCHEMA, Plan, PlanKey};
pub use steps::{Step, StepKind};

#[cfg(test)]
mod tests;
