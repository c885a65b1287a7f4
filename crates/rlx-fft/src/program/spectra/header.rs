//! The fields at the beginning of every result.

use crate::flags::EstimateArgs;
use crate::signal::Signal;
use rlx_dsp::welch::{Coverage, PsdParams};
use rlx_io::write::results::{Header, SCHEMA, power_unit};

/// Returns the header of an estimate.
pub(crate) fn header(
    command: &str,
    signal: &Signal,
    estimate: &EstimateArgs,
    params: &PsdParams,
    segments: u64,
    mut notes: Vec<String>,
) -> Header {
    let scaling = params.scaling.to_string();
    notes.extend(units_note(signal, &scaling));
    Header {
        schema: SCHEMA,
        tool: "rlx-fft".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: command.into(),
        source: signal.source.clone(),
        sample_rate: signal.axis.rate,
        x_unit: signal.axis.x_unit.clone(),
        n_fft: params.segments.n_fft,
        bin_width: params.sample_rate / params.segments.n_fft as f64,
        hop: params.segments.hop,
        window: params.segments.window.to_string(),
        detrend: params.segments.detrend.to_string(),
        average: params.average.to_string(),
        unit: power_unit(&scaling, signal.unit(), &signal.axis.x_unit),
        scaling,
        segments,
        defaults: estimate.defaults.clone(),
        notes,
    }
}

/// Returns a note with the unit of each channel, if the units differ.
fn units_note(signal: &Signal, scaling: &str) -> Option<String> {
    const SHOWN: usize = 40;
    let mixed = signal.unit().is_none() && signal.channels.iter().any(|(_, c)| c.unit.is_some());
    if !mixed || scaling == "raw" {
        return None;
    }
    let of = |(_, channel): &(usize, rlx_io::read::ChannelInfo)| {
        format!("{} {}", channel.name, power_unit(scaling, channel.unit.as_deref(), &signal.axis.x_unit))
    };
    let mut all: Vec<_> = signal.channels.iter().take(SHOWN).map(of).collect();
    if signal.channels.len() > SHOWN {
        all.push("…".into());
    }
    Some(format!("the units of the channels differ: {}", all.join(", ")))
}

/// Returns a note about the missing samples of a channel, if there were any.
pub(crate) fn coverage_note(channel: &str, coverage: &Coverage) -> Option<String> {
    let filled = coverage.filled;
    let mut parts = Vec::new();
    if filled.samples > 0 {
        parts.push(format!("{} samples interpolated in {} gaps", filled.samples, filled.gaps));
    }
    if filled.left > 0 {
        parts.push(format!("{} missing samples in gaps too long to interpolate", filled.left));
    }
    if coverage.skipped > 0 {
        parts.push(format!("{} segments with missing samples skipped", coverage.skipped));
    }
    (!parts.is_empty()).then(|| format!("channel {channel}: {}", parts.join(", ")))
}
