//! Runs the scheduler and the executor.

use super::flags::{ExecutorFlags, SchedulerFlags};
use super::session_state;
use anyhow::{Context, Result, anyhow};
use ballista::prelude::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;
use datafusion::prelude::SessionConfig;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Runs a scheduler until the process is ended.
pub(super) async fn scheduler(flags: SchedulerFlags) -> Result<()> {
    let address = socket(&flags.bind, flags.port)?;
    let config = SchedulerConfig {
        bind_host: flags.bind,
        bind_port: flags.port,
        external_host: flags.host,
        executor_timeout_seconds: flags.executor_timeout,
        expire_dead_executor_interval_seconds: (flags.executor_timeout / 2).max(1),
        no_executors_grace_period_seconds: flags.executor_timeout,
        // The default fills one executor before the next gets a task.
        task_distribution: TaskDistributionPolicy::RoundRobin,
        override_session_builder: Some(Arc::new(session_state)),
        override_config_producer: Some(Arc::new(SessionConfig::new_with_ballista)),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(plain)?;
    eprintln!("scheduler listening on {address}");
    start_server(cluster, address, Arc::new(config)).await.map_err(plain)
}

/// Runs an executor until Ctrl-C, a termination signal or the scheduler ends it.
pub(super) async fn executor(flags: ExecutorFlags) -> Result<()> {
    let (host, port) = flags
        .scheduler
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
        .ok_or_else(|| anyhow!("--scheduler {}: must be HOST:PORT", flags.scheduler))?;
    let temporary = match flags.work_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("rlx-fft-executor-").tempdir()?),
    };
    let work_dir = flags.work_dir.as_deref().or(temporary.as_ref().map(|dir| dir.path()));
    let work_dir = work_dir.map(|dir| dir.to_string_lossy().into_owned());
    let state = session_state(SessionConfig::new_with_ballista())?;
    let defaults = ExecutorProcessConfig::default();
    let config = ExecutorProcessConfig {
        external_host: Some(flags.host.unwrap_or_else(|| flags.bind.clone())),
        port: free_port(&flags.bind, flags.port)?,
        grpc_port: free_port(&flags.bind, flags.grpc_port)?,
        bind_host: flags.bind,
        scheduler_host: host,
        scheduler_port: port,
        scheduler_connect_timeout_seconds: flags.wait.max(1),
        vcores: flags.slots.map_or(defaults.vcores, usize::from),
        work_dir,
        executor_heartbeat_interval_seconds: flags.heartbeat,
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        override_config_producer: Some(Arc::new(SessionConfig::new_with_ballista)),
        ..defaults
    };
    eprintln!("executor {} at {}:{}", config.executor_id, config.bind_host, config.port);
    start_executor_process(Arc::new(config)).await.map_err(plain)
}

fn socket(host: &str, port: u16) -> Result<SocketAddr> {
    format!("{host}:{port}").parse().with_context(|| format!("--bind {host}: must be an IP address"))
}

/// Returns the port, or a free one for 0. If another process takes it before the executor listens, the executor
/// reports an error.
fn free_port(host: &str, port: u16) -> Result<u16> {
    if port != 0 {
        return Ok(port);
    }
    let listener = TcpListener::bind(socket(host, 0)?).with_context(|| format!("--bind {host}"))?;
    Ok(listener.local_addr()?.port())
}

fn plain(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{error}")
}
