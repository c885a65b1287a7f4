//! Progress of a query, on standard error.

use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// Update interval of the bar.
const EVERY: Duration = Duration::from_millis(200);

/// A bar of the number of rows read; hidden if standard error is not a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    plan: Arc<dyn ExecutionPlan>,
}

impl Progress {
    /// Starts the bar.
    pub(super) fn new(plan: &Arc<dyn ExecutionPlan>, quiet: bool) -> Self {
        let bar = match (quiet, total_rows(plan)) {
            (true, _) => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            (false, Some(rows)) => {
                styled(ProgressBar::new(rows), "{bar:30} {human_pos} of {human_len} rows, {eta} left")
            }
            (false, None) => styled(ProgressBar::new_spinner(), "{spinner} {human_pos} rows read, {elapsed}"),
        };
        bar.enable_steady_tick(EVERY);
        Self { bar, plan: Arc::clone(plan) }
    }

    /// Updates the bar repeatedly. Never returns.
    pub(super) async fn watch(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.bar.set_position(rows_read(&self.plan));
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    // If the template cannot be parsed, the default style is used.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Returns the number of rows produced by the leaves of the plan.
fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    if plan.children().is_empty() {
        return plan.metrics().and_then(|m| m.output_rows()).unwrap_or_default() as u64;
    }
    plan.children().into_iter().map(rows_read).sum()
}

/// Returns the total number of rows of the leaves, if the files state it.
fn total_rows(plan: &Arc<dyn ExecutionPlan>) -> Option<u64> {
    if plan.children().is_empty() {
        if plan.output_partitioning().partition_count() == 0 {
            return None;
        }
        let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::default()).ok()?;
        return statistics.num_rows.get_value().map(|rows| *rows as u64);
    }
    plan.children().into_iter().map(total_rows).sum()
}
