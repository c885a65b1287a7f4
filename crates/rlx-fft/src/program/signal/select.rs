//! One signal: its selected channels, range and axis.

use super::Axis;
use super::clock::Clock;
use crate::flags::InputArgs;
use anyhow::{Result, bail};
use rlx_io::read::{ChannelInfo, SignalInfo};

/// The analysed part of one signal of a file.
#[derive(Debug, Clone)]
pub(crate) struct Signal {
    /// File name (and part) in results.
    pub(crate) source: String,
    /// Rate and units.
    pub(crate) axis: Axis,
    /// The selected channels, with their index in the file.
    pub(crate) channels: Vec<(usize, ChannelInfo)>,
    /// The selected range, in samples on the time axis of the recording.
    pub(crate) from: f64,
    pub(crate) until: f64,
    /// Position of the first sample of the file on that axis.
    pub(crate) first: f64,
    /// Expected number of samples, if known, and the number in the longest part without a pause.
    pub(crate) frames: Option<u64>,
    pub(crate) longest: Option<u64>,
    /// Times of the delivered samples.
    pub(crate) clock: Clock,
    /// Centre frequency of a complex signal, in `x_unit`.
    pub(crate) center: f64,
    /// Notes about how the file is read.
    pub(crate) remarks: Vec<String>,
}

impl Signal {
    /// Selects the channels with these indices, and the requested range.
    ///
    /// Fails if the rate is unknown, or the range is empty.
    pub(crate) fn new(info: &SignalInfo, channels: &[usize], args: &InputArgs) -> Result<Self> {
        let source = source_name(info);
        let Some(rate) = info.sample_rate else {
            let more = if info.format.is_table() {
                ", or --time COLUMN if it has a column of timestamps"
            } else {
                ""
            };
            bail!("a {} file does not contain a sample rate: give --rate{more}", info.format);
        };
        let axis = Axis::new(rate, info.rate_in_hz, &args.x_unit);
        let channels: Vec<_> = channels.iter().map(|&i| (i, info.channels[i].clone())).collect();
        if channels.is_empty() {
            bail!("has no channel to analyse");
        }
        let samples = |time: f64| (time * axis.rate).round();
        let take = args.duration.map(samples);
        if take == Some(0.0) {
            bail!("--duration is shorter than one sample");
        }
        // Times of the file are in seconds; the axis may have another unit.
        let first = info.start_s * rate;
        let from = samples(args.start).max(first);
        let until = take.map_or(f64::INFINITY, |take| from + take);
        let stretches = stretches(info, rate);
        let inside = |stretch: &(f64, u64)| {
            let end = (stretch.0 + stretch.1 as f64).min(until);
            (end - stretch.0.max(from)).round().max(0.0) as u64
        };
        let frames = stretches.as_ref().map(|all| all.iter().map(inside).sum::<u64>());
        let longest = stretches.as_ref().and_then(|all| all.iter().map(inside).max());
        if let (Some(0), Some(all)) = (frames, &stretches)
            && all.iter().any(|stretch| stretch.1 > 0)
        {
            let end = all.last().map_or(0.0, |last| last.0 + last.1 as f64) / axis.rate;
            if from / axis.rate >= end {
                bail!("--start {} is after the end, at {end}", args.start);
            }
            bail!("the range from --start {} is in a pause of the recording", from / axis.rate);
        }
        let center = info.center_freq.unwrap_or(0.0) * axis.scale;
        let remarks = info.notes.clone();
        let clock = Clock::new(axis.rate, from);
        Ok(Self { source, axis, channels, from, until, first, frames, longest, clock, center, remarks })
    }

    /// Returns the names of the channels.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|(_, channel)| channel.name.as_str())
    }

    /// Returns the channels' common unit, if they have one.
    pub(crate) fn unit(&self) -> Option<&str> {
        let first = self.channels.first()?.1.unit.as_deref()?;
        self.channels.iter().all(|(_, c)| c.unit.as_deref() == Some(first)).then_some(first)
    }

    /// Returns the start of a sample, counted from the first one read, in units of time on the axis of the recording.
    pub(crate) fn time(&self, sample: u64) -> f64 {
        self.clock.time(sample)
    }

    /// Returns the end of the sample before `end`.
    pub(crate) fn end(&self, end: u64) -> f64 {
        self.clock.end(end)
    }
}

/// Returns the parts between pauses as (position of the first sample, samples), if the length is known.
fn stretches(info: &SignalInfo, rate: f64) -> Option<Vec<(f64, u64)>> {
    let frames = info.frames?;
    let mut all = Vec::new();
    let (mut from, mut position) = (0, info.start_s * rate);
    for pause in info.pauses.iter().filter(|pause| pause.sample <= frames) {
        all.push((position, pause.sample - from));
        (from, position) = (pause.sample, pause.end_s * rate);
    }
    all.push((position, frames - from));
    Some(all)
}

/// File name, and the part where a file holds several signals.
pub(crate) fn source_name(info: &SignalInfo) -> String {
    match &info.part {
        Some(part) => format!("{}:{part}", info.path.display()),
        None => info.path.display().to_string(),
    }
}

impl Signal {
    /// `A:B`.
    pub(crate) fn pair_name(&self) -> String {
        self.names().collect::<Vec<_>>().join(":")
    }
}
