//! Kernels of one thread per value, and the clamp, which first needs the largest value of an item.

use rlx_compile::params::{Average, LogBase};
use rlx_dsp::mel::MelFilterbank;

use super::source::{Source, stage};
use super::{Blueprint, Buffer};
use crate::error::{Error, Result};
use crate::recipe::median_bias;

const GROUP: usize = 256;

pub(super) fn each(
    name: &'static str,
    mut source: Source,
    text: &str,
    values: usize,
    table: Option<Vec<f32>>,
) -> Result<Blueprint> {
    source.count("GROUP", GROUP).stage(stage!("each")).stage(text);
    let mut buffers = vec![Buffer::Input, Buffer::Output(0), Buffer::Batch];
    buffers.extend(table.map(Buffer::Table));
    Ok(Blueprint { name, text: source.finish()?, buffers, items_of_group: GROUP, items_of_row: values })
}

/// Computes `x · scale + offset` on `values` values per row.
pub(in crate::wgpu) fn affine(scale: f64, offset: f64, values: usize) -> Result<Blueprint> {
    // The factor of a density may be below the smallest f32 while the product is not.
    let small = scale != 0.0 && scale.abs() < 1e-30;
    let (scale, range) = if small { (scale * 64f64.exp2(), (-64f64).exp2()) } else { (scale, 1.0) };
    let mut source = Source::default();
    source.number("SCALE", scale as f32).number("RANGE", range as f32).number("OFFSET", offset as f32);
    each("affine", source, stage!("affine"), values, None)
}

/// Computes the logarithm of `max(x + add, floor)`.
pub(in crate::wgpu) fn log(base: LogBase, floor: f64, add: f64, values: usize) -> Result<Blueprint> {
    let factor = match base {
        LogBase::Ln => 1.0,
        LogBase::Log10 => std::f64::consts::LOG10_E,
        LogBase::Db => 10.0 * std::f64::consts::LOG10_E,
    };
    let mut source = Source::default();
    // The bits of a subnormal have no exponent to read.
    let floor = (floor as f32).max(f32::MIN_POSITIVE);
    source.number("FLOOR", floor).number("ADD", add as f32).number("FACTOR", factor as f32);
    each("log", source, stage!("log"), values, None)
}

/// Computes the pre-emphasis of whole rows.
pub(in crate::wgpu) fn preemphasis(coefficient: f64, row_len: usize) -> Result<Blueprint> {
    let mut source = Source::default();
    source.count("ROW_LEN", row_len).number("PREEMPHASIS", coefficient as f32);
    each("preemphasis", source, stage!("preemphasis"), row_len, None)
}

/// Averages `[segments, bins]` to `[bins]`.
pub(in crate::wgpu) fn average(average: Average, segments: usize, bins: usize) -> Result<Blueprint> {
    let kind = match average {
        Average::Mean => 0,
        Average::Max => 1,
        Average::Min => 2,
        Average::Median => return median(segments, bins, 1.0),
    };
    let mut source = Source::default();
    source.count("SEGMENTS", segments).count("BINS", bins).count("AVERAGE", kind);
    source.number("SCALE", (1.0 / segments.max(1) as f64) as f32);
    each("average", source, stage!("average"), bins, None)
}

/// Computes the median over the segments of powers `[segments, bins]`, divided by its bias and multiplied by `scale`.
pub(in crate::wgpu) fn median(segments: usize, bins: usize, scale: f64) -> Result<Blueprint> {
    let mut source = Source::default();
    source.count("SEGMENTS", segments).count("BINS", bins);
    source.number("FACTOR", (scale / median_bias(segments)) as f32).stage(stage!("median_digit"));
    each("median", source, stage!("median"), bins, None)
}

/// Selects the `k` largest values of each of `frames` spectra.
pub(in crate::wgpu) fn top_k(frames: usize, bins: usize, k: usize) -> Result<Blueprint> {
    let k = k.min(bins);
    if k == 0 || k > MAX_K {
        return Err(Error::unsupported(format!("k {k} is outside 1..={MAX_K}")));
    }
    let mut source = Source::default();
    let group = if bins > 512 { GROUP } else { 64 };
    source.count("GROUP", group).count("BINS", bins).count("K_OUT", k).stage(stage!("ordered"));
    source.stage(stage!("topk_select"));
    let buffers = vec![Buffer::Input, Buffer::Output(0), Buffer::Batch];
    Ok(Blueprint { name: "top_k", text: source.finish()?, buffers, items_of_group: 1, items_of_row: frames })
}

/// Largest number of peaks whose list fits in workgroup memory.
const MAX_K: usize = 1024;

/// Computes mel energies `[frames, n_mels]` of powers `[frames, bins]`.
pub(in crate::wgpu) fn mel(bank: &MelFilterbank<f32>, frames: usize) -> Result<Blueprint> {
    let (mut filters, mut weights) = (Vec::new(), Vec::new());
    for (first, row) in bank.rows() {
        let at = 3 * bank.n_mels() + weights.len();
        filters.extend([first as f32, row.len() as f32, at as f32]);
        weights.extend_from_slice(row);
    }
    if filters.len() + weights.len() > 1 << 24 {
        return Err(Error::unsupported("more weights than f32 counts"));
    }
    filters.append(&mut weights);
    let mut source = Source::default();
    source.count("MELS", bank.n_mels()).count("BINS", bank.n_bins());
    each("mel", source, stage!("mel"), frames * bank.n_mels(), Some(filters))
}

/// Limits the dynamic range of items of `values` values and normalises them.
pub(in crate::wgpu) fn clamp_normalise(
    below_max: f64,
    offset: f64,
    scale: f64,
    values: usize,
) -> Result<Blueprint> {
    let mut source = Source::default();
    source
        .count("GROUP", GROUP)
        .count("VALUES", values)
        .number("LOWEST", f32::MIN)
        .number("BELOW_MAX", below_max as f32)
        .number("OFFSET", offset as f32)
        .number("SCALE", scale as f32)
        .stage(stage!("clamp_normalise"));
    let buffers = vec![Buffer::Input, Buffer::Output(0), Buffer::Batch];
    Ok(Blueprint {
        name: "clamp_normalise",
        text: source.finish()?,
        buffers,
        items_of_group: 1,
        items_of_row: 1,
    })
}
