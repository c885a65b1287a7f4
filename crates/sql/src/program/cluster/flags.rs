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
    /// Plan queries and hand their tasks out
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

    /// Name or address that executors and clients reach this machine by
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(super) host: String,

    /// An executor that says nothing for so long is lost, and its tasks run elsewhere
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..))]
    pub(super) executor_timeout: u64,

    /// Log what happens, not only what goes wrong
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

    /// Name or address that the other processes reach this machine by [default: that of --bind]
    #[arg(long, value_name = "HOST")]
    pub(super) host: Option<String>,

    /// Port for results and shuffled data; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) port: u16,

    /// Port for tasks; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(super) grpc_port: u16,

    /// Tasks at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) slots: Option<u16>,

    /// Directory for shuffled data [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(super) work_dir: Option<PathBuf>,

    /// How often the scheduler hears from this executor
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) heartbeat: u64,

    /// How long to wait for the scheduler to start
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) wait: u16,

    /// Log what happens, not only what goes wrong
    #[arg(long, short)]
    pub(super) verbose: bool,
}
