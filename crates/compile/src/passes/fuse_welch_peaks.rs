//! Segment … TopK → `WelchPeaks`: one kernel that returns only peaks.

use super::{FusionPolicy, Pass, PassContext, Rewrite, chain};
use crate::cost::fusion_gate_for_spec;
use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::shape::ValueType;

/// Fuses every chain for which the device has a kernel, if the policy (and its gate) allows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct FuseWelchPeaks;

impl Pass for FuseWelchPeaks {
    fn name(&self) -> &'static str {
        "fuse_welch_peaks"
    }

    fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<Rewrite> {
        if context.policy == FusionPolicy::Never {
            return Ok(Rewrite::unchanged(graph, "fusion is switched off by the policy"));
        }
        let types = graph.infer()?;
        let mut notes = Vec::new();
        let mut taken = Vec::new();
        for chain in chain::find(graph, &types) {
            match refusal(&chain, &types, context)? {
                Some(reason) => notes.push(format!("{} not fused: {reason}", chain.top_k)),
                None => {
                    notes.push(format!("{} fused from {}", chain.top_k, chain.source));
                    taken.push(chain);
                }
            }
        }
        if notes.is_empty() {
            notes.push("no chain from Segment to TopK of which only the peaks are used".to_owned());
        }
        Ok(Rewrite { graph: fuse(graph, &taken)?, note: notes.join("; ") })
    }
}

/// Returns the reason if a chain is not fused.
fn refusal(chain: &chain::Chain, types: &[ValueType], context: &PassContext<'_>) -> Result<Option<String>> {
    if !context.caps.claims(crate::OpKind::WelchPeaks) {
        return Ok(Some(format!("{} has no welch_peaks", context.caps.class)));
    }
    let row_len = types.get(chain.source.0).map_or(0, ValueType::last);
    if let Some(reason) = context.caps.fused.refuses_rows(&chain.spec, row_len) {
        return Ok(Some(reason));
    }
    if context.policy == FusionPolicy::Always {
        return Ok(None);
    }
    let dims = types.get(chain.source.0).map_or(&[][..], |t| &t.dims);
    let (batch, len) = (dims.first().copied().unwrap_or(0), dims.get(1).copied().unwrap_or(0));
    let gate = fusion_gate_for_spec(batch, len, &chain.spec, context.caps, context.model)?;
    Ok(if gate.should_fuse {
        None
    } else if gate.should_fuse_io {
        Some("the fused kernel is predicted slower than the block route".to_owned())
    } else {
        Some(format!("gain {:.0} ns is below {:.0} ns", gate.score_ns, gate.min_gain_ns))
    })
}

/// Returns the graph with these chains replaced by fused ops.
pub(super) fn fuse(graph: &Graph, chains: &[chain::Chain]) -> Result<Graph> {
    graph.rewrite(|copy, id, _, ids| match chains.iter().find(|c| c.top_k == id) {
        Some(chain) => copy.push(Op::WelchPeaks(chain.spec.clone()), &[ids[chain.source.0]]).map(Some),
        None => Ok(None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::welch::PsdParams;

    use crate::builders::{WelchPeaksShape, psd, welch_peaks, welch_peaks_with_spectrum};
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::op::OpKind;
    use crate::params::{Band, Layout, Mask, Rows};

    fn run(graph: &Graph, class: DeviceClass, policy: FusionPolicy) -> Rewrite {
        let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
        let context = PassContext { policy, ..PassContext::new(&caps, &model) };
        FuseWelchPeaks.run(graph, &context).unwrap()
    }

    fn kinds(graph: &Graph) -> Vec<OpKind> {
        graph.nodes().iter().map(|n| n.op.kind()).collect()
    }

    #[test]
    fn the_standard_chain_becomes_one_op() {
        let shape = WelchPeaksShape::new(1024, 256, 2, 16);
        let graph = welch_peaks(&shape).unwrap();
        for class in DeviceClass::ALL {
            let fused = run(&graph, class, FusionPolicy::Auto).graph;
            assert_eq!(kinds(&fused), [OpKind::Input, OpKind::WelchPeaks, OpKind::Output]);
            assert_eq!(fused.nodes()[1].op, Op::WelchPeaks(shape.spec()));
            assert_eq!(fused.infer().unwrap().last(), graph.infer().unwrap().last());
        }
        assert_eq!(run(&graph, DeviceClass::Cpu, FusionPolicy::Never).graph, graph);
    }

    #[test]
    fn the_gate_and_the_limits_say_why_not() {
        let small = welch_peaks(&WelchPeaksShape::new(256, 256, 2, 16)).unwrap();
        let refused = run(&small, DeviceClass::Metal, FusionPolicy::Auto);
        assert_eq!(refused.graph, small);
        assert!(refused.note.contains("below 50000 ns"), "{}", refused.note);
        assert_ne!(run(&small, DeviceClass::Metal, FusionPolicy::Always).graph, small);
        let odd = welch_peaks(&WelchPeaksShape::new(4096, 250, 2, 16)).unwrap();
        let refused = run(&odd, DeviceClass::Cpu, FusionPolicy::Always);
        assert!(refused.graph == odd && refused.note.contains("250"), "{}", refused.note);
    }

    #[test]
    fn a_value_that_is_also_an_output_is_not_swallowed() {
        let shape = WelchPeaksShape::new(1024, 256, 2, 16);
        let graph = welch_peaks_with_spectrum(&shape, Layout::Block).unwrap();
        assert_eq!(run(&graph, DeviceClass::Cpu, FusionPolicy::Always).graph, graph);
        let other = psd(&PsdParams::new(8e3, 200), Rows::new(2, 1000)).unwrap();
        assert_eq!(run(&other, DeviceClass::Cpu, FusionPolicy::Always).graph, other);
    }

    #[test]
    fn bands_go_along_and_other_masks_do_not() {
        let masked = |mask: Mask| {
            let shape = WelchPeaksShape::new(4, 256, 2, 16);
            let graph = welch_peaks(&shape).unwrap();
            graph
                .rewrite(|copy, _, node, ids| match node.op {
                    Op::TopK { .. } => {
                        let at =
                            copy.push(Op::SpectralMask { mask: mask.clone() }, &[ids[node.inputs[0].0]])?;
                        copy.push(node.op.clone(), &[at]).map(Some)
                    }
                    _ => Ok(None),
                })
                .unwrap()
        };
        let band = Band { lo: 3, hi: 40 };
        let fused = run(&masked(Mask::Band(band)), DeviceClass::Cpu, FusionPolicy::Auto).graph;
        assert!(matches!(&fused.nodes()[1].op, Op::WelchPeaks(s) if s.keep == Some(band)));
        let bins = masked(Mask::Bins(vec![3, 5]));
        assert_eq!(run(&bins, DeviceClass::Cpu, FusionPolicy::Auto).graph, bins);
    }
}
