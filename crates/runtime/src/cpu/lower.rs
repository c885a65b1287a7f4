//! Graph → steps and buffers.

use rlx_compile::params::{Average, Detrend, Symmetry, WelchPeaksSpec};
use rlx_compile::passes::expand_welch_peaks;
use rlx_compile::{Graph, NodeId, Op, ValueKind, ValueType};
use rlx_dsp::lanes::supports;
use rlx_dsp::nan::NanPolicy;

use super::frames::{CopyFrames, FrameSource};
use super::gaps::over_gaps;
use super::program::{HostProgram, Placed, Slot, Step};
use super::{average, fused, inverse, pointwise, power, reduce, transform};
use crate::error::{Error, Result};
use crate::session::{Program, SessionOptions};

/// Whether the lanes kernel computes this op as it stands.
fn native(spec: &WelchPeaksSpec) -> bool {
    supports(spec.n_fft)
        && spec.segment_len == spec.n_fft
        && spec.symmetry == Symmetry::Periodic
        && spec.detrend == Detrend::None
        && spec.average == Average::Mean
        && spec.keep.is_none()
}

/// The program of a whole graph on the host.
///
/// # Errors
/// When the graph does not type-check; a butterfly whose model the session was not given.
pub fn host_program(graph: &Graph, options: &SessionOptions) -> Result<Box<dyn Program>> {
    Ok(over_gaps(graph, &graph.infer()?, options, Box::new(whole(graph, options)?)))
}

/// The fused op of a shape that the lanes kernel lacks: its parts, one by one.
fn expanded(spec: &WelchPeaksSpec, taken: &ValueType, options: &SessionOptions) -> Result<Box<dyn Step>> {
    let mut graph = Graph::new();
    let batch = taken.dims.first().copied().unwrap_or(0);
    let x = graph.push(Op::Input { batch, len: taken.last(), complex: false }, &[])?;
    graph.chain(x, [Op::WelchPeaks(*spec), Op::output("peaks")])?;
    Ok(Box::new(Nested(whole(&expand_welch_peaks(&graph, |_| true)?, options)?)))
}

/// A program as a step of another.
struct Nested(HostProgram);

impl Step for Nested {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.0.run(&[input], &mut [out])
    }
}

fn whole(graph: &Graph, options: &SessionOptions) -> Result<HostProgram> {
    let types = graph.infer()?;
    let inputs = graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id).collect();
    let wanted = graph.outputs().filter_map(|id| graph.get(id)?.inputs.first().copied()).collect();
    part(graph, &types, options, &Part { given: inputs, wanted, runs: &|_| true })
}

/// A part of a graph.
pub(crate) struct Part<'a> {
    /// Values that the program is handed, in the order of its inputs.
    pub(crate) given: Vec<NodeId>,
    /// Values that it hands out, in the order of its outputs.
    pub(crate) wanted: Vec<NodeId>,
    /// Nodes that it runs.
    pub(crate) runs: &'a dyn Fn(NodeId) -> bool,
}

/// The program of a part of a graph of these types.
pub(crate) fn part(
    graph: &Graph,
    types: &[ValueType],
    options: &SessionOptions,
    part: &Part<'_>,
) -> Result<HostProgram> {
    let program = HostProgram {
        steps: Vec::new(),
        copies: Vec::new(),
        buffers: Vec::new(),
        check_rows: vec![None; part.given.len()],
    };
    let slots = vec![None; types.len()];
    let mut lowering = Lowering { users: graph.users(), graph, types, options, slots, program };
    for (index, &id) in part.given.iter().enumerate() {
        lowering.given(index, id);
    }
    for (index, &value) in part.wanted.iter().enumerate() {
        lowering.slots[value.0].get_or_insert(Slot::Output(index));
    }
    for (id, node) in graph.iter() {
        let handed = matches!(node.op, Op::Input { .. } | Op::Output { .. });
        if !handed && (part.runs)(id) {
            lowering.node(id, &node.op)?;
        }
    }
    for (index, value) in part.wanted.iter().enumerate() {
        if let Some(slot) = lowering.slots[value.0].filter(|s| *s != Slot::Output(index)) {
            lowering.program.copies.push((slot, index));
        }
    }
    Ok(lowering.program)
}

struct Lowering<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    users: Vec<Vec<NodeId>>,
    options: &'a SessionOptions,
    /// Where each value lives; `None` for a value that is only applied while a transform loads.
    slots: Vec<Option<Slot>>,
    program: HostProgram,
}

impl Lowering<'_> {
    fn operand(&self, id: NodeId) -> Option<NodeId> {
        self.graph.get(id)?.inputs.first().copied()
    }

    fn given(&mut self, index: usize, id: NodeId) {
        let ty = &self.types[id.0];
        self.slots[id.0] = Some(Slot::Input(index));
        // Spectra of another device were computed from samples that were looked at. The fused kernel finds a row with
        // NaN by itself, from its powers.
        let samples = matches!(ty.kind, ValueKind::Samples { .. });
        let fused = |u: &NodeId| matches!(self.graph.nodes()[u.0].op, Op::WelchPeaks(_));
        let check = self.options.nan == NanPolicy::Error && samples && !self.users[id.0].iter().all(fused);
        self.program.check_rows[index] = check.then_some(ty.last() * (ty.kind.element_bytes() / 4));
    }

    fn node(&mut self, id: NodeId, op: &Op) -> Result<()> {
        let ty = &self.types[id.0];
        let Some(operand) = self.operand(id) else {
            return Err(Error::unsupported(format!("{id} ({}) has no operand", op.kind())));
        };
        let framed = matches!(ty.kind, ValueKind::Frames { .. });
        if framed && self.slots[id.0].is_none() {
            // Never materialised: whoever transforms it loads from the samples.
            return Ok(());
        }
        let taken = &self.types[operand.0];
        let (step, source): (Box<dyn Step>, NodeId) = match op {
            _ if framed => {
                let (frames, source) = FrameSource::new(self.graph, self.types, id)?;
                (Box::new(CopyFrames::new(frames)), source)
            }
            Op::Fft { .. } | Op::Butterfly(_) => {
                let (frames, source) = FrameSource::new(self.graph, self.types, operand)?;
                (transform::step(op, frames, ty, self.options)?, source)
            }
            Op::InverseFft { n_fft, real } => (inverse::step(*n_fft, *real, taken)?, operand),
            Op::WelchPeaks(spec) if native(spec) => (fused::step(spec, taken, self.options)?, operand),
            Op::WelchPeaks(spec) => (expanded(spec, taken, self.options)?, operand),
            Op::Power { one_sided } => (power::step(*one_sided, taken, ty)?, operand),
            Op::Average { average } => (average::step(*average, taken, self.options.nan), operand),
            Op::Psd { sample_rate, scaling } => {
                let factor = power::psd_factor(self.graph, self.types, id, *sample_rate, *scaling)?;
                (pointwise::affine(factor, 0.0), operand)
            }
            Op::TopK { k } => (reduce::top_k(*k, taken), operand),
            Op::LocalPeaks(spec) => (reduce::local_peaks(spec, taken)?, operand),
            Op::MelFilterbank(spec) => (reduce::mel(spec, taken)?, operand),
            Op::Log { base, floor, add } => (pointwise::log(*base, *floor, *add), operand),
            Op::ClampNormalise { below_max, offset, scale, scope } => {
                (pointwise::clamp_normalise([*below_max, *offset, *scale], *scope, taken), operand)
            }
            Op::Preemphasis { coefficient, .. } => (pointwise::preemphasis(*coefficient, taken), operand),
            Op::NormaliseFeatures { epsilon } => (pointwise::normalise_features(*epsilon, taken), operand),
            Op::SpectralMask { mask } => (pointwise::mask(mask, taken), operand),
            Op::Affine { scale, offset } => (pointwise::affine(*scale, *offset), operand),
            other => return Err(Error::unsupported(format!("{id}: the host has no {}", other.kind()))),
        };
        let from = self.slots[source.0]
            .ok_or_else(|| Error::unsupported(format!("{id} ({}): its operand has no place", op.kind())))?;
        let to = match self.slots[id.0] {
            Some(slot) => slot,
            None => self.buffer(ty)?,
        };
        self.slots[id.0] = Some(to);
        self.program.steps.push(Placed { step, from, to });
        Ok(())
    }

    fn buffer(&mut self, ty: &ValueType) -> Result<Slot> {
        let too_large = || Error::unsupported(format!("{ty} does not fit in memory"));
        let floats = usize::try_from(ty.floats()).map_err(|_| too_large())?;
        let mut values = Vec::new();
        values.try_reserve_exact(floats).map_err(|_| too_large())?;
        values.resize(floats, 0.0);
        self.program.buffers.push(values);
        Ok(Slot::Buffer(self.program.buffers.len() - 1))
    }
}
