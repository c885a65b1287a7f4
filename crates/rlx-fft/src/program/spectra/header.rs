//! The fields that every result begins with.

use crate::flags::EstimateArgs;
use crate::signal::Signal;
use rlx_dsp::welch::{Coverage, PsdParams};
use rlx_io::write::results::{Header, SCHEMA, power_unit};

/// The header of an estimate.
pub(crate) fn header(
    command: &str,
    signal: &Signal,
    estimate: &EstimateArgs,
    params: &PsdParams,
    segments: u64,
    notes: Vec<String>,
) -> Header {
    let scaling = params.scaling.to_string();
    Header {
        schema: SCHEMA,
        tool: "rlx-fft".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: command.into(),
        source: signal.source.clone(),
        sample_rate: signal.axis.rate,
        x_unit: signal.axis.x_unit.clone(),
        n_fft: params.n_fft,
        bin_width: params.sample_rate / params.n_fft as f64,
        hop: params.hop,
        window: params.window.to_string(),
        detrend: params.detrend.to_string(),
        average: params.average.to_string(),
        unit: power_unit(&scaling, signal.unit(), &signal.axis.x_unit),
        scaling,
        segments,
        defaults: estimate.defaults.clone(),
        notes,
    }
}

/// What happened to missing samples of a channel, if anything did.
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
        parts.push(format!("{} segments left out for missing samples", coverage.skipped));
    }
    (!parts.is_empty()).then(|| format!("channel {channel}: {}", parts.join(", ")))
}
