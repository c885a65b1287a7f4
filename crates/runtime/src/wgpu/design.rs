//! Plan → blueprints and the values between them. Pure: what a device would run is known without one.

use rlx_compile::params::{Average, Detrend, Layout, MaxScope, Padding, Symmetry, WelchPeaksSpec, Window};
use rlx_compile::{Graph, NodeId, Op, OpKind, Plan, ValueKind, ValueType};

use super::blueprint::{
    Blueprint, FrameTransform, Frames, GroupLimits, Passes, Spectrum, WelchPeaks, pointwise,
};
use crate::cpu::{mel_filters, psd_factor};
use crate::error::{Error, Result};
use crate::session::SampleFormat;

/// A value on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    /// Bytes of a row of the batch.
    pub(super) row_bytes: usize,
    /// Planes that lie one after the other, each with all rows.
    pub(super) planes: usize,
}

/// A kernel, the value that it takes and the one that it makes.
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
    /// Values that the caller fills, with the nodes that they are.
    pub(super) inputs: Vec<(usize, NodeId)>,
    /// Values that the caller gets.
    pub(super) outputs: Vec<usize>,
}

/// An op that there is no kernel for, and why.
#[derive(Debug)]
pub(super) struct Lacks {
    pub(super) op: OpKind,
    pub(super) error: Error,
}

type Made<T> = std::result::Result<T, Lacks>;

/// Kernels that compute `wanted` from the inputs of a plan, samples of this type.
pub(super) fn design(
    plan: &Plan,
    wanted: &[NodeId],
    format: SampleFormat,
    limits: &GroupLimits,
) -> Made<Design> {
    let (graph, types) = (plan.graph(), plan.types());
    let mut designing = Designing {
        graph,
        types,
        format,
        limits,
        places: vec![None; types.len()],
        design: Design::default(),
    };
    designing.design.batch = types.first().and_then(|t| t.dims.first()).copied().unwrap_or(0);
    for (id, node) in graph.iter() {
        if matches!(node.op, Op::Input { .. }) {
            let value = designing.value(id)?;
            let bytes = &mut designing.design.values[value].row_bytes;
            *bytes = *bytes / 4 * format.bytes();
            designing.design.inputs.push((value, id));
        }
    }
    for &id in wanted {
        let value = designing.make(id)?;
        designing.design.outputs.push(value);
    }
    Ok(designing.design)
}

struct Designing<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    format: SampleFormat,
    limits: &'a GroupLimits,
    places: Vec<Option<usize>>,
    design: Design,
}

impl Designing<'_> {
    fn lacks(&self, id: NodeId, error: Error) -> Lacks {
        Lacks { op: self.graph.nodes()[id.0].op.kind(), error }
    }

    fn no(&self, id: NodeId, reason: &str) -> Lacks {
        self.lacks(id, Error::unsupported(format!("{id}: {reason}")))
    }

    fn operand(&self, id: NodeId) -> Made<NodeId> {
        self.graph.nodes()[id.0].inputs.first().copied().ok_or_else(|| self.no(id, "it has no operand"))
    }

    /// Type of a value of samples: the caller's, or what a kernel has made of them.
    fn samples(&self, id: NodeId) -> SampleFormat {
        let input = matches!(self.graph.nodes()[id.0].op, Op::Input { .. });
        if input { self.format } else { SampleFormat::F32 }
    }

    /// Refuses an operand that is not of `f32`.
    fn floats(&self, id: NodeId, operand: NodeId) -> Made<()> {
        match self.samples(operand) {
            SampleFormat::F32 => Ok(()),
            _ => Err(self.no(id, "it takes f32 samples")),
        }
    }

    /// Values of a row of the batch.
    fn row(&self, id: NodeId) -> usize {
        self.types[id.0].dims.iter().skip(1).product()
    }

    fn value(&mut self, id: NodeId) -> Made<usize> {
        let ty = &self.types[id.0];
        if ty.dims.first() != Some(&self.design.batch) {
            return Err(self.no(id, "inputs of different batches"));
        }
        let planes = if matches!(ty.kind, ValueKind::Spectrum { layout: Layout::Block, .. }) { 2 } else { 1 };
        let value = Value { row_bytes: self.row(id) * ty.kind.element_bytes(), planes };
        self.design.values.push(value);
        self.places[id.0] = Some(self.design.values.len() - 1);
        Ok(self.design.values.len() - 1)
    }

    fn launch(&mut self, id: NodeId, from: usize, blueprint: Result<Blueprint>) -> Made<usize> {
        let blueprint = blueprint.map_err(|e| self.lacks(id, e))?;
        let to = self.value(id)?;
        self.design.launches.push(Launched { blueprint, from, to });
        Ok(to)
    }

    /// The place of a node's value; what is needed before it is made first, once.
    fn make(&mut self, id: NodeId) -> Made<usize> {
        if let Some(place) = self.places[id.0] {
            return Ok(place);
        }
        let operand = self.operand(id)?;
        let (values, taken) = (self.row(id), &self.types[operand.0]);
        match &self.graph.nodes()[id.0].op {
            Op::WelchPeaks(spec) => {
                let row_len = taken.last();
                let samples = self.samples(operand);
                let kernel = WelchPeaks { spec: *spec, row_len, samples, peaks: true, psd: false };
                let from = self.make(operand)?;
                self.launch(id, from, kernel.blueprint(self.limits))
            }
            Op::Fft { .. } => {
                let spectrum = match self.types[id.0].kind {
                    ValueKind::Spectrum { layout: Layout::Block, .. } => Spectrum::Block,
                    _ => Spectrum::Interleaved,
                };
                self.transform(id, id, spectrum)
            }
            // The transform is done again where its spectrum is wanted too: cheaper than to read it.
            Op::Power { one_sided } => self.transform(id, operand, Spectrum::Power { one_sided: *one_sided }),
            Op::Average { average } => match self.averaged_in_one(operand, *average) {
                Some((source, kernel)) => {
                    let from = self.make(source)?;
                    self.launch(id, from, kernel.blueprint(self.limits))
                }
                None => {
                    let blueprint = pointwise::average(*average, taken.dims[1], taken.last());
                    if let Err(error) = blueprint {
                        return Err(self.lacks(id, error));
                    }
                    let from = self.make(operand)?;
                    self.launch(id, from, blueprint)
                }
            },
            Op::Psd { sample_rate, scaling } => {
                let factor = psd_factor(self.graph, self.types, id, *sample_rate, *scaling);
                let from = self.make(operand)?;
                self.launch(id, from, factor.and_then(|f| pointwise::affine(f, 0.0, values)))
            }
            Op::Affine { scale, offset } => {
                self.floats(id, operand)?;
                let floats = values * (self.types[id.0].kind.element_bytes() / 4);
                let from = self.make(operand)?;
                self.launch(id, from, pointwise::affine(*scale, *offset, floats))
            }
            Op::Log { base, floor, add } => {
                let from = self.make(operand)?;
                self.launch(id, from, pointwise::log(*base, *floor, *add, values))
            }
            Op::Preemphasis { coefficient, per_frame: false } => {
                self.floats(id, operand)?;
                let from = self.make(operand)?;
                self.launch(id, from, pointwise::preemphasis(*coefficient, values))
            }
            Op::MelFilterbank(spec) => {
                let bank =
                    mel_filters(spec, taken).and_then(|b| pointwise::mel(&b, values / b.n_mels().max(1)));
                let from = self.make(operand)?;
                self.launch(id, from, bank)
            }
            Op::ClampNormalise { below_max, offset, scale, scope: MaxScope::Item } => {
                let from = self.make(operand)?;
                self.launch(id, from, pointwise::clamp_normalise(*below_max, *offset, *scale, values))
            }
            _ => Err(self.no(id, "there is no kernel for it")),
        }
    }

    /// The transform at `fft` into the value of `id`.
    fn transform(&mut self, id: NodeId, fft: NodeId, spectrum: Spectrum) -> Made<usize> {
        let Op::Fft { n_fft, keep, .. } = self.graph.nodes()[fft.0].op else {
            return Err(self.no(id, "it does not take a transform's spectrum as it is"));
        };
        let (frames, source, _) = self.frames(fft)?;
        let transform = FrameTransform { frames, n_fft, bins: self.types[id.0].last(), keep, spectrum };
        let passes = transform.passes(self.limits).map_err(|e| self.lacks(fft, e))?;
        let from = self.make(source)?;
        match passes {
            Passes::One(blueprint) => self.launch(id, from, Ok(blueprint)),
            Passes::Two(columns, row_bytes, rows) => {
                self.design.values.push(Value { row_bytes, planes: 1 });
                let between = self.design.values.len() - 1;
                self.design.launches.push(Launched { blueprint: columns, from, to: between });
                self.launch(id, between, Ok(rows))
            }
        }
    }

    /// The frames that a transform loads, the samples that they are of, and how they lose their mean.
    fn frames(&self, fft: NodeId) -> Made<(Frames, NodeId, Detrend)> {
        let mut window = None;
        let mut preemphasis = None;
        let mut detrend = None;
        let mut at = self.operand(fft)?;
        loop {
            let operand = self.operand(at)?;
            match self.graph.nodes()[at.0].op {
                Op::Window { window: w, symmetry }
                    if window.is_none() && preemphasis.is_none() && detrend.is_none() =>
                {
                    window = Some((w, symmetry));
                }
                Op::Preemphasis { coefficient, per_frame: true }
                    if preemphasis.is_none() && detrend.is_none() =>
                {
                    preemphasis = Some(coefficient as f32);
                }
                Op::Detrend { kind } if detrend.is_none() && kind != Detrend::Linear => detrend = Some(kind),
                Op::Segment { len, hop, pad, .. } => {
                    let samples = &self.types[operand.0];
                    let detrend = detrend.unwrap_or(Detrend::None);
                    let frames = Frames {
                        row_len: samples.last(),
                        segments: self.types[at.0].dims[1],
                        len,
                        hop,
                        pad,
                        samples: self.samples(operand),
                        complex: matches!(samples.kind, ValueKind::Samples { complex: true }),
                        detrend: detrend == Detrend::Constant,
                        preemphasis,
                        window: window.unwrap_or((Window::Rectangular, Symmetry::Periodic)),
                    };
                    return Ok((frames, operand, detrend));
                }
                _ => return Err(self.no(fft, "its frames are made in a way that the kernel has not")),
            }
            at = operand;
        }
    }

    /// Segments … Power → Average as one kernel, where it has the shape.
    fn averaged_in_one(&self, power: NodeId, average: Average) -> Option<(NodeId, WelchPeaks)> {
        let Op::Power { one_sided: true } = self.graph.nodes()[power.0].op else { return None };
        let fft = self.operand(power).ok()?;
        let Op::Fft { n_fft, keep: None, .. } = self.graph.nodes()[fft.0].op else { return None };
        let (frames, source, detrend) = self.frames(fft).ok()?;
        let (window, symmetry) = frames.window;
        let spec = WelchPeaksSpec {
            segment_len: frames.len,
            hop: frames.hop,
            n_fft,
            k: 1,
            window,
            symmetry,
            detrend,
            average,
            keep: None,
        };
        let kernel =
            WelchPeaks { spec, row_len: frames.row_len, samples: frames.samples, peaks: false, psd: true };
        let same = frames.pad == Padding::None
            && !frames.complex
            && frames.preemphasis.is_none()
            && kernel.segments() == frames.segments;
        (same && kernel.blueprint(self.limits).is_ok()).then_some((source, kernel))
    }
}
