//! Flags of `compare-rigs`.

use super::limits;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `compare-rigs`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft compare-rigs rig-before.json rig-after.json
  rlx-fft compare-rigs rig-a-cuda.json rig-b-cuda.json --format markdown --all
  rlx-fft compare-rigs old-sweep.json new-sweep.json --threshold 0.1 --format json -o changes.json")]
pub(crate) struct CompareRigsFlags {
    /// Result of scripts/rig.sh, or of a bench with --json
    #[arg(value_name = "A.json")]
    pub(crate) a: PathBuf,

    /// Result of the same kind, to compare with the first
    #[arg(value_name = "B.json")]
    pub(crate) b: PathBuf,

    /// Relative difference up to which two values count as the same
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = limits::share)]
    pub(crate) threshold: f64,

    /// Also list rows that did not change and rows of one file only
    #[arg(long)]
    pub(crate) all: bool,

    /// Format
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: RigFormat,

    /// Output file, written completely or not at all; standard output by default or with `-`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Format of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum RigFormat {
    /// Columns for a terminal.
    #[default]
    Text,
    /// Every row, with the summary.
    Json,
    /// Tables for a document.
    Markdown,
}
