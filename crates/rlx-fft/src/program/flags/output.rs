//! Destination and format of results.

use super::Usage;
use clap::Args;
use rlx_io::plot::{PlotFormat, Size};
use rlx_io::write::Format;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Flags about output.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputFlags {
    #[arg(long, short, value_name = "FORMAT", help = format!("Format: {} [default: by the extension of --output, otherwise table]", Format::names()))]
    format: Option<Format>,

    /// Output file, written completely or not at all; standard output by default or with `-`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// In CSV, put an apostrophe before texts that a spreadsheet would execute (names like =1+1)
    #[arg(long)]
    csv_safe: bool,

    /// Also write a report: one HTML file with curves and images that can be zoomed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Validated output.
#[derive(Debug, Clone)]
pub(crate) struct OutputArgs {
    /// The format.
    pub(crate) format: Format,
    /// The file; `None` for standard output.
    pub(crate) path: Option<PathBuf>,
    /// Whether CSV is protected from execution by spreadsheets.
    pub(crate) csv_safe: bool,
    /// The report.
    pub(crate) html: Option<PathBuf>,
}

impl TryFrom<OutputFlags> for OutputArgs {
    type Error = Usage;

    fn try_from(flags: OutputFlags) -> Result<Self, Usage> {
        let path = flags.output.filter(|path| path.as_os_str() != "-");
        let by_name = || path.as_deref().and_then(Format::from_path);
        let format = flags.format.or_else(by_name).unwrap_or(Format::Table);
        if format.is_binary() && path.is_none() && std::io::stdout().is_terminal() {
            return Err(Usage::new("--format", format!("{format} is not for terminals: give --output FILE")));
        }
        if flags.csv_safe && format != Format::Csv {
            return Err(Usage::new("--csv-safe", format!("goes with --format csv, and this is {format}")));
        }
        Ok(Self { format, path, csv_safe: flags.csv_safe, html: flags.html })
    }
}

/// Flags about plots.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct PlotFlags {
    /// Also draw a plot: a .png or .svg file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// Width and height of the plot in pixels, at most 16384 each and 40 million together
    #[arg(long, value_name = "WxH", default_value = "1200x675", value_parser = size)]
    plot_size: Size,
}

fn size(text: &str) -> Result<Size, String> {
    let parts: Option<(u32, u32)> =
        text.split_once(['x', 'X', '×']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parts {
        Some((width, height)) if (200..=16_384).contains(&width) && (150..=16_384).contains(&height) => {
            match u64::from(width) * u64::from(height) {
                0..=40_000_000 => Ok(Size { width, height }),
                pixels => Err(format!("'{text}' has {pixels} pixels, and a picture has at most 40000000")),
            }
        }
        _ => Err(format!("'{text}' is not WIDTHxHEIGHT between 200x150 and 16384x16384")),
    }
}

/// Validated plot.
#[derive(Debug, Clone)]
pub(crate) struct PlotArgs {
    /// The file; the name of the second image gets `-2`, and so on.
    pub(crate) path: PathBuf,
    /// Its format.
    pub(crate) format: PlotFormat,
    /// Its size.
    pub(crate) size: Size,
}

impl PlotFlags {
    /// Returns the plot, if requested.
    pub(crate) fn validate(self) -> Result<Option<PlotArgs>, Usage> {
        let Some(path) = self.plot else { return Ok(None) };
        let format = PlotFormat::from_path(&path).map_err(|_| {
            Usage::new("--plot", format!("{}: the name ends in .png or .svg", path.display()))
        })?;
        Ok(Some(PlotArgs { path, format, size: self.plot_size }))
    }
}
