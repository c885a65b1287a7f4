//! Inputs, and the analysed part of them.

use super::{Usage, limits, values};
use clap::Args;
use rlx_io::read::{CsvOptions, DateFormat, Format, OpenOptions, RawFormat, format_names, time_unit};
use std::path::PathBuf;

/// Flags about files and how to open them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct SourceFlags {
    /// Files, directories and globs; `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,

    /// Samples per second (per the unit of time of `--x-unit cycles/…`); required for tables, NPY and raw samples
    #[arg(long, value_name = "RATE", value_parser = values::rate, allow_negative_numbers = true)]
    rate: Option<f64>,

    /// Headerless samples: u8, s8, s16le, s24be, f32le, f64le …, iq-u8, iq-s16le … for IQ pairs
    #[arg(long, value_name = "FORMAT")]
    raw: Option<String>,

    /// Channels of headerless samples
    #[arg(long, value_name = "COUNT", value_parser = limits::channels)]
    channels: Option<usize>,

    #[arg(long, value_name = "FORMAT", help = format!("Format of the input, instead of detecting it: {}", format_names()))]
    input_format: Option<String>,

    /// Column of uniform timestamps in a table, by name or number, from which the rate is computed
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,

    /// Columns of a table, by name or number from 1; all numeric ones by default
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    column: Vec<String>,

    /// Column of a Parquet or Arrow table whose values name groups: the rows of each value form a signal
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,

    /// Field delimiter of a table (`tab` and `space` by name); detected by default
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,

    /// Whether the first line of a table contains names; detected by default
    #[arg(long, value_name = "BOOL", value_parser = clap::builder::BoolishValueParser::new())]
    header: Option<bool>,

    /// Number of lines to skip at the start of a table; lines before the first row are detected by default
    #[arg(long, value_name = "LINES", default_value_t = 0, hide_default_value = true, value_parser = limits::skipped_lines)]
    skip_rows: usize,

    /// Marker at the start of comment lines in a table; # by default
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// Decimal separator of a table, `,` or `.`; detected by default
    #[arg(long, value_name = "CHAR")]
    decimal: Option<String>,

    /// Unit of the numbers in the column of --time: s, ms, us, ns, min, h, d; from its name by default
    #[arg(long, value_name = "UNIT")]
    time_unit: Option<String>,

    /// Notation of the dates in the column of --time: dmy, mdy, or a pattern such as "%d.%m.%Y %H:%M:%S"
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,

    /// Time axis of a two-dimensional array: 0 for [samples, channels], 1 for [channels, samples]
    #[arg(long, value_name = "AXIS")]
    axis: Option<usize>,

    /// Keep the values of stored integers instead of scaling full scale to ±1
    #[arg(long)]
    counts: bool,

    /// Take two channels as one complex signal: the first in phase, the second in quadrature
    #[arg(long)]
    iq: bool,

    /// Read to the end of the file and ignore the length in its header (WAV, AIFF, AU, W64, EDF, BDF)
    #[arg(long)]
    ignore_length: bool,
}

/// Validated inputs and options for opening them.
#[derive(Debug, Clone)]
pub(crate) struct SourceArgs {
    /// Names as given.
    pub(crate) inputs: Vec<PathBuf>,
    /// Options for opening every file.
    pub(crate) open: OpenOptions,
}

impl TryFrom<SourceFlags> for SourceArgs {
    type Error = Usage;

    fn try_from(flags: SourceFlags) -> Result<Self, Usage> {
        let raw =
            flags.raw.map(|text| text.parse::<RawFormat>().map_err(|e| Usage::new("--raw", reason(&e))));
        let format = flags
            .input_format
            .map(|text| text.parse::<Format>().map_err(|e| Usage::new("--input-format", reason(&e))));
        if flags.inputs.iter().filter(|p| p.as_os_str() == "-").count() > 1 {
            return Err(Usage::new("INPUT", "standard input can be read only once"));
        }
        let csv = CsvOptions {
            columns: flags.column,
            time: flags.time,
            by: flags.by,
            delimiter: flags.delimiter.map(|text| delimiter(&text)).transpose()?,
            header: flags.header,
            skip_rows: flags.skip_rows as u64,
            comment: flags.comment,
            decimal: flags.decimal.map(|text| decimal(&text)).transpose()?,
            time_unit: flags.time_unit.map(|text| unit_of_time(&text)).transpose()?,
            date_format: flags
                .date_format
                .map(|text| text.parse::<DateFormat>().map_err(|e| Usage::new("--date-format", reason(&e))))
                .transpose()?,
        };
        if csv.time.is_none() && (csv.time_unit.is_some() || csv.date_format.is_some()) {
            let flag = if csv.time_unit.is_some() { "--time-unit" } else { "--date-format" };
            return Err(Usage::new(flag, "needs --time"));
        }
        let open = OpenOptions {
            format: format.transpose()?,
            rate: flags.rate,
            raw: raw.transpose()?,
            channels: flags.channels,
            counts: flags.counts,
            ignore_length: flags.ignore_length,
            iq: flags.iq,
            axis: flags.axis,
            csv,
        };
        Ok(Self { inputs: flags.inputs, open })
    }
}

/// Returns the reason of an error without the name of the option, because the flag is already named.
fn reason(error: &rlx_io::Error) -> String {
    match error {
        rlx_io::Error::Argument { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

fn decimal(text: &str) -> Result<u8, Usage> {
    match text.as_bytes() {
        [sign @ (b',' | b'.')] => Ok(*sign),
        _ => Err(Usage::new("--decimal", format!("'{text}' is neither , nor ."))),
    }
}

fn unit_of_time(text: &str) -> Result<f64, Usage> {
    time_unit(text).ok_or_else(|| {
        Usage::new("--time-unit", format!("'{text}' is unknown; expected s, ms, us, ns, min, h or d"))
    })
}

fn delimiter(text: &str) -> Result<u8, Usage> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("space", _) => Ok(b' '),
        (_, [one]) if one.is_ascii() => Ok(*one),
        _ => Err(Usage::new("--delimiter", format!("'{text}' is not one character, tab or space"))),
    }
}

/// Flags about which part of a signal is analysed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputFlags {
    #[command(flatten)]
    source: SourceFlags,

    /// Channels, by name or by number from 1; all by default
    #[arg(long, value_name = "CHANNEL", value_delimiter = ',')]
    channel: Vec<String>,

    /// Start time: 10s, 1.5min, 200ms
    #[arg(long, value_name = "TIME", value_parser = values::duration, allow_negative_numbers = true)]
    start: Option<f64>,

    /// Duration from the start
    #[arg(long, value_name = "TIME", value_parser = values::duration, allow_negative_numbers = true)]
    duration: Option<f64>,

    /// Unit of frequencies: Hz, kHz, MHz, bpm, or cycles/year and the like
    #[arg(long, value_name = "UNIT", default_value = "Hz")]
    x_unit: String,

    /// Number of threads; by default one per core
    #[arg(long, value_name = "COUNT", value_parser = limits::threads)]
    threads: Option<usize>,
}

/// Validated selection of signals.
#[derive(Debug, Clone)]
pub(crate) struct InputArgs {
    /// The files.
    pub(crate) source: SourceArgs,
    /// Channels by name or number; empty for all.
    pub(crate) channel: Vec<String>,
    /// Start, in units of time.
    pub(crate) start: f64,
    /// Duration, in units of time.
    pub(crate) duration: Option<f64>,
    /// Unit of frequencies.
    pub(crate) x_unit: String,
    /// Threads; `None` for one per core.
    pub(crate) threads: Option<usize>,
}

impl TryFrom<InputFlags> for InputArgs {
    type Error = Usage;

    fn try_from(flags: InputFlags) -> Result<Self, Usage> {
        if flags.x_unit.trim().is_empty() {
            return Err(Usage::new("--x-unit", "is empty"));
        }
        if flags.duration == Some(0.0) {
            return Err(Usage::new("--duration", "is 0: nothing would be read"));
        }
        Ok(Self {
            source: flags.source.try_into()?,
            channel: flags.channel,
            start: flags.start.unwrap_or(0.0),
            duration: flags.duration,
            x_unit: flags.x_unit.trim().to_owned(),
            threads: flags.threads,
        })
    }
}
