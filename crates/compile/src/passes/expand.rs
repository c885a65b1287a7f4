//! `WelchPeaks` → Segment … TopK, if the device supports the transform but not the fused kernel: the plan then leaves
//! the device after the FFT and not before it.

use super::{Pass, PassContext, Rewrite};
use crate::error::Result;
use crate::graph::Graph;
use crate::op::{Op, OpKind};
use crate::params::{Detrend, Layout, Padding, Sides, WelchPeaksSpec};
use crate::plan::{Place, Plan};
use crate::regions::Task;

/// Expands the fused ops that the device cannot run.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExpandUnsupported;

impl Pass for ExpandUnsupported {
    fn name(&self) -> &'static str {
        "expand_unsupported"
    }

    fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<Rewrite> {
        let class = context.kernels.class();
        let is_fused = |task: &Task| matches!(task, Task::WelchPeaks(_));
        let none = graph.outputs().next().is_none()
            || !graph.nodes().iter().any(|n| n.op.kind() == OpKind::WelchPeaks);
        let refused: Vec<WelchPeaksSpec> = if none {
            Vec::new()
        } else {
            let plan = Plan::new(graph.clone(), context.kernels)?;
            let on_host = plan.regions_on(Place::Host);
            on_host
                .filter_map(|r| if let Task::WelchPeaks(spec) = r.task.clone() { Some(spec) } else { None })
                .collect()
        };
        if refused.is_empty() {
            return Ok(Rewrite::unchanged(graph, "the device supports every fused op"));
        }
        let expanded = expand_welch_peaks(graph, |spec| refused.contains(spec))?;
        // Values that the fused op never stores may exceed any memory.
        let Ok(plan) = Plan::new(expanded.clone(), context.kernels) else {
            return Ok(Rewrite::unchanged(
                graph,
                "the parts of the fused op have values that exceed any memory",
            ));
        };
        if plan.regions_on(Place::Device).all(|region| is_fused(&region.task)) {
            return Ok(Rewrite::unchanged(
                graph,
                format!("{class} supports neither the fused op for this shape nor its parts"),
            ));
        }
        let note = format!("{class} does not support the fused op for this shape; its parts run there");
        Ok(Rewrite { graph: expanded, note })
    }
}

/// Returns the graph with the fused ops that `which` selects replaced by chains of simple ops.
///
/// # Errors
/// [`Error::Structure`](crate::Error::Structure).
pub fn expand_welch_peaks(graph: &Graph, which: impl Fn(&WelchPeaksSpec) -> bool) -> Result<Graph> {
    graph.rewrite(|copy, _, node, ids| match (&node.op, node.inputs.first()) {
        (Op::WelchPeaks(spec), Some(source)) if which(spec) => copy.chain(ids[source.0], ops(spec)).map(Some),
        _ => Ok(None),
    })
}

fn ops(spec: &WelchPeaksSpec) -> impl Iterator<Item = Op> {
    let segment = Op::Segment { len: spec.segment_len, hop: spec.hop, pad: Padding::None, drop_last: 0 };
    let detrend = (spec.detrend != Detrend::None).then_some(Op::Detrend { kind: spec.detrend });
    let rest = [
        Op::Window { window: spec.window.clone(), symmetry: spec.symmetry },
        Op::Fft { n_fft: spec.n_fft, sides: Sides::One, layout: Layout::Block, keep: spec.keep },
        Op::Power { one_sided: true },
        Op::Average { average: spec.average },
        Op::TopK { k: spec.k },
    ];
    std::iter::once(segment).chain(detrend).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::super::{FusionPolicy, fuse_welch_peaks};
    use super::*;
    use crate::builders::{WelchPeaksShape, welch_peaks};
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::params::{Average, Band};
    use crate::plan::{ExecKind, Plan};

    fn fused(spec: WelchPeaksSpec) -> Graph {
        let mut g = Graph::new();
        let x = g.push(Op::Input { batch: 4, len: 1024, complex: false }, &[]).unwrap();
        g.chain(x, [Op::WelchPeaks(spec), Op::output("peaks")]).unwrap();
        g
    }

    #[test]
    fn expanding_undoes_fusing() {
        let shape = WelchPeaksShape::new(4, 256, 7, 16);
        let base = WelchPeaksSpec { keep: Some(Band { lo: 1, hi: 100 }), ..shape.spec() };
        for spec in [
            shape.spec(),
            base.clone(),
            WelchPeaksSpec { detrend: Detrend::Linear, average: Average::Max, segment_len: 200, ..base },
        ] {
            let graph = fused(spec);
            let expanded = expand_welch_peaks(&graph, |_| true).unwrap();
            assert_eq!(expanded.infer().unwrap().last(), graph.infer().unwrap().last());
            let chains = super::super::chain::find(&expanded, &expanded.infer().unwrap());
            assert_eq!(fuse_welch_peaks::fuse(&expanded, &chains).unwrap(), graph);
        }
        assert_eq!(expand_welch_peaks(&fused(shape.spec()), |_| true).unwrap().nodes().len(), 8);
        assert_eq!(
            expand_welch_peaks(&welch_peaks(&shape).unwrap(), |_| true).unwrap(),
            welch_peaks(&shape).unwrap()
        );
    }

    #[test]
    fn an_unsupported_k_leaves_the_transform_on_the_device() {
        let caps = BackendCaps::shipped(DeviceClass::Cuda);
        let model = BackendCostModel::shipped(DeviceClass::Cuda);
        let context = PassContext { policy: FusionPolicy::Auto, ..PassContext::new(&caps, &model) };
        let run = |spec| ExpandUnsupported.run(&fused(spec), &context).unwrap().graph;
        let shape = WelchPeaksShape::new(4, 256, 7, 100);
        assert_eq!(Plan::new(run(shape.spec()), &caps).unwrap().exec_kind(), ExecKind::BlockFft);
        let fits = WelchPeaksSpec { k: 16, ..shape.spec() };
        assert_eq!(Plan::new(run(fits), &caps).unwrap().exec_kind(), ExecKind::FusedOp);
        // Neither the kernel nor the transform: the host runs its own fused op.
        let odd = WelchPeaksSpec { segment_len: 250, n_fft: 250, ..shape.spec() };
        assert_eq!(run(odd.clone()), fused(odd.clone()));
        assert_eq!(Plan::new(run(odd), &caps).unwrap().exec_kind(), ExecKind::Host);
    }
}
