//! A session whose queries run on a cluster.

use crate::register_without_tables;
use crate::signals::READ_SIGNAL;
use anyhow::{Context, Result, anyhow};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Time limit for an answer of the scheduler.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a session on the cluster whose scheduler listens at `HOST:PORT`.
pub(in crate::program) async fn client(address: &str, partitions: Option<usize>) -> Result<SessionContext> {
    let hint =
        || format!("--cluster {address}: no scheduler answers there; `rlx-fft-cluster scheduler` starts one");
    match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(connection) => drop(connection.with_context(hint)?),
        Err(_) => return Err(anyhow!("no answer for {} s", PATIENCE.as_secs()).context(hint())),
    }
    // One task per partition, so that tasks spread over the executors and little is repeated if one is lost.
    let mut config = SessionConfig::new_with_ballista()
        .with_information_schema(true)
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1);
    if let Some(partitions) = partitions {
        config = config.with_target_partitions(partitions);
    }
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let ctx = SessionContext::remote_with_state(&format!("df://{address}"), state).await?.enable_url_table();
    // Ballista replaces the functions of a session by its own list, so these are registered afterwards.
    register_without_tables(&ctx);
    ctx.register_udtf(READ_SIGNAL.name, Arc::new(Refused));
    Ok(ctx)
}

/// Replaces `read_signal`: the executors may not have this machine's files.
#[derive(Debug)]
struct Refused;

impl TableFunctionImpl for Refused {
    fn call_with_args(&self, _args: TableFunctionArgs) -> datafusion::common::Result<Arc<dyn TableProvider>> {
        Err(DataFusionError::Plan(
            "read_signal: reads files of one machine and does not run on a cluster; write them to a shared path first: \
             rlx-fft sql \"select * from read_signal('…')\" -o samples.parquet"
                .to_owned(),
        ))
    }
}
