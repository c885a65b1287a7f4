//! Graph → steps and buffers.

use rlx_compile::params::{Average, Detrend, Symmetry, WelchPeaksSpec};
use rlx_compile::passes::expand_welch_peaks;
use rlx_compile::{Graph, NodeId, Op, ValueKind, ValueType};
use rlx_dsp::lanes::supports;
use rlx_dsp::nan::NanPolicy;

use super::frames::{CopyFrames, FrameSource};
use super::program::{HostProgram, Placed, Slot, Step};
use super::{average, fused, pointwise, power, reduce, transform};
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

/// The program of a graph on the host: all of a CPU plan, or what another device left to it (its values then
/// enter as inputs).
///
/// # Errors
/// When the graph does not type-check; a butterfly whose model the session was not given.
pub fn host_program(graph: &Graph, options: &SessionOptions) -> Result<Box<dyn Program>> {
    let graph = expand_welch_peaks(graph, |spec| !native(spec))?;
    let types = graph.infer()?;
    let mut lowering = Lowering {
        users: graph.users(),
        graph: &graph,
        types: &types,
        options,
        slots: vec![None; graph.nodes().len()],
        program: HostProgram {
            steps: Vec::new(),
            copies: Vec::new(),
            buffers: Vec::new(),
            check_rows: Vec::new(),
        },
    };
    lowering.outputs();
    for (id, node) in graph.iter() {
        lowering.node(id, &node.op)?;
    }
    lowering.copies();
    Ok(Box::new(lowering.program))
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

    /// Gives the first output of every computed value its place.
    fn outputs(&mut self) {
        for (index, id) in self.graph.outputs().enumerate() {
            let Some(value) = self.operand(id) else { continue };
            let is_input = matches!(self.graph.nodes()[value.0].op, Op::Input { .. });
            if !is_input && self.slots[value.0].is_none() {
                self.slots[value.0] = Some(Slot::Output(index));
            }
        }
    }

    /// Copies for the outputs whose value lives elsewhere.
    fn copies(&mut self) {
        for (index, id) in self.graph.outputs().enumerate() {
            let slot = self.operand(id).and_then(|value| self.slots[value.0]);
            if let Some(slot) = slot.filter(|s| *s != Slot::Output(index)) {
                self.program.copies.push((slot, index));
            }
        }
    }

    fn node(&mut self, id: NodeId, op: &Op) -> Result<()> {
        let ty = &self.types[id.0];
        match op {
            Op::Output { .. } => return Ok(()),
            Op::Input { .. } => {
                let index = self.program.check_rows.len();
                self.slots[id.0] = Some(Slot::Input(index));
                // The fused kernel finds a row with NaN by itself, from its powers.
                let all_fused =
                    self.users[id.0].iter().all(|u| matches!(self.graph.nodes()[u.0].op, Op::WelchPeaks(_)));
                let check = self.options.nan == NanPolicy::Error && !all_fused;
                let width = ty.kind.element_bytes() / 4;
                self.program.check_rows.push(check.then_some(ty.last() * width));
                return Ok(());
            }
            _ => {}
        }
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
            Op::WelchPeaks(spec) => (fused::step(spec, taken, self.options)?, operand),
            Op::Power { one_sided } => (power::step(*one_sided, taken, ty)?, operand),
            Op::Average { average } => (average::step(*average, taken), operand),
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
