//! The command line.

use super::output::Format;
use clap::Parser;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Run SQL over Parquet, Arrow, CSV, JSON and recordings, with spectral functions.
///
/// Files are tables: select … from 'data/*.parquet'. Several statements are separated by semicolons; the last one gives the
/// result. Recordings of other formats are read by read_signal('*.wav'). Functions: welch_psd, welch_freqs,
/// welch_peaks, band_power, spectrogram, log_mel, find_peaks, welch_agg, psd_agg; --functions prints their reference.
#[derive(Debug, Parser)]
#[command(name = "rlx-fft-sql", version, max_term_width = 110)]
pub(super) struct Flags {
    /// The query; `-` reads it from standard input
    #[arg(required_unless_present = "functions", value_name = "SQL")]
    pub(super) sql: Option<String>,

    /// Format: table, json, jsonl, csv, parquet or arrow [default: by the extension of --output, otherwise table]
    #[arg(long, short, value_name = "FORMAT")]
    format: Option<Format>,

    /// Output file, written completely or not at all; standard output by default or with `-`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print the plan instead of running it
    #[arg(long)]
    pub(super) plan: bool,

    /// Run on the cluster with the scheduler at this address
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) cluster: Option<String>,

    /// Threads of this process [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) threads: Option<u16>,

    /// Number of partitions of the data [default: one per thread; 16 on a cluster]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) partitions: Option<u16>,

    /// Print the reference of the functions in Markdown
    #[arg(long)]
    pub(super) functions: bool,

    /// Print only errors on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// Destination and format of the result.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) format: Format,
    /// Absent for standard output.
    pub(super) path: Option<PathBuf>,
}

impl Flags {
    /// Returns the destination of the result.
    pub(super) fn target(&self) -> Result<Target, String> {
        let path = self.output.clone().filter(|path| path.as_os_str() != "-");
        let by_name = || path.as_deref().and_then(Format::from_path);
        let format = self.format.or_else(by_name).unwrap_or(Format::Table);
        if format.is_binary() && path.is_none() && std::io::stdout().is_terminal() {
            return Err(format!("--format {format} is not for terminals: give --output FILE"));
        }
        Ok(Target { format, path })
    }
}
