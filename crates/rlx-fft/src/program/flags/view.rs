//! `view`.

use super::limits;
use super::{SourceArgs, SourceFlags, Usage};
use clap::Args;

/// Flags of `view`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft view night.wav eeg.edf
  rlx-fft view recordings/ --no-open --port 8000
  rtl_sdr -s 2.048M - | rlx-fft view - --raw iq-u8 --rate 2.048M")]
pub(crate) struct ViewFlags {
    #[command(flatten)]
    source: SourceFlags,

    /// Port on 127.0.0.1; a free one by default
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,

    /// Only print the address, do not open a browser
    #[arg(long)]
    no_open: bool,

    /// Show samples that are added to the files while they are viewed
    #[arg(long)]
    follow: bool,

    /// Write nothing: the page cannot save annotations next to the files
    #[arg(long)]
    read_only: bool,

    /// Memory for computed tiles, in MiB
    #[arg(long, value_name = "MIB", default_value = "64")]
    cache: usize,

    /// Number of threads; by default one per core
    #[arg(long, value_name = "COUNT", value_parser = limits::threads)]
    threads: Option<usize>,
}

/// Validated arguments of `view`.
#[derive(Debug, Clone)]
pub(crate) struct ViewArgs {
    pub(crate) source: SourceArgs,
    pub(crate) port: u16,
    pub(crate) open: bool,
    pub(crate) follow: bool,
    pub(crate) read_only: bool,
    pub(crate) cache_bytes: usize,
    pub(crate) threads: Option<usize>,
}

impl TryFrom<ViewFlags> for ViewArgs {
    type Error = Usage;

    fn try_from(flags: ViewFlags) -> Result<Self, Usage> {
        if flags.cache > 1 << 16 {
            return Err(Usage::new("--cache", format!("{} MiB are more than 65536", flags.cache)));
        }
        Ok(Self {
            source: flags.source.try_into()?,
            port: flags.port,
            open: !flags.no_open,
            follow: flags.follow,
            read_only: flags.read_only,
            cache_bytes: flags.cache << 20,
            threads: flags.threads,
        })
    }
}
