//! Ops whose result is smaller than their operand: averages, peaks, filterbanks.

use super::{At, framing, spectral};
use crate::error::Result;
use crate::params::{LocalPeaksSpec, MelFilterbankParams, Padding, SubBin, WelchPeaksSpec};
use crate::shape::{PowerUnit, ValueKind, ValueType, one_sided_bins};

pub(super) fn average(at: &At<'_>) -> Result<ValueType> {
    let operand = at.operand()?;
    match (operand.kind, operand.dims.as_slice()) {
        (ValueKind::Power { unit: PowerUnit::Raw | PowerUnit::Scaled, .. }, &[batch, _, bins]) => {
            Ok(ValueType::new(operand.kind, [batch, bins]))
        }
        _ => Err(at.wrong_operand("power [b, s, bins]")),
    }
}

pub(super) fn top_k(at: &At<'_>, k: usize) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Power { unit: PowerUnit::Raw | PowerUnit::Scaled, .. } = operand.kind else {
        return Err(at.wrong_operand("power […, bins]"));
    };
    if k == 0 {
        return Err(at.parameter("k must be positive, got 0"));
    }
    Ok(packed(operand, k.min(operand.last())))
}

pub(super) fn local_peaks(at: &At<'_>, spec: &LocalPeaksSpec) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Power { unit, .. } = operand.kind else {
        return Err(at.wrong_operand("power […, bins]"));
    };
    if unit == PowerUnit::Log && spec.sub_bin != SubBin::None {
        return Err(at.parameter("positions between bins come from powers, not from their logarithms"));
    }
    if spec.max_peaks == 0 {
        return Err(at.parameter("max_peaks must be positive, got 0"));
    }
    let bounds = [
        ("height", spec.height),
        ("threshold", spec.threshold),
        ("distance", spec.distance),
        ("prominence", spec.prominence),
        ("width", spec.width),
    ];
    for (name, bound) in bounds {
        at.finite(name, bound.unwrap_or(0.0))?;
    }
    if spec.distance.is_some_and(|d| d < 1.0) {
        return Err(at.parameter("distance must be at least 1"));
    }
    Ok(packed(operand, spec.max_peaks))
}

/// `[…, bins]` → `[…, k, 2]`.
fn packed(operand: &ValueType, k: usize) -> ValueType {
    let mut ty = operand.with_last(ValueKind::Peaks, k);
    ty.dims.push(2);
    ty
}

pub(super) fn welch_peaks(at: &At<'_>, spec: &WelchPeaksSpec) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Samples { complex: false } = operand.kind else {
        return Err(at.wrong_operand("real samples [b, n]"));
    };
    framing::segments(at, operand.last(), spec.segment_len, spec.hop, Padding::None)?;
    framing::check_window(at, &spec.window, spec.symmetry, spec.segment_len)?;
    if spec.n_fft < spec.segment_len {
        return Err(at.parameter(format!("n_fft {} is shorter than the segments", spec.n_fft)));
    }
    if spec.k == 0 {
        return Err(at.parameter("k must be positive, got 0"));
    }
    let bins = one_sided_bins(spec.n_fft);
    if let Some(band) = spec.keep {
        spectral::check_band(at, band, bins)?;
    }
    Ok(ValueType::new(ValueKind::Peaks, [operand.dims[0], spec.k.min(bins), 2]))
}

pub(super) fn mel(at: &At<'_>, params: &MelFilterbankParams) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Power { n_fft, one_sided: true, unit: PowerUnit::Raw | PowerUnit::Scaled } = operand.kind
    else {
        return Err(at.wrong_operand("one-sided power […, bins]"));
    };
    at.positive("sample_rate", params.sample_rate)?;
    at.finite("f_min", params.f_min)?;
    let nyquist = params.sample_rate / 2.0;
    let (lo, hi) = (params.f_min, params.f_max.unwrap_or(nyquist));
    at.finite("f_max", hi)?;
    if params.n_mels == 0 {
        return Err(at.parameter("n_mels must be positive, got 0"));
    }
    if params.n_fft != n_fft {
        return Err(
            at.parameter(format!("filters over a transform of {}, the power is of {n_fft}", params.n_fft))
        );
    }
    if !(0.0 <= lo && lo < hi && hi <= nyquist) {
        return Err(at.parameter(format!("needs 0 ≤ f_min < f_max ≤ {nyquist}, got {lo} and {hi}")));
    }
    Ok(operand.with_last(ValueKind::Mel { log: false }, params.n_mels))
}
