//! Kernels of cross spectra: the spectra of all frames of all signals, then the averages of their products.

use rlx_compile::params::{Average, CrossSpec, CrossValue, Detrend, Layout, Padding};
use rlx_compile::regions::{Asked, FrameStep, Framed, Transform};
use rlx_compile::{Refusal, ValueKind};

use super::blueprint::{CrossAverage, GroupLimits, Passes, Spectrum};
use super::design::{any_length, reason_of, transform};
use crate::session::SampleFormat;

/// Returns the kernels of cross spectra of samples of this type.
pub(super) fn kernel(
    asked: &Asked<'_>,
    spec: &CrossSpec,
    samples: SampleFormat,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let made = &asked.types[asked.region.results[0].0];
    let complex = asked.source().kind == ValueKind::Samples { complex: true };
    let params = &spec.estimate;
    if spec.value == CrossValue::Coherence && params.average == Average::Median {
        return Err("no coherence of medians".into());
    }
    let (segments, bins) = (&params.segments, made.last());
    let row_len = asked.source().last() / spec.channels.max(1);
    let trend = (segments.detrend != Detrend::None).then_some(FrameStep::Detrend(segments.detrend));
    let window = FrameStep::Window(segments.window.clone(), segments.symmetry);
    let frames = Framed {
        source: asked.region.source,
        nodes: Vec::new(),
        row_len,
        segments: params.segment_count(row_len),
        len: segments.segment_len,
        hop: segments.hop,
        pad: Padding::None,
        drop_last: 0,
        complex,
        steps: trend.into_iter().chain([window]).collect(),
    };
    let (count, n_fft) = (frames.segments, segments.n_fft);
    let fft = Transform { frames, n_fft, bins, layout: Layout::Interleaved, keep: None };
    let spectra = transform(&fft, samples, bins, Spectrum::Interleaved, limits).or_else(|_| {
        let frames = any_length(&fft, bins, false, samples)?;
        frames.each(Spectrum::Interleaved, limits).map_err(|error| reason_of(&error))
    })?;
    let weights = segments.weights().map_err(|error| Refusal::new(error.to_string()))?;
    let average = CrossAverage {
        channels: spec.channels,
        pairs: spec.pairs.clone(),
        coherence: spec.value == CrossValue::Coherence,
        median: params.average == Average::Median,
        frames: count,
        bins,
        n_fft,
        doubled: !complex && bins == n_fft / 2 + 1,
        factor: params.scaling.factor(&weights, params.sample_rate),
        batch: asked.source().dims.first().copied().unwrap_or(1),
    };
    average.behind(spectra.times(spec.channels)).map_err(|error| reason_of(&error))
}
