//! Opens the session of a query.

use super::flags::Flags;
use crate::register_all;
use anyhow::Result;
use datafusion::prelude::{SessionConfig, SessionContext};

/// Returns a session on this machine, or on the cluster that the flags name.
pub(super) async fn open(flags: &Flags) -> Result<SessionContext> {
    if let Some(address) = &flags.cluster {
        return remote(address, flags).await;
    }
    let mut config = SessionConfig::new().with_information_schema(true);
    if let Some(parts) = flags.partitions.or(flags.threads) {
        config = config.with_target_partitions(usize::from(parts));
    }
    let ctx = SessionContext::new_with_config(config).enable_url_table();
    register_all(&ctx);
    Ok(ctx)
}

#[cfg(feature = "cluster")]
async fn remote(address: &str, flags: &Flags) -> Result<SessionContext> {
    super::cluster::client(address, flags.partitions.map(usize::from)).await
}

#[cfg(not(feature = "cluster"))]
#[expect(clippy::unused_async, reason = "the other build of it waits for a connection")]
async fn remote(address: &str, _flags: &Flags) -> Result<SessionContext> {
    anyhow::bail!(
        "--cluster {address}: this program was built without clusters; \
         cargo install --path crates/sql --features cluster has them"
    )
}
