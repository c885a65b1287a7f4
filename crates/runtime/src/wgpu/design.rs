//! Regions → blueprints, and the values between them, determined without a device.

use rlx_compile::params::{Detrend, Layout, MaxOver, Padding, WelchPeaksSpec};
use rlx_compile::plan::Place;
use rlx_compile::regions::{Asked, Framed, Spectrogram, Task, Transform, Welch};
use rlx_compile::{NodeId, Op, Plan, Refusal, ValueKind};
use rlx_dsp::mel::MelFilterbank;

use super::blueprint::{
    Blueprint, FrameTransform, Frames, GroupLimits, MixedFrames, Passes, Spectrum, WelchPeaks, pointwise,
};
use super::{cross, limb_psd};
use crate::cpu::psd_factor;
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// A value on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    /// Bytes per row of the batch.
    pub(super) row_bytes: usize,
    /// Number of contiguous planes, each with all rows.
    pub(super) planes: usize,
}

/// A kernel, the value that it reads and the value that it writes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Launched {
    pub(super) blueprint: Blueprint,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The device's part of a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Design {
    pub(super) batch: usize,
    pub(super) values: Vec<Value>,
    pub(super) launches: Vec<Launched>,
    /// Values that the caller provides, with their nodes.
    pub(super) inputs: Vec<(usize, NodeId)>,
    /// Values that the caller receives.
    pub(super) outputs: Vec<usize>,
}

/// Returns the kernels that compute `wanted` from the inputs of a plan, for samples of this type.
pub(super) fn design(
    plan: &Plan,
    wanted: &[NodeId],
    format: SampleFormat,
    limits: &GroupLimits,
) -> Result<Design> {
    let (graph, types) = (plan.graph(), plan.types());
    let mut design = Design {
        batch: types.first().and_then(|t| t.dims.first()).copied().unwrap_or(0),
        ..Design::default()
    };
    let mut places: Vec<Option<usize>> = vec![None; types.len()];
    let value = |design: &mut Design, places: &mut [Option<usize>], id: NodeId| {
        let ty = &types[id.0];
        let planes = if matches!(ty.kind, ValueKind::Spectrum { layout: Layout::Block, .. }) { 2 } else { 1 };
        let row: usize = ty.dims.iter().skip(1).product();
        design.values.push(Value { row_bytes: row * ty.kind.element_bytes(), planes });
        places[id.0] = Some(design.values.len() - 1);
        design.values.len() - 1
    };
    for (id, node) in graph.iter() {
        if matches!(node.op, Op::Input { .. }) {
            let input = value(&mut design, &mut places, id);
            let bytes = &mut design.values[input].row_bytes;
            *bytes = *bytes / 4 * format.bytes();
            design.inputs.push((input, id));
        }
    }
    for region in plan.regions_on(Place::Device) {
        let id = region.results[0];
        let lacks = |reason: String| Error::unsupported(format!("{id} ({}): {reason}", region.task.name()));
        let passes = kernel(&Asked { region, graph, types }, format, limits).map_err(|r| lacks(r.reason))?;
        let from = places[region.source.0].ok_or_else(|| lacks("its operand has no place".to_owned()))?;
        let to = value(&mut design, &mut places, id);
        let mut taken = from;
        for (blueprint, row_bytes) in passes.before {
            design.values.push(Value { row_bytes, planes: 1 });
            let between = design.values.len() - 1;
            design.launches.push(Launched { blueprint, from: taken, to: between });
            taken = between;
        }
        design.launches.push(Launched { blueprint: passes.last, from: taken, to });
    }
    for &id in wanted {
        let lost = || Error::unsupported(format!("{id} is no value of the device"));
        let place = places[id.0].ok_or_else(lost)?;
        design.outputs.push(place);
    }
    Ok(design)
}

/// Returns the kernels of a region; the caller's samples are of this type. The values between them fit in buffers, one
/// row at least.
pub(super) fn kernel(
    asked: &Asked<'_>,
    format: SampleFormat,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let passes = select(asked, format, limits)?;
    match passes.before.iter().map(|(_, bytes)| *bytes as u64).find(|bytes| *bytes > limits.buffer) {
        None => Ok(passes),
        Some(bytes) => Err(Refusal::new(format!(
            "a row needs {bytes} bytes between its kernels, and max_storage_buffer_binding_size is {}",
            limits.buffer
        ))),
    }
}

fn select(
    asked: &Asked<'_>,
    format: SampleFormat,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let refuse = |reason: &str| Err(Refusal::new(reason));
    let samples = if asked.reads_input() { format } else { SampleFormat::F32 };
    let taken = asked.source();
    if taken.dims.first() != asked.types.first().and_then(|t| t.dims.first()) {
        return refuse("inputs of different batches");
    }
    let made = |passes: Result<Passes>| passes.map_err(|error| reason_of(&error));
    let batch = taken.dims.first().copied().unwrap_or(1);
    let one = |blueprint: Result<Blueprint>| made(blueprint.map(Passes::one));
    match &asked.region.task {
        Task::WelchPeaks(spec) => {
            let kernel =
                WelchPeaks { spec: spec.clone(), row_len: taken.last(), samples, peaks: true, psd: false };
            one(kernel.blueprint(limits))
                .or_else(|_| made(any_length_peaks(spec, taken.last(), samples, batch, limits)))
        }
        Task::Welch(welch) => {
            if welch.peaks.is_some() {
                return refuse("scaling and peaks are kernels of their own");
            }
            fused(welch, taken.last(), samples, limits).or_else(|_| {
                let Spectrogram { transform, bins, doubled, scaling, .. } = &welch.powers;
                let frames = any_length(transform, *bins, *doubled, samples)?;
                let scale = scaling.map_or(1.0, |(rate, scaling)| scaling.factor(&frames.window, rate));
                made(frames.averaged(batch, welch.average, scale, limits))
            })
        }
        Task::Spectrogram(powers) => {
            if powers.scaling.is_some() {
                return refuse("scaling is a kernel of its own");
            }
            let spectrum = match powers.magnitude {
                true => Spectrum::Magnitude,
                false => Spectrum::Power { one_sided: powers.doubled },
            };
            transform(&powers.transform, samples, powers.bins, spectrum, limits).or_else(|_| {
                let frames = any_length(&powers.transform, powers.bins, powers.doubled, samples)?;
                made(frames.each(spectrum, limits))
            })
        }
        Task::Transform(fft) => {
            let spectrum = match fft.layout {
                Layout::Block => Spectrum::Block,
                Layout::Interleaved => Spectrum::Interleaved,
            };
            transform(fft, samples, fft.bins, spectrum, limits).or_else(|_| {
                let frames = any_length(fft, fft.bins, false, samples)?;
                made(frames.each(spectrum, limits))
            })
        }
        Task::Frames(_) => refuse("frames stay in the registers of a transform"),
        Task::LogMel(_) => refuse("mel energies and logarithms are kernels of their own"),
        Task::Learned(_) => refuse("no kernel for learned transforms"),
        Task::Op(op) => {
            let id = asked.region.results[0];
            let ty = &asked.types[id.0];
            let values: usize = ty.dims.iter().skip(1).product();
            match op {
                Op::Preemphasis { .. } | Op::Affine { .. } if samples != SampleFormat::F32 => {
                    refuse("it takes f32 samples")
                }
                Op::Preemphasis { coefficient, .. } => one(pointwise::preemphasis(*coefficient, values)),
                Op::Affine { scale, offset } => {
                    one(pointwise::affine(*scale, *offset, values * (ty.kind.element_bytes() / 4)))
                }
                Op::Average { average } => {
                    let segments = taken.dims.get(1).copied().unwrap_or(1);
                    one(pointwise::average(*average, segments, taken.last()))
                }
                Op::Psd { sample_rate, scaling } => {
                    let factor = psd_factor(asked.graph, asked.types, id, *sample_rate, *scaling);
                    one(factor.and_then(|factor| pointwise::affine(factor, 0.0, values)))
                }
                Op::TopK { k } => {
                    let spectra = taken.dims.iter().rev().skip(1).rev().skip(1).product();
                    one(pointwise::top_k(spectra, taken.last(), *k))
                }
                Op::Log { base, floor, add } => one(pointwise::log(*base, *floor, *add, values)),
                Op::MelFilterbank(params) => {
                    let bank = MelFilterbank::new(params).map_err(Error::Dsp);
                    one(bank.and_then(|bank| pointwise::mel(&bank, values / bank.n_mels().max(1))))
                }
                Op::ClampNormalise { below_max, offset, scale, scope: MaxOver::Item } => {
                    one(pointwise::clamp_normalise(*below_max, *offset, *scale, values))
                }
                Op::ClampNormalise { scope: MaxOver::Batch, .. } => refuse("no maximum over the whole batch"),
                Op::Power { .. } | Op::Magnitude => refuse("no power or magnitude of a spectrum in memory"),
                Op::CrossSpectra(spec) => cross::kernel(asked, spec, samples, limits),
                Op::LimbPsd(spec) => limb_psd::kernel(asked, spec, samples),
                Op::Input { .. }
                | Op::Output { .. }
                | Op::Segment { .. }
                | Op::Detrend { .. }
                | Op::Window { .. }
                | Op::Fft { .. }
                | Op::InverseFft { .. }
                | Op::Butterfly(_)
                | Op::LocalPeaks(_)
                | Op::WelchPeaks(_)
                | Op::NormaliseFeatures { .. }
                | Op::SpectralMask { .. } => Err(Refusal::new(format!("no {} kernel", op.kind()))),
            }
        }
    }
}

/// Returns the fused kernel of averaged powers.
fn fused(
    welch: &Welch,
    row_len: usize,
    samples: SampleFormat,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let Some(spec) = welch.spec(1) else {
        return Err("the fused kernel has real rows without padding and pre-emphasis".into());
    };
    let kernel = WelchPeaks { spec: spec.clone(), row_len, samples, peaks: false, psd: true };
    let scaled = || {
        let passes = Passes::one(kernel.blueprint(limits)?);
        let Some((rate, scaling)) = welch.powers.scaling else { return Ok(passes) };
        let weights = spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(Error::Dsp)?;
        let bins = spec.n_fft / 2 + 1;
        Ok(passes.then(4 * bins, pointwise::affine(scaling.factor(&weights, rate), 0.0, bins)?))
    };
    scaled().map_err(|error: Error| reason_of(&error))
}

/// Returns a selection after averaged powers of any length.
fn any_length_peaks(
    spec: &WelchPeaksSpec,
    row_len: usize,
    samples: SampleFormat,
    batch: usize,
    limits: &GroupLimits,
) -> Result<Passes> {
    if spec.segment_len > spec.n_fft || spec.segment_len > row_len || spec.n_fft > LONGEST {
        let lengths = [spec.segment_len, spec.n_fft, row_len];
        return Err(Error::unsupported(format!("no segments, points and samples of {lengths:?}")));
    }
    let bins = spec.n_fft / 2 + 1;
    let frames = MixedFrames {
        n_fft: spec.n_fft,
        row_len,
        segments: (row_len - spec.segment_len) / spec.hop.max(1) + 1,
        hop: spec.hop,
        pad: Padding::None,
        window: spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(Error::Dsp)?,
        detrend: spec.detrend,
        samples,
        complex: false,
        bins,
        doubled: true,
        keep: spec.keep,
    };
    let power = frames.averaged(batch, spec.average, 1.0, limits)?;
    Ok(power.then(4 * bins, pointwise::top_k(1, bins, spec.k)?))
}

/// Longest transform that is requested; the kernel decides whether it fits in workgroup memory.
const LONGEST: usize = 1 << 15;

/// Returns frames in the form of the kernel of any length.
pub(super) fn any_length(
    transform: &Transform,
    bins: usize,
    doubled: bool,
    samples: SampleFormat,
) -> std::result::Result<MixedFrames, Refusal> {
    let Transform { frames: framed, n_fft, keep, .. } = transform;
    let Some(plain) = framed.plain() else {
        return Err("its frames are made in an order that no kernel has".into());
    };
    if plain.preemphasis.is_some() {
        return Err(Refusal::new(format!("no pre-emphasis of frames of {n_fft} points")));
    }
    if *n_fft > LONGEST || framed.len > *n_fft {
        return Err(Refusal::new(format!("no transform of {n_fft} points in workgroup memory")));
    }
    let window = plain.window.coefficients(framed.len, plain.symmetry);
    Ok(MixedFrames {
        n_fft: *n_fft,
        row_len: framed.row_len,
        segments: framed.segments,
        hop: framed.hop,
        pad: framed.pad,
        window: window.map_err(|error| Refusal::new(error.to_string()))?,
        detrend: plain.detrend,
        samples,
        complex: framed.complex,
        bins,
        doubled,
        keep: *keep,
    })
}

/// Returns the reason of a blueprint's error, without its context.
pub(super) fn reason_of(error: &Error) -> Refusal {
    match error {
        Error::Unsupported(reason) => Refusal::new(reason.clone()),
        other => Refusal::new(other.to_string()),
    }
}

pub(super) fn transform(
    transform: &Transform,
    samples: SampleFormat,
    bins: usize,
    spectrum: Spectrum,
    limits: &GroupLimits,
) -> std::result::Result<Passes, Refusal> {
    let Transform { frames, n_fft, keep, .. } = transform;
    let frames = frames_of(frames, samples)?;
    let transform = FrameTransform { frames, n_fft: *n_fft, bins, keep: *keep, spectrum };
    transform.passes(limits).map_err(|error| reason_of(&error))
}

/// Returns frames in the form of the kernels.
fn frames_of(framed: &Framed, samples: SampleFormat) -> std::result::Result<Frames, Refusal> {
    let Some(plain) = framed.plain() else {
        return Err("its frames are made in an order that no kernel has".into());
    };
    if plain.detrend == Detrend::Linear {
        return Err("no linear detrend".into());
    }
    Ok(Frames {
        row_len: framed.row_len,
        segments: framed.segments,
        len: framed.len,
        hop: framed.hop,
        pad: framed.pad,
        samples,
        complex: framed.complex,
        detrend: plain.detrend == Detrend::Constant,
        preemphasis: plain.preemphasis.map(|c| c as f32),
        window: (plain.window, plain.symmetry),
    })
}
