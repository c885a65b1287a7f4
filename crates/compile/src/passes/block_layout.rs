//! Interleaved spectra → block layout: saves a launch, and the host copies only the bins that it reads.

use super::{Pass, PassContext, Rewrite};
use crate::error::Result;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::params::{Layout, OutputRole};

/// Gives every spectrum the layout of the kernels, except for requested results, whose layout is part of the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockLayout;

impl Pass for BlockLayout {
    fn name(&self) -> &'static str {
        "block_layout"
    }

    fn run(&self, graph: &Graph, _: &PassContext<'_>) -> Result<Rewrite> {
        let wanted = handed_out(graph);
        let mut changed = 0;
        let graph = graph.map_ops(|id, op| {
            let mut op = op.clone();
            let layout = match &mut op {
                Op::Fft { layout, .. } => layout,
                Op::Butterfly(spec) => &mut spec.layout,
                _ => return op,
            };
            if *layout == Layout::Interleaved && !wanted[id.0] {
                *layout = Layout::Block;
                changed += 1;
            }
            op
        });
        Ok(Rewrite { graph, note: format!("{changed} spectra in block layout") })
    }
}

/// Returns whether a result has a node's layout: directly, or through a mask, which keeps it.
fn handed_out(graph: &Graph) -> Vec<bool> {
    let mut wanted = vec![false; graph.nodes().len()];
    for (id, node) in graph.iter().rev() {
        let NodeId(index) = id;
        let passes_on = match node.op {
            Op::Output { role, .. } => role == OutputRole::Result,
            Op::SpectralMask { .. } => wanted[index],
            _ => false,
        };
        if passes_on {
            for input in &node.inputs {
                wanted[input.0] = true;
            }
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{SPECTRUM, WelchPeaksShape, welch_peaks_with_spectrum};
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::params::{Band, Mask};
    use crate::plan::graph_io;

    fn run(graph: &Graph) -> Graph {
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Wgpu), BackendCostModel::shipped(DeviceClass::Wgpu));
        BlockLayout.run(graph, &PassContext::new(&caps, &model)).unwrap().graph
    }

    #[test]
    fn an_intermediate_spectrum_becomes_block() {
        let shape = WelchPeaksShape::new(64, 256, 2, 16);
        let before = welch_peaks_with_spectrum(&shape, Layout::Interleaved).unwrap();
        let after = run(&before);
        assert_eq!(after, welch_peaks_with_spectrum(&shape, Layout::Block).unwrap());
        assert_eq!(run(&after), after);
        let caps = BackendCaps::shipped(DeviceClass::Wgpu);
        let (a, b) = (graph_io(&before, &caps).unwrap(), graph_io(&after, &caps).unwrap());
        assert!(b.launches < a.launches && b.device_bytes < a.device_bytes);
        assert!(b.host_readback_bytes < a.host_readback_bytes);
    }

    #[test]
    fn a_spectrum_that_was_asked_for_keeps_its_layout() {
        let shape = WelchPeaksShape::new(64, 256, 2, 16);
        let graph = welch_peaks_with_spectrum(&shape, Layout::Interleaved).unwrap();
        let asked = graph.map_ops(|_, op| match op {
            Op::Output { name, .. } if name == SPECTRUM => Op::output(SPECTRUM),
            other => other.clone(),
        });
        assert_eq!(run(&asked), asked);
        let masked = asked
            .rewrite(|copy, _, node, ids| match &node.op {
                Op::Output { name, .. } if name == SPECTRUM => {
                    let mask = Mask::Band(Band { lo: 0, hi: 9 });
                    let at = copy.push(Op::SpectralMask { mask }, &[ids[node.inputs[0].0]])?;
                    copy.push(node.op.clone(), &[at]).map(Some)
                }
                _ => Ok(None),
            })
            .unwrap();
        assert_eq!(run(&masked), masked);
    }
}
