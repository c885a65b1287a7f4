//! The command line of `rlx-fft-cluster`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Run the processes of a cluster for `rlx-fft sql --cluster HOST:PORT`.
///
/// A scheduler and two executors on one machine:
///   rlx-fft-cluster scheduler
///   rlx-fft-cluster executor --scheduler 127.0.0.1:50050
///   rlx-fft-cluster executor --scheduler 127.0.0.1:50050
#[derive(Debug, Parser)]
#[command(name = "rlx-fft-cluster", version, max_term_width = 110, verbatim_doc_comment)]
pub(super) struct Flags {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Plan queries and distribute their tasks
    Scheduler(SchedulerFlags),
    /// Run tasks
    Executor(ExecutorFlags),
}

/// Flags of the scheduler.
#[derive(Debug, Args)]
pub(super) struct SchedulerFlags {
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(super) bind: String,

    /// Port to listen on
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub(super) port: u16,

    /// Name or address of this machine for executors and clients
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(super) host: String,

    /// Time in seconds without a heartbeat after which an executor is lost and its tasks run elsewhere
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..))]
    pub(super) executor_timeout: u64,

    /// Log all messages, not only warnings
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// Flags of an executor.
#[derive(Debug, Args)]
pub(super) struct ExecutorFlags {
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    pub(super) scheduler: String,

    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(super) bind: String,

    /// Name or address of this machine for the other processes [default: that of --bind]
    #[arg(long, value_name = "HOST")]
    pub(super) host: Option<String>,

    /// Port for results and shuffled data; 0 selects a free port
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) port: u16,

    /// Port for tasks; 0 selects a free port
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) grpc_port: u16,

    /// Tasks at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) slots: Option<u16>,

    /// Directory for shuffled data [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(super) work_dir: Option<PathBuf>,

    /// Interval of heartbeats to the scheduler, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) heartbeat: u64,

    /// Time to wait for the scheduler to start
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) wait: u16,

    /// Log all messages, not only warnings
    #[arg(long, short)]
    pub(super) verbose: bool,
}
