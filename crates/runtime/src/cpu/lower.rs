//! Lowers regions to steps and buffers.

use rlx_compile::params::WelchPeaksSpec;
use rlx_compile::passes::expand_welch_peaks;
use rlx_compile::regions::{Region, Task, View, cover, on_host};
use rlx_compile::{Graph, NodeId, Op, Plan, ValueKind, ValueType};
use rlx_dsp::nan::NanPolicy;

use super::frames::{CopyFrames, FrameSource};
use super::gaps::over_gaps;
use super::program::{HostProgram, Placed, Slot, Step};
use super::{average, cross, estimates, fused, inverse, limb_psd, pointwise, power, reduce, transform};
use crate::error::{Error, Result};
use crate::session::{Program, SessionOptions};

/// Returns the program of a whole graph on the host.
///
/// # Errors
/// If the graph does not type-check, or the session has no model for a butterfly op.
pub fn host_program(graph: &Graph, options: &SessionOptions) -> Result<Box<dyn Program>> {
    Ok(over_gaps(graph, &graph.infer()?, options, Box::new(whole(graph, options)?)))
}

/// Returns the parts of a fused op for which no plan exists.
fn expanded(spec: &WelchPeaksSpec, taken: &ValueType, options: &SessionOptions) -> Result<Box<dyn Step>> {
    let mut graph = Graph::new();
    let batch = taken.dims.first().copied().unwrap_or(0);
    let x = graph.push(Op::Input { batch, len: taken.last(), complex: false }, &[])?;
    graph.chain(x, [Op::WelchPeaks(spec.clone()), Op::output("peaks")])?;
    Ok(Box::new(Nested(whole(&expand_welch_peaks(&graph, |_| true)?, options)?)))
}

/// A program as a step of another program.
struct Nested(HostProgram);

impl Step for Nested {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        self.0.run(&[input], &mut [out])
    }
}

fn whole(graph: &Graph, options: &SessionOptions) -> Result<HostProgram> {
    let (given, wanted) = ends(graph);
    part(graph, &graph.infer()?, options, &Part { given, wanted, runs: &|_| true })
}

/// Inputs and results of a graph.
fn ends(graph: &Graph) -> (Vec<NodeId>, Vec<NodeId>) {
    let inputs = graph.iter().filter(|(_, n)| matches!(n.op, Op::Input { .. })).map(|(id, _)| id).collect();
    let wanted = graph.outputs().filter_map(|id| graph.get(id)?.inputs.first().copied()).collect();
    (inputs, wanted)
}

/// Returns the program of a plan whose regions all run on the host.
pub(super) fn plan_program(plan: &Plan, options: &SessionOptions) -> Result<Box<dyn Program>> {
    let (graph, types) = (plan.graph(), plan.types());
    let (given, wanted) = ends(graph);
    let regions = plan.regions().iter().map(|placed| &placed.region);
    let program = of_regions(graph, types, options, &given, &wanted, regions)?;
    Ok(over_gaps(graph, types, options, Box::new(program)))
}

/// A part of a graph.
pub(crate) struct Part<'a> {
    /// The operands of the program, in the order of its inputs.
    pub(crate) given: Vec<NodeId>,
    /// Its results, in the order of its outputs.
    pub(crate) wanted: Vec<NodeId>,
    /// The nodes that it runs.
    pub(crate) runs: &'a dyn Fn(NodeId) -> bool,
}

/// Returns the program of a part of a graph of these types.
pub(crate) fn part(
    graph: &Graph,
    types: &[ValueType],
    options: &SessionOptions,
    part: &Part<'_>,
) -> Result<HostProgram> {
    let view = View::new(graph, types);
    let framing = |id: NodeId| matches!(types[id.0].kind, ValueKind::Frames { .. });
    let offered = |id: NodeId| (part.runs)(id) || framing(id);
    let found = cover(&view, offered, |id| part.given.contains(&id), on_host);
    of_regions(graph, types, options, &part.given, &part.wanted, found.regions.iter())
}

/// Returns the program of these regions, in data order.
pub(crate) fn of_regions<'a>(
    graph: &Graph,
    types: &[ValueType],
    options: &SessionOptions,
    given: &[NodeId],
    wanted: &[NodeId],
    regions: impl Iterator<Item = &'a Region> + Clone,
) -> Result<HostProgram> {
    let check = |id: &NodeId| {
        let ty = &types[id.0];
        // Spectra of a device come from samples that were already checked; estimates check their samples.
        let samples = matches!(ty.kind, ValueKind::Samples { .. });
        let looked_at = regions.clone().filter(|r| r.source == *id).all(|r| looks(&r.task));
        let check = options.nan == NanPolicy::Error && samples && !looked_at;
        check.then_some(ty.last() * (ty.kind.element_bytes() / 4))
    };
    let check_rows = given.iter().map(check).collect();
    let program = HostProgram { steps: Vec::new(), copies: Vec::new(), buffers: Vec::new(), check_rows };
    let mut lowering = Lowering { graph, types, options, slots: vec![None; types.len()], program };
    for (index, &id) in given.iter().enumerate() {
        lowering.slots[id.0] = Some(Slot::Input(index));
    }
    for (index, &value) in wanted.iter().enumerate() {
        lowering.slots[value.0].get_or_insert(Slot::Output(index));
    }
    for region in regions {
        lowering.region(region)?;
    }
    for (index, value) in wanted.iter().enumerate() {
        if let Some(slot) = lowering.slots[value.0].filter(|s| *s != Slot::Output(index)) {
            lowering.program.copies.push((slot, index));
        }
    }
    Ok(lowering.program)
}

/// Returns whether a region checks its samples for NaN and infinity.
fn looks(task: &Task) -> bool {
    match task {
        Task::Welch(_) | Task::Spectrogram(_) | Task::LogMel(_) => true,
        Task::WelchPeaks(spec) => fused::native(spec),
        Task::Op(Op::CrossSpectra(_) | Op::LimbPsd(_)) => true,
        Task::Frames(_) | Task::Transform(_) | Task::Learned(_) | Task::Op(_) => false,
    }
}

struct Lowering<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    options: &'a SessionOptions,
    /// The slot of each value; `None` for a value inside a region.
    slots: Vec<Option<Slot>>,
    program: HostProgram,
}

impl Lowering<'_> {
    fn region(&mut self, region: &Region) -> Result<()> {
        let (taken, options) = (&self.types[region.source.0], self.options);
        let &[id] = &region.results[..] else {
            return Err(Error::unsupported(format!("{} with two results on the host", region.task.name())));
        };
        let made = &self.types[id.0];
        let batch = taken.dims.first().copied().unwrap_or(0);
        let step: Box<dyn Step> = match &region.task {
            Task::Frames(framed) => Box::new(CopyFrames::new(FrameSource::new(framed, batch)?)),
            Task::Transform(transform) => transform::fft(transform, batch, options)?,
            Task::Learned(learned) => transform::learned(learned, batch, options)?,
            Task::Spectrogram(powers) => estimates::spectrogram(powers, taken, made, options)?,
            Task::Welch(welch) => estimates::welch(welch, taken, options)?,
            Task::LogMel(mel) => estimates::log_mel(mel, taken, options)?,
            Task::WelchPeaks(spec) if fused::native(spec) => fused::step(spec, taken, options)?,
            Task::WelchPeaks(spec) => match estimates::peaks(spec, taken, options)? {
                Some(step) => step,
                None => expanded(spec, taken, options)?,
            },
            Task::Op(op) => self.op(id, op, taken, made)?,
        };
        let from = self.slots[region.source.0]
            .ok_or_else(|| Error::unsupported(format!("{id}: its operand {} has no slot", region.source)))?;
        let to = match self.slots[id.0] {
            Some(slot) => slot,
            None => self.buffer(made)?,
        };
        self.slots[id.0] = Some(to);
        self.program.steps.push(Placed { step, from, to });
        Ok(())
    }

    /// Returns the step of one op on a value in memory.
    fn op(&self, id: NodeId, op: &Op, taken: &ValueType, made: &ValueType) -> Result<Box<dyn Step>> {
        Ok(match op {
            Op::InverseFft { n_fft, real } => inverse::step(*n_fft, *real, taken)?,
            Op::Power { one_sided } => power::step(*one_sided, taken, made)?,
            Op::Magnitude => power::magnitude(taken)?,
            Op::CrossSpectra(spec) => cross::step(spec, taken, made, self.options)?,
            Op::LimbPsd(spec) => limb_psd::step(spec, taken, made, self.options)?,
            Op::Average { average } => average::step(*average, taken, self.options.nan),
            Op::Psd { sample_rate, scaling } => {
                let factor = power::psd_factor(self.graph, self.types, id, *sample_rate, *scaling)?;
                pointwise::affine(factor, 0.0)
            }
            Op::TopK { k } => reduce::top_k(*k, taken),
            Op::LocalPeaks(spec) => reduce::local_peaks(spec, taken)?,
            Op::MelFilterbank(params) => reduce::mel(params)?,
            Op::Log { base, floor, add } => pointwise::log(*base, *floor, *add),
            Op::ClampNormalise { below_max, offset, scale, scope } => {
                pointwise::clamp_normalise([*below_max, *offset, *scale], *scope, taken)
            }
            Op::Preemphasis { coefficient, .. } => pointwise::preemphasis(*coefficient, taken),
            Op::NormaliseFeatures { epsilon } => pointwise::normalise_features(*epsilon, taken),
            Op::SpectralMask { mask } => pointwise::mask(mask, taken),
            Op::Affine { scale, offset } => pointwise::affine(*scale, *offset),
            // These are separate regions, see `candidates`.
            Op::Input { .. }
            | Op::Output { .. }
            | Op::Segment { .. }
            | Op::Detrend { .. }
            | Op::Window { .. }
            | Op::Fft { .. }
            | Op::Butterfly(_)
            | Op::WelchPeaks(_) => {
                return Err(Error::unsupported(format!("{id}: {} is not an op on a value", op.kind())));
            }
        })
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
