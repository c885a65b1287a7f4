//! One signal: its channels that are wanted, its stretch, its axis.

use super::Axis;
use crate::flags::{InputArgs, Pair};
use anyhow::{Result, bail};
use rlx_io::read::{ChannelInfo, SignalInfo};

/// What is analysed of one signal of a file.
#[derive(Debug, Clone)]
pub(crate) struct Signal {
    /// File name (and part) as results name it.
    pub(crate) source: String,
    /// Rate and units.
    pub(crate) axis: Axis,
    /// The channels that are wanted, with their index in the file.
    pub(crate) channels: Vec<(usize, ChannelInfo)>,
    /// Samples to leave out at the start.
    pub(crate) skip: u64,
    /// Samples to take from there at most.
    pub(crate) take: Option<u64>,
    /// Samples that will come, as far as known.
    pub(crate) frames: Option<u64>,
    /// Frequency of a complex signal's zero, in `x_unit`.
    pub(crate) center: f64,
    /// What opening the file had to say about how it is read.
    pub(crate) remarks: Vec<String>,
}

impl Signal {
    /// Chooses channels and stretch.
    ///
    /// Fails where the rate is unknown, or a channel does not exist.
    pub(crate) fn new(info: &SignalInfo, args: &InputArgs) -> Result<Self> {
        let source = source_name(info);
        let Some(rate) = info.sample_rate else {
            let table = info.format == rlx_io::read::Format::Csv;
            let more = if table { ", or --time COLUMN if it has a column of timestamps" } else { "" };
            bail!("a {} file does not tell its sample rate: give --rate{more}", info.format);
        };
        let axis = Axis::new(rate, info.rate_in_hz, &args.x_unit);
        let channels = match args.channel.as_slice() {
            [] => info.channels.iter().cloned().enumerate().collect(),
            wanted => wanted
                .iter()
                .map(|name| find_channel(&info.channels, name).map(|i| (i, info.channels[i].clone())))
                .collect::<Result<Vec<_>>>()?,
        };
        if channels.is_empty() {
            bail!("has no channel to analyse");
        }
        let samples = |time: f64| (time * axis.rate).round() as u64;
        let skip = samples(args.start);
        let take = args.duration.map(samples);
        if take == Some(0) {
            bail!("--duration is shorter than one sample");
        }
        if let Some(frames) = info.frames.filter(|frames| skip > 0 && skip >= *frames) {
            bail!("--start {} lies behind the end, at {}", args.start, frames as f64 / axis.rate);
        }
        let left = info.frames.map(|frames| frames - skip.min(frames));
        let frames = match (left, take) {
            (Some(left), Some(take)) => Some(left.min(take)),
            (left, _) => left,
        };
        let center = info.center_freq.unwrap_or(0.0) * axis.scale;
        let remarks = info.notes.clone();
        Ok(Self { source, axis, channels, skip, take, frames, center, remarks })
    }

    /// Names of the channels.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|(_, channel)| channel.name.as_str())
    }

    /// The channels' common unit, if they have one.
    pub(crate) fn unit(&self) -> Option<&str> {
        let first = self.channels.first()?.1.unit.as_deref()?;
        self.channels.iter().all(|(_, c)| c.unit.as_deref() == Some(first)).then_some(first)
    }

    /// Where the stretch begins, in units of time.
    pub(crate) fn start(&self) -> f64 {
        self.skip as f64 / self.axis.rate
    }
}

/// File name, and the part where a file holds several signals.
pub(crate) fn source_name(info: &SignalInfo) -> String {
    match &info.part {
        Some(part) => format!("{}:{part}", info.path.display()),
        None => info.path.display().to_string(),
    }
}

/// A channel by its name, or by its number from 1.
fn find_channel(channels: &[ChannelInfo], wanted: &str) -> Result<usize> {
    let by_name = channels.iter().position(|c| c.name == wanted);
    let by_number =
        wanted.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|i| *i < channels.len());
    let loose = channels.iter().position(|c| c.name.eq_ignore_ascii_case(wanted));
    by_name.or(by_number).or(loose).ok_or_else(|| {
        let names: Vec<_> = channels.iter().take(20).map(|c| c.name.as_str()).collect();
        anyhow::anyhow!("no channel '{wanted}' among the {}: {}", channels.len(), names.join(", "))
    })
}

impl Signal {
    /// Restricts the signal to two channels, in that order.
    pub(crate) fn keep_pair(&mut self, info: &SignalInfo, pair: &Pair) -> Result<()> {
        let index = |name: &str| find_channel(&info.channels, name);
        let (a, b) = (index(&pair.a)?, index(&pair.b)?);
        if a == b {
            bail!("{}:{}: both are channel {}", pair.a, pair.b, info.channels[a].name);
        }
        self.channels = [a, b].map(|i| (i, info.channels[i].clone())).to_vec();
        Ok(())
    }

    /// `A:B`.
    pub(crate) fn pair_name(&self) -> String {
        self.names().collect::<Vec<_>>().join(":")
    }
}
