//! The ops of a device part in order, each with the kernels that know it: the ones that fuse most are asked first.

use rlx_compile::params::Layout as ComplexLayout;
use rlx_compile::plan::Place;
use rlx_compile::{NodeId, Op, Plan, ValueKind, ValueType};

use super::super::blueprint::{Operand, Passes, SampleType};
use super::super::chain::{Arg, Grid};
use super::super::program::Layout;
use super::super::stage::Value;
use super::{Stage, frames, learned, mel, ops, transforms, welch};
use crate::error::Result;
use crate::session::SessionOptions;

/// Makes the kernels for a type of samples.
pub(super) type Make = Box<dyn Fn(SampleType) -> std::result::Result<Passes, String> + Send + Sync>;

/// Kernels that take a chain of ops.
pub(super) struct Taken {
    /// The last of the ops: whose value they compute.
    pub(super) last: NodeId,
    /// Another op whose value they compute.
    pub(super) second: Option<NodeId>,
    /// They load samples in pairs, which rows that begin between two of them do not allow.
    pub(super) pairs: bool,
    pub(super) make: Make,
}

impl Taken {
    /// One value, from samples that may begin anywhere.
    pub(super) fn one(last: NodeId, make: Make) -> Self {
        Self { last, second: None, pairs: false, make }
    }
}

/// What the families look at.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: &'a SessionOptions,
    users: Vec<Vec<NodeId>>,
    wanted: &'a [NodeId],
}

impl Walk<'_> {
    pub(super) fn op(&self, id: NodeId) -> &Op {
        &self.plan.graph().nodes()[id.0].op
    }

    pub(super) fn ty(&self, id: NodeId) -> &ValueType {
        &self.plan.types()[id.0]
    }

    pub(super) fn operand(&self, id: NodeId) -> Option<NodeId> {
        self.plan.graph().get(id)?.inputs.first().copied()
    }

    pub(super) fn on_device(&self, id: NodeId) -> bool {
        self.plan.places()[id.0] == Place::Device
    }

    /// The ops that take this value.
    pub(super) fn users(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.users[id.0].iter().copied().filter(|u| !matches!(self.op(*u), Op::Output { .. }))
    }

    /// Whether the value leaves the device.
    pub(super) fn leaves(&self, id: NodeId) -> bool {
        self.wanted.contains(&id)
    }

    /// The one op that takes this value, if nobody else wants to see it.
    pub(super) fn only_user(&self, id: NodeId) -> Option<NodeId> {
        let mut users = self.users(id);
        let user = users.next().filter(|u| self.on_device(*u))?;
        (users.next().is_none() && !self.leaves(id)).then_some(user)
    }
}

/// The kernels of a device part and what they compute, or nothing where one is missing.
pub(super) fn stages(
    plan: &Plan,
    wanted: &[NodeId],
    options: &SessionOptions,
) -> Result<Option<(Layout, Vec<Stage>)>> {
    let graph = plan.graph();
    let walk = Walk { plan, options, users: graph.users(), wanted };
    let is_input = |id: NodeId| matches!(walk.op(id), Op::Input { .. });
    let inputs: Vec<NodeId> = graph.iter().map(|(id, _)| id).filter(|id| is_input(*id)).collect();
    // For each value of the chain the node that it is of.
    let mut nodes: Vec<NodeId> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    let mut pairs = false;
    let mut source: Option<NodeId> = None;
    let mut done = vec![false; graph.nodes().len()];
    for (id, node) in graph.iter() {
        let skip =
            done[id.0] || matches!(node.op, Op::Input { .. } | Op::Output { .. }) || !walk.on_device(id);
        if skip || needless(&walk, id) {
            continue;
        }
        let Some(operand) = walk.operand(id) else { return Ok(None) };
        let from = if is_input(operand) {
            // One stream of samples feeds a chain.
            if source.is_some_and(|s| s != operand) {
                return Ok(None);
            }
            source = Some(operand);
            None
        } else {
            match nodes.iter().position(|n| *n == operand) {
                Some(value) => Some(value),
                None => return Ok(None),
            }
        };
        let taken = if from.is_none() {
            welch::take(&walk, id)
                .or_else(|| mel::take(&walk, id))
                .or_else(|| transforms::take(&walk, id))
                .or_else(|| frames::take(&walk, id))
                .or_else(|| transforms::by_gathering(&walk, id))
                .or_else(|| learned::take(&walk, id))
        } else {
            ops::take(&walk, id)
        };
        let Some(taken) = taken else { return Ok(None) };
        // The ops between are part of the kernel.
        for last in std::iter::once(taken.last).chain(taken.second) {
            let mut at = last;
            while at != id {
                done[at.0] = true;
                match walk.operand(at) {
                    Some(before) => at = before,
                    None => break,
                }
            }
        }
        pairs |= taken.pairs && from.is_none();
        nodes.push(taken.last);
        let to = nodes.len() - 1;
        nodes.extend(taken.second);
        found.push(Found { from, to, second: taken.second.map(|_| to + 1), make: taken.make });
    }
    let Some(source) = source else { return Ok(None) };
    let results: Option<Vec<usize>> = wanted.iter().map(|w| nodes.iter().position(|n| n == w)).collect();
    let Some(results) = results else { return Ok(None) };

    let taken = walk.ty(source);
    let row_len = taken.last() * (taken.kind.element_bytes() / 4);
    let mut layout = Layout {
        input: inputs.iter().position(|i| *i == source).unwrap_or(0),
        inputs: inputs.len(),
        batch: taken.dims.first().copied().unwrap_or(0),
        row_len,
        checked: None,
        values: nodes.iter().map(|n| value_of(walk.ty(*n), wanted.iter().position(|w| w == n))).collect(),
        results,
        whole: false,
        pairs,
    };
    let mut stages = Vec::new();
    for Found { from, to, second, make } in found {
        let Ok(passes) = make(SampleType::F32) else { return Ok(None) };
        if from.is_none() {
            layout.checked = passes.checked;
        }
        layout.whole |= passes.whole_batch;
        let scratch = layout.values.len();
        let floats = |len: usize| Value { row: 4 * len, planes: 1, fixed: 0, result: None, direct: false };
        layout.values.extend(passes.scratch.iter().map(|len| floats(*len)));
        let planes = [from.map_or(1, |v| layout.values[v].planes), layout.values[to].planes];
        let make = std::sync::Arc::new(make);
        for (index, pass) in passes.passes.iter().enumerate() {
            let args = pass
                .operands
                .iter()
                .map(|o| arg(*o, from, [to, second.unwrap_or(to)], planes, scratch))
                .collect();
            let grid = Grid {
                items: usize::try_from(pass.items).unwrap_or(usize::MAX),
                block: pass.blueprint.rows_per_block as usize,
            };
            let make = make.clone();
            let blueprint = move |sample| -> std::result::Result<_, String> {
                let mut passes = make(sample)?.passes;
                if index < passes.len() {
                    Ok(passes.swap_remove(index).blueprint)
                } else {
                    Err("no pass".to_owned())
                }
            };
            stages.push(Stage { blueprint: Box::new(blueprint), grid, args });
        }
    }
    Ok(Some((layout, stages)))
}

/// Kernels and the places of their values.
struct Found {
    from: Option<usize>,
    to: usize,
    second: Option<usize>,
    make: Make,
}

/// Whether nobody takes the value: framing whose transform runs on the host, or a value that is only a name.
fn needless(walk: &Walk<'_>, id: NodeId) -> bool {
    let used = |u: &NodeId| walk.on_device(*u) && !matches!(walk.op(*u), Op::Output { .. });
    !walk.wanted.contains(&id) && !walk.users[id.0].iter().any(used)
}

fn arg(
    operand: Operand,
    from: Option<usize>,
    [to, second]: [usize; 2],
    planes: [usize; 2],
    scratch: usize,
) -> Arg {
    match operand {
        Operand::Input => from.map_or(Arg::Input, Arg::Value),
        Operand::InputPlane if planes[0] == 2 => from.map_or(Arg::U64(0), Arg::Plane),
        Operand::OutputPlane if planes[1] == 2 => Arg::Plane(to),
        Operand::InputPlane | Operand::OutputPlane => Arg::U64(0),
        Operand::Output => Arg::Value(to),
        Operand::Second => Arg::Value(second),
        Operand::Scratch(index) => Arg::Value(scratch + index),
        Operand::Table(index) => Arg::Table(index),
        Operand::Status => Arg::Status,
        Operand::Rows => Arg::Rows(1),
        Operand::RowsTimes(count) => Arg::Rows(count),
        Operand::Count(number) => Arg::U64(number),
        Operand::Factor(number) => Arg::F32(number),
    }
}

/// Bytes of a value, by row and plane.
fn value_of(ty: &ValueType, result: Option<usize>) -> Value {
    let block = matches!(ty.kind, ValueKind::Spectrum { layout: ComplexLayout::Block, .. });
    let planes = if block { 2 } else { 1 };
    let inner: u64 = ty.dims.iter().skip(1).map(|d| *d as u64).product();
    // Inference has bounded the whole value by `isize::MAX`.
    let bytes = usize::try_from(inner).unwrap_or(usize::MAX / 16) * ty.kind.element_bytes();
    // Nothing takes packed peaks but the caller.
    let direct = ty.kind == ValueKind::Peaks;
    Value { row: bytes / planes, planes, fixed: 0, result, direct }
}

#[cfg(test)]
mod tests {
    use rlx_compile::builders::{PsdSpec, WelchPeaksShape, psd, welch_peaks};
    use rlx_compile::params::{Average, Sides, Window};
    use rlx_compile::passes::FusionPolicy;
    use rlx_compile::{
        BackendCaps, BackendCostModel, DeviceClass, Graph, OpKind, PassContext, PassList, compile,
    };

    use super::*;

    /// The stages of a graph on a device that claims every op.
    fn of(graph: &Graph, policy: FusionPolicy) -> Option<(Layout, usize)> {
        let mut caps = BackendCaps::shipped(DeviceClass::Cuda);
        caps.ops = OpKind::ALL.into_iter().collect();
        let model = BackendCostModel::shipped(DeviceClass::Cuda);
        let context = PassContext { policy, ..PassContext::new(&caps, &model) };
        let plan = compile(graph, &context, &PassList::standard()).unwrap().plan;
        let wanted: Vec<NodeId> =
            plan.graph().outputs().map(|id| plan.graph().nodes()[id.0].inputs[0]).collect();
        stages(&plan, &wanted, &SessionOptions::default())
            .unwrap()
            .map(|(layout, stages)| (layout, stages.len()))
    }

    #[test]
    fn peaks_and_a_psd_are_one_kernel_each() {
        let shape = WelchPeaksShape::new(100, 256, 2, 16);
        let (layout, count) = of(&welch_peaks(&shape).unwrap(), FusionPolicy::Always).unwrap();
        assert_eq!((layout.batch, layout.row_len, layout.checked, count), (100, 384, Some(384), 1));
        assert_eq!(layout.values, [Value { row: 128, planes: 1, fixed: 0, result: Some(0), direct: true }]);

        let mut spec = PsdSpec::new(3, 5000, 48e3, 1024);
        let (layout, count) = of(&psd(&spec).unwrap(), FusionPolicy::Auto).unwrap();
        assert_eq!((layout.values[0].row, layout.results.clone(), count), (4 * 513, vec![0], 1));
        assert_eq!(layout.checked, Some(1024 + 7 * 512));
        // No kernel: the host has it.
        spec.average = Average::Median;
        assert!(of(&psd(&spec).unwrap(), FusionPolicy::Auto).is_none());
    }

    #[test]
    fn complex_spectra_lose_their_mean_in_the_pass_that_gathers_them() {
        let spec = PsdSpec { complex: true, ..PsdSpec::new(3, 5000, 48e3, 256) };
        // Gathered, transformed, powers, their mean, its scale.
        let (layout, count) = of(&psd(&spec).unwrap(), FusionPolicy::Auto).unwrap();
        assert_eq!((layout.row_len, layout.checked, count), (10_000, Some(10_000), 5));
        let spec = PsdSpec { detrend: rlx_compile::params::Detrend::Linear, ..spec };
        assert!(of(&psd(&spec).unwrap(), FusionPolicy::Auto).is_none());
    }

    #[test]
    fn rows_that_are_frames_go_without_the_kernel_of_frames() {
        let launches = |len, complex, window: bool, hop, n_fft| {
            let mut graph = Graph::new();
            let x = graph.push(Op::Input { batch: 4, len, complex }, &[]).unwrap();
            let mut ops = vec![Op::Segment { len: n_fft, hop, pad: Default::default(), drop_last: 0 }];
            ops.extend(window.then_some(Op::Window { window: Window::Hann, symmetry: Default::default() }));
            ops.push(Op::Fft { n_fft, sides: Sides::Auto, layout: ComplexLayout::Interleaved, keep: None });
            ops.push(Op::InverseFft { n_fft, real: !complex });
            graph.chain(x, ops.into_iter().chain([Op::output("samples")])).unwrap();
            let mut caps = BackendCaps::shipped(DeviceClass::Cuda);
            caps.ops = OpKind::ALL.into_iter().collect();
            caps.fft.max = 1 << 17;
            let plan = Plan::new(graph, &caps).unwrap();
            let wanted = [NodeId(plan.graph().nodes().len() - 2)];
            let (layout, stages) = stages(&plan, &wanted, &SessionOptions::default()).unwrap().unwrap();
            let sources: Vec<_> =
                stages.iter().map(|s| (s.blueprint)(SampleType::F32).unwrap().source).collect();
            (sources, layout.pairs, layout.checked)
        };
        let real = vec!["real_fft.cu"; 2];
        assert_eq!(launches(768, false, false, 256, 256), (real, true, Some(768)));
        assert_eq!(launches(256, true, false, 256, 256), (vec!["fft.cu"; 2], true, Some(512)));
        let framed = vec!["spectrogram.cu", "real_fft.cu"];
        assert_eq!(launches(768, false, true, 128, 256), (framed, false, Some(768)));
        let gathered = vec!["ops.cu", "fft.cu", "fft.cu"];
        assert_eq!(launches(768, true, true, 128, 256), (gathered, true, Some(1536)));
    }

    #[test]
    fn a_psd_and_its_peaks_are_one_launch() {
        for k in [9, 65] {
            let mut graph = welch_peaks(&WelchPeaksShape::new(3, 256, 2, k)).unwrap();
            let (average, _) = graph.iter().find(|(_, n)| matches!(n.op, Op::Average { .. })).unwrap();
            graph.push(Op::output("power"), &[average]).unwrap();
            let (layout, count) = of(&graph, FusionPolicy::Auto).unwrap();
            assert_eq!(layout.results.len(), 2);
            // Above the kernel's K the selection is a launch of its own.
            assert_eq!(count, if k == 9 { 1 } else { 2 });
        }
    }

    #[test]
    fn nothing_of_a_batch_is_nothing_of_a_value() {
        let (layout, _) =
            of(&welch_peaks(&WelchPeaksShape::new(0, 64, 1, 3)).unwrap(), FusionPolicy::Always).unwrap();
        assert_eq!((layout.batch, layout.values[0].row), (0, 24));
    }
}
