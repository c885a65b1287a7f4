//! Transforms and ops on bins.

use super::At;
use crate::error::Result;
use crate::params::{Band, ButterflySpec, Layout, Mask, Scaling, Sides};
use crate::shape::{PowerUnit, ValueKind, ValueType, one_sided_bins};

pub(super) fn fft(
    at: &At<'_>,
    n_fft: usize,
    sides: Sides,
    layout: Layout,
    keep: Option<Band>,
) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Frames { complex } = operand.kind else {
        return Err(at.wrong_operand("frames [b, s, len]"));
    };
    if n_fft < operand.last() {
        return Err(at.parameter(format!("n_fft {n_fft} is shorter than the segments")));
    }
    let one_sided = match sides {
        Sides::Auto => !complex,
        Sides::One if complex => {
            return Err(at.parameter("complex samples have no one-sided spectrum"));
        }
        Sides::One => true,
        Sides::Two => false,
    };
    let bins = if one_sided { one_sided_bins(n_fft) } else { n_fft };
    if let Some(band) = keep {
        check_band(at, band, bins)?;
    }
    let kind = ValueKind::Spectrum { n_fft, real_input: !complex, one_sided, layout };
    Ok(operand.with_last(kind, bins))
}

pub(super) fn inverse_fft(at: &At<'_>, n_fft: usize, real: bool) -> Result<ValueType> {
    let operand = at.operand()?;
    if n_fft == 0 {
        return Err(at.parameter("n_fft must be positive, got 0"));
    }
    let bins = if real { one_sided_bins(n_fft) } else { n_fft };
    let segments = match (operand.kind, operand.dims.as_slice()) {
        (ValueKind::Spectrum { n_fft: n, one_sided, .. }, &[_, segments, _]) => {
            if n != n_fft || one_sided != real {
                return Err(at.parameter(format!("needs {bins} bins of a transform of {n_fft}")));
            }
            segments
        }
        (ValueKind::Samples { complex: true }, &[_, len]) if len.is_multiple_of(bins) => len / bins,
        (ValueKind::Samples { complex: true }, _) => {
            return Err(at.parameter(format!("needs rows of a multiple of {bins} bins")));
        }
        _ => return Err(at.wrong_operand("spectrum [b, s, bins] or complex samples [b, s·bins]")),
    };
    let batch = operand.dims[0];
    let len = segments.checked_mul(n_fft).ok_or_else(|| at.overflow(vec![batch, segments, n_fft]))?;
    Ok(ValueType::new(ValueKind::Samples { complex: !real }, [batch, len]))
}

pub(super) fn butterfly(at: &At<'_>, spec: &ButterflySpec) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Frames { complex } = operand.kind else {
        return Err(at.wrong_operand("frames [b, s, len]"));
    };
    if !spec.n.is_power_of_two() || spec.n < 2 {
        return Err(at.parameter(format!("n must be a power of two from 2, got {}", spec.n)));
    }
    if spec.n != operand.last() {
        return Err(at.parameter(format!("n {} is not the segments' length", spec.n)));
    }
    if spec.live > spec.total() {
        return Err(at.parameter(format!("{} live butterflies of {}", spec.live, spec.total())));
    }
    let kind =
        ValueKind::Spectrum { n_fft: spec.n, real_input: !complex, one_sided: false, layout: spec.layout };
    Ok(operand.with_last(kind, spec.n))
}

pub(super) fn power(at: &At<'_>, one_sided: bool) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Spectrum { n_fft, real_input, one_sided: half, .. } = operand.kind else {
        return Err(at.wrong_operand("spectrum [b, s, bins]"));
    };
    if one_sided && !real_input {
        return Err(at.parameter("one-sided power needs the spectrum of real samples"));
    }
    let bins = if one_sided { one_sided_bins(n_fft) } else { operand.last() };
    // Mel filterbanks take the power of half a spectrum, which is one-sided and not doubled.
    let kind = ValueKind::Power { n_fft, one_sided: one_sided || half, unit: PowerUnit::Raw };
    Ok(operand.with_last(kind, bins))
}

pub(super) fn magnitude(at: &At<'_>) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Spectrum { n_fft, one_sided, .. } = operand.kind else {
        return Err(at.wrong_operand("spectrum [b, s, bins]"));
    };
    Ok(operand.with_last(ValueKind::Power { n_fft, one_sided, unit: PowerUnit::Magnitude }, operand.last()))
}

pub(super) fn psd(at: &At<'_>, sample_rate: f64, scaling: Scaling) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Power { n_fft, one_sided, unit: PowerUnit::Raw } = operand.kind else {
        return Err(at.wrong_operand("raw power […, bins]"));
    };
    at.positive("sample_rate", sample_rate)?;
    let unit = if scaling == Scaling::Raw { PowerUnit::Raw } else { PowerUnit::Scaled };
    Ok(ValueType::new(ValueKind::Power { n_fft, one_sided, unit }, operand.dims.clone()))
}

pub(super) fn mask(at: &At<'_>, mask: &Mask) -> Result<ValueType> {
    let operand = at.operand()?;
    match operand.kind {
        ValueKind::Spectrum { .. } | ValueKind::Mel { log: false } => {}
        ValueKind::Power { unit, .. } if unit != PowerUnit::Log => {}
        _ => return Err(at.wrong_operand("spectrum, power or mel […, bins]")),
    }
    if let Mask::Bins(bins) = mask
        && !bins.windows(2).all(|w| w[0] < w[1])
    {
        return Err(at.parameter("the mask's bins must ascend strictly"));
    }
    match mask.hull() {
        None => Err(at.parameter("the mask keeps no bin")),
        Some(hull) => check_band(at, hull, operand.last()).map(|()| operand.clone()),
    }
}

/// Rejects an empty band and one that exceeds the spectrum.
pub(super) fn check_band(at: &At<'_>, band: Band, bins: usize) -> Result<()> {
    if band.lo < band.hi && band.hi <= bins {
        Ok(())
    } else {
        Err(at.parameter(format!("band {}..{} is empty or beyond {bins} bins", band.lo, band.hi)))
    }
}
