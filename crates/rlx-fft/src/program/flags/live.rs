//! `live`.

use super::{SourceArgs, SourceFlags, Usage};
use super::{limits, values};
use clap::Args;
use rlx_dsp::window::Window;
use std::path::PathBuf;

/// Flags of `live`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rtl_sdr -f 100M -s 2.048M - | rlx-fft live - --raw iq-u8 --rate 2.048M --center 100M
  rlx-fft live growing.wav --follow --log peaks.jsonl")]
pub(crate) struct LiveFlags {
    #[command(flatten)]
    source: SourceFlags,

    /// Channel, by name or by number from 1 [default: the first]
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,

    /// Centre frequency of a complex signal in Hz: 100M, 2.4G
    #[arg(long, value_name = "HZ", value_parser = values::with_prefix, allow_hyphen_values = true)]
    center: Option<f64>,

    /// Segment and transform length
    #[arg(long, value_name = "N", default_value_t = 1024)]
    n_fft: usize,

    /// Overlap of consecutive segments
    #[arg(long, value_name = "SHARE", value_parser = values::overlap, default_value = "50%")]
    overlap: f64,

    /// Window, as for `psd`
    #[arg(long, value_name = "WINDOW", default_value = "hann")]
    window: String,

    /// Duration of a line of the waterfall, whose spectra are averaged
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "100ms")]
    line: f64,

    /// Wait for more data at the end of the file
    #[arg(long)]
    follow: bool,

    /// Read a file no faster than it was recorded
    #[arg(long)]
    real_time: bool,

    /// Write the peaks to this file, a JSON object per line
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Time between lines of the log
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "1s", requires = "log")]
    log_every: f64,

    /// Size in MB at which a new log is started; older logs are renamed to FILE.1, FILE.2 …
    #[arg(long, value_name = "MB", value_parser = values::positive, default_value = "10", requires = "log")]
    log_size: f64,

    /// Number of older logs that are kept
    #[arg(long, value_name = "COUNT", default_value_t = 5, requires = "log")]
    log_keep: usize,

    /// Peaks per line of the log
    #[arg(long, short, value_name = "K", default_value = "10", value_parser = limits::peaks)]
    k: usize,
}

/// Validated arguments of `live`.
#[derive(Debug, Clone)]
pub(crate) struct LiveArgs {
    pub(crate) source: SourceArgs,
    pub(crate) channel: Option<String>,
    pub(crate) center: Option<f64>,
    pub(crate) n_fft: usize,
    pub(crate) hop: usize,
    pub(crate) window: Window,
    pub(crate) line_s: f64,
    pub(crate) follow: bool,
    pub(crate) real_time: bool,
    pub(crate) log: Option<PathBuf>,
    pub(crate) log_every_s: f64,
    pub(crate) log_bytes: u64,
    pub(crate) log_keep: usize,
    pub(crate) k: usize,
}

impl TryFrom<LiveFlags> for LiveArgs {
    type Error = Usage;

    fn try_from(flags: LiveFlags) -> Result<Self, Usage> {
        if !(16..=1 << 20).contains(&flags.n_fft) {
            return Err(Usage::new("--n-fft", format!("{} is not within 16 … {}", flags.n_fft, 1 << 20)));
        }
        if flags.line <= 0.0 {
            return Err(Usage::new("--line", "is 0"));
        }
        let window =
            flags.window.parse().map_err(|e: rlx_dsp::Error| Usage::new("--window", e.to_string()))?;
        let repeated = (flags.n_fft as f64 * flags.overlap).round() as usize;
        let source: SourceArgs = flags.source.try_into()?;
        if source.inputs.len() > 1 {
            return Err(Usage::new("INPUT", "live shows one signal"));
        }
        Ok(Self {
            source,
            channel: flags.channel,
            center: flags.center,
            n_fft: flags.n_fft,
            hop: flags.n_fft - repeated.min(flags.n_fft - 1),
            window,
            line_s: flags.line,
            follow: flags.follow,
            real_time: flags.real_time,
            log: flags.log,
            log_every_s: flags.log_every,
            log_bytes: (flags.log_size * 1e6) as u64,
            log_keep: flags.log_keep,
            k: flags.k,
        })
    }
}
