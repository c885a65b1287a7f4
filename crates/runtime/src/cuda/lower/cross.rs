//! Cross spectra: the spectra of all frames of all signals, then the averages of their products.

use rlx_compile::ValueKind;
use rlx_compile::params::{Average, CrossSpec, CrossValue, Detrend, Layout, Padding};
use rlx_compile::regions::{Asked, FrameStep, Framed, Transform};

use super::super::blueprint::cross::{CrossAverage, cross};
use super::regions::Taken;
use super::transforms;

/// Returns the kernels of cross spectra of the caller's samples.
pub(super) fn kernel(asked: &Asked<'_>, spec: &CrossSpec) -> Result<Taken, String> {
    if !asked.reads_input() {
        return Err("kernels of frames read the caller's samples".to_owned());
    }
    let made = &asked.types[asked.region.results[0].0];
    let complex = asked.source().kind == ValueKind::Samples { complex: true };
    let params = &spec.estimate;
    let (segments, bins) = (&params.segments, made.last());
    let row_len = asked.source().last() / spec.channels.max(1);
    if spec.value == CrossValue::Coherence && params.average == Average::Median {
        return Err("no coherence of medians".to_owned());
    }
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
    let count = frames.segments;
    let n_fft = segments.n_fft;
    let spectra = Transform { frames, n_fft, bins, layout: Layout::Interleaved, keep: None };
    let spectra = transforms::kernel(&spectra)?;
    let weights = segments.weights().map_err(|error| error.to_string())?;
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
    spectra.then(move |passes| cross(&average, passes))
}
