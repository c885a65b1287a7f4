//! Drops spectra that are outputs only because the host searched them for peaks, so that only peaks are read back.

use super::{FusionPolicy, Pass, PassContext, Rewrite, chain, fuse_welch_peaks};
use crate::error::Result;
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::params::OutputRole;
use crate::plan::graph_io;
use crate::shape::{ValueKind, ValueType};

/// If every result is peaks, drops the intermediate outputs, provided the device supports `Fft` and `WelchPeaks` and
/// the IO gate favours reading back peaks (from the fused op) over the present read-back.
#[derive(Debug, Clone, Copy, Default)]
pub struct SelectPeaksOnlyOutputs;

impl Pass for SelectPeaksOnlyOutputs {
    fn name(&self) -> &'static str {
        "select_peaks_only_outputs"
    }

    fn run(&self, graph: &Graph, context: &PassContext<'_>) -> Result<Rewrite> {
        let unchanged = |note: String| Ok(Rewrite::unchanged(graph, note));
        let caps = context.caps;
        for kind in [OpKind::Fft, OpKind::WelchPeaks] {
            if !caps.claims(kind) {
                return unchanged(format!("{} does not support {kind}", caps.class));
            }
        }
        let types = graph.infer()?;
        let redundant = match redundant_outputs(graph, &types) {
            Ok(redundant) if redundant.is_empty() => return unchanged("no redundant output".to_owned()),
            Ok(redundant) => redundant,
            Err(result) => return unchanged(format!("the result {result} is not peaks")),
        };
        let without = graph.sweep(|id| redundant.contains(&id));
        let mut chains = chain::find(&without, &without.infer()?);
        chains.retain(|c| caps.has_fused(&c.spec));
        if chains.is_empty() {
            return unchanged("the device does not support the fused op of the remaining graph".to_owned());
        }
        let fused = fuse_welch_peaks::fuse(&without, &chains)?;
        let gate = context.model.io_gate();
        let (from, to) = (graph_io(graph, caps)?, graph_io(&fused, caps)?);
        let score = gate.score_ns(&from, &to);
        let verdict = format!("gain {score:.0} ns against {:.0} ns", gate.min_gain_ns);
        match context.policy {
            FusionPolicy::Auto if score < gate.min_gain_ns => unchanged(format!("kept: {verdict}")),
            FusionPolicy::Never => unchanged("fusion is switched off by the policy".to_owned()),
            _ => {
                let note =
                    format!("{} outputs dropped, peaks are read back alone: {verdict}", redundant.len());
                Ok(Rewrite { graph: without, note })
            }
        }
    }
}

/// Returns the intermediate outputs, if all results are peaks and there is at least one; otherwise the first other
/// result.
fn redundant_outputs(graph: &Graph, types: &[ValueType]) -> std::result::Result<Vec<NodeId>, String> {
    let mut redundant = Vec::new();
    let mut peaks = false;
    for id in graph.outputs() {
        match &graph.nodes()[id.0].op {
            Op::Output { role: OutputRole::Intermediate, .. } => redundant.push(id),
            Op::Output { .. } if types[id.0].kind == ValueKind::Peaks => peaks = true,
            Op::Output { name, .. } => return Err(name.clone()),
            _ => {}
        }
    }
    // In a graph of intermediates alone they are the results.
    Ok(if peaks { redundant } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{SPECTRUM, WelchPeaksShape, welch_peaks, welch_peaks_with_spectrum};
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::params::Layout;

    fn run(graph: &Graph, class: DeviceClass, caps: &BackendCaps) -> Rewrite {
        let model = BackendCostModel::shipped(class);
        SelectPeaksOnlyOutputs.run(graph, &PassContext::new(caps, &model)).unwrap()
    }

    fn baseline(batch: usize) -> Graph {
        welch_peaks_with_spectrum(&WelchPeaksShape::new(batch, 256, 2, 16), Layout::Block).unwrap()
    }

    #[test]
    fn the_spectrum_goes_where_the_gate_favours_it() {
        for class in DeviceClass::ALL {
            let caps = BackendCaps::shipped(class);
            let after = run(&baseline(4096), class, &caps);
            assert!(after.graph.output(SPECTRUM).is_none(), "{class}: {}", after.note);
            assert!(after.graph.output("peaks").is_some());
        }
        let metal = BackendCaps::shipped(DeviceClass::Metal);
        let kept = run(&baseline(64), DeviceClass::Metal, &metal);
        assert!(kept.graph == baseline(64) && kept.note.starts_with("kept: gain"), "{}", kept.note);
    }

    #[test]
    fn unclaimed_ops_and_wanted_spectra_are_respected() {
        let cuda = BackendCaps::shipped(DeviceClass::Cuda);
        for kind in [OpKind::Fft, OpKind::WelchPeaks] {
            let lacking = cuda.clone().without_op(kind);
            assert_eq!(run(&baseline(4096), DeviceClass::Cuda, &lacking).graph, baseline(4096));
        }
        let wanted = baseline(4096).map_ops(|_, op| match op {
            Op::Output { name, .. } => Op::output(name.clone()),
            other => other.clone(),
        });
        let kept = run(&wanted, DeviceClass::Cuda, &cuda);
        assert!(kept.graph == wanted && kept.note.contains("spectrum"), "{}", kept.note);
        let plain = welch_peaks(&WelchPeaksShape::new(4096, 256, 2, 16)).unwrap();
        assert_eq!(run(&plain, DeviceClass::Cuda, &cuda).graph, plain);
        // A shape without a fused kernel gains nothing.
        let shape = WelchPeaksShape::new(4096, 250, 2, 16);
        let odd = welch_peaks_with_spectrum(&shape, Layout::Block).unwrap();
        assert_eq!(run(&odd, DeviceClass::Cuda, &cuda).graph, odd);
    }
}
