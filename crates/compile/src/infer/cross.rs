//! Estimates of whole rows that are one op: cross spectra, and powers in two limbs.

use rlx_dsp::fft::Complex;
use rlx_dsp::params::SegmentParams;
use rlx_dsp::welch::PsdParams;

use super::{At, framing};
use crate::error::Result;
use crate::params::{Average, CrossSpec, CrossValue, LimbPsdSpec, Padding};
use crate::shape::{ValueKind, ValueType};

pub(super) fn spectra(at: &At<'_>, spec: &CrossSpec) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Samples { complex } = operand.kind else {
        return Err(at.wrong_operand("samples [b, channels·n]"));
    };
    let (channels, len) = (spec.channels, operand.last());
    if channels == 0 || !len.is_multiple_of(channels) {
        return Err(at.parameter(format!("{len} samples are not those of {channels} signals of one length")));
    }
    if spec.pairs.is_empty() {
        return Err(at.parameter("it has no pairs of signals"));
    }
    if let Some(pair) = spec.pairs.iter().find(|(x, y)| *x.max(y) >= channels) {
        return Err(at.parameter(format!("pair {pair:?} of {channels} signals, which count from 0")));
    }
    if matches!(spec.estimate.average, Average::Max | Average::Min) {
        let average = spec.estimate.average;
        return Err(at.parameter(format!("a cross spectrum has a mean or a median, got {average}")));
    }
    let bins = estimate(at, &spec.estimate, len / channels, complex)?;
    let n_fft = spec.estimate.segments.n_fft;
    let kind = ValueKind::Cross { n_fft, complex: spec.value == CrossValue::Spectrum };
    Ok(ValueType::new(kind, [operand.dims[0], spec.pairs.len(), bins]))
}

pub(super) fn limb_psd(at: &At<'_>, spec: &LimbPsdSpec) -> Result<ValueType> {
    let operand = at.operand()?;
    let ValueKind::Samples { complex: true } = operand.kind else {
        return Err(at.wrong_operand("samples [b, n] in two limbs, given as complex samples"));
    };
    if !spec.estimate.one_sided::<f32>() {
        return Err(at.parameter("powers in two limbs are one-sided"));
    }
    let bins = estimate(at, &spec.estimate, operand.last(), false)?;
    let kind = ValueKind::LimbPower { n_fft: spec.estimate.segments.n_fft };
    Ok(ValueType::new(kind, [operand.dims[0], bins]))
}

/// Checks the estimate for signals of `len` samples and returns its bins.
fn estimate(at: &At<'_>, params: &PsdParams, len: usize, complex: bool) -> Result<usize> {
    let (checked, bins) = match complex {
        true => (params.validate::<Complex<f32>>(), params.n_bins::<Complex<f32>>()),
        false => (params.validate::<f32>(), params.n_bins::<f32>()),
    };
    checked.map_err(|error| at.parameter(error.to_string()))?;
    framing::segments(at, len, params.segments.segment_len, params.segments.hop, Padding::None)?;
    let SegmentParams { window, symmetry, segment_len, .. } = &params.segments;
    framing::check_window(at, window, *symmetry, *segment_len)?;
    Ok(bins)
}
