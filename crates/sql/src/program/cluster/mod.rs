//! The cluster: Ballista's scheduler and executor with the functions of this crate.
//!
//! Functions are sent by name, so every process registers them. Scheduling, shuffling and recovery are Ballista's.

mod app;
mod client;
mod flags;
mod log;
mod server;

pub use app::run;
pub(super) use client::client;

use crate::register_without_tables;
use ballista_core::utils::default_session_builder;
use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::prelude::{SessionConfig, SessionContext};

/// Ballista's session with the functions of this crate.
fn session_state(config: SessionConfig) -> Result<SessionState> {
    let ctx = SessionContext::new_with_state(default_session_builder(config)?);
    register_without_tables(&ctx);
    Ok(ctx.state())
}
