//! Reports of benches and of training.

use clap::Args;
use std::path::PathBuf;

/// Additional formats of a report.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportFlags {
    /// Also write the report as JSON
    #[arg(long, value_name = "PATH")]
    pub(crate) json: Option<PathBuf>,

    /// Also write the report as one HTML file that opens without a network
    #[arg(long, value_name = "PATH")]
    pub(crate) html: Option<PathBuf>,
}
