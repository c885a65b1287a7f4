//! Compiles a graph to a plan and records each pass.

use std::fmt::Write as _;

use super::{PassContext, PassList, PassState, PassTrace};
use crate::error::Result;
use crate::graph::Graph;
use crate::plan::Plan;

/// A plan and a record of the passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The plan that runs.
    pub plan: Plan,
    /// The requested graph.
    pub source: Graph,
    /// Each pass in order.
    pub passes: Vec<PassTrace>,
}

/// Runs the passes and places the result on the device.
///
/// # Errors
/// If the graph does not type-check or has no output. Unsupported ops are not an error.
pub fn compile(graph: &Graph, context: &PassContext<'_>, passes: &PassList) -> Result<Compiled> {
    let (optimised, traces) = passes.run(graph, context)?;
    Ok(Compiled { plan: Plan::new(optimised, context.kernels)?, source: graph.clone(), passes: traces })
}

impl Compiled {
    /// Returns the requested graph, the graph before and after each pass, and the plan.
    pub fn explain(&self) -> String {
        let mut text = format!("graph\n{}", indent(&self.source));
        for (index, pass) in self.passes.iter().enumerate() {
            let state = match pass.state {
                PassState::Off => "off",
                PassState::Unchanged => "unchanged",
                PassState::Changed => "changed",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "pass {} {}: {state}: {}", index + 1, pass.name, pass.note);
            if pass.state == PassState::Changed {
                let _ = write!(text, " before\n{} after\n{}", indent(&pass.before), indent(&pass.after));
            }
        }
        text + &self.plan.explain()
    }
}

fn indent(graph: &Graph) -> String {
    graph.to_string().lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{SPECTRUM, WelchPeaksShape, welch_peaks, welch_peaks_with_spectrum};
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::BackendCostModel;
    use crate::op::OpKind;
    use crate::params::Layout;
    use crate::plan::ExecKind;

    fn of(class: DeviceClass, graph: &Graph, passes: &PassList) -> Compiled {
        let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
        compile(graph, &PassContext::new(&caps, &model), passes).unwrap()
    }

    fn baseline(batch: usize) -> Graph {
        welch_peaks_with_spectrum(&WelchPeaksShape::new(batch, 256, 2, 16), Layout::Interleaved).unwrap()
    }

    #[test]
    fn the_standard_list_makes_one_kernel_of_the_baseline() {
        for class in DeviceClass::ALL {
            let compiled = of(class, &baseline(4096), &PassList::standard());
            assert_eq!(compiled.plan.exec_kind(), ExecKind::FusedOp, "{class}\n{}", compiled.explain());
            assert_eq!(compiled.plan.io().host_output_bytes, 4096 * 16 * 8);
        }
        let small = of(DeviceClass::Metal, &baseline(64), &PassList::standard());
        assert_eq!(small.plan.exec_kind(), ExecKind::BlockFft);
    }

    #[test]
    fn each_pass_can_be_switched_off() {
        let names: Vec<&str> = PassList::standard().names().map(|(n, _)| n).collect();
        for name in &names {
            let list = PassList::standard().switch(name, false).unwrap();
            let compiled = of(DeviceClass::Cuda, &baseline(4096), &list);
            let trace = compiled.passes.iter().find(|p| p.name == *name).unwrap();
            assert_eq!((trace.state, &trace.before), (PassState::Off, &trace.after));
            let kept = compiled.plan.graph().output(SPECTRUM).is_some();
            assert_eq!(kept, *name == "select_peaks_only_outputs");
        }
        let error = PassList::standard().switch("fuse", false).unwrap_err().to_string();
        assert!(error.contains("fuse_welch_peaks"), "{error}");
    }

    #[test]
    fn explain_shows_before_after_and_the_split() {
        let text = of(DeviceClass::Cuda, &baseline(4096), &PassList::standard()).explain();
        for part in [
            "graph\n  %0 = input(batch=4096",
            "pass 1 select_peaks_only_outputs: changed",
            " before\n",
            " after\n",
            "pass 5 expand_unsupported: unchanged",
            "plan for cuda (fused_op), key ",
            "kernel: welch_peaks %1",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        let large_k = welch_peaks(&WelchPeaksShape::new(64, 1024, 2, 100)).unwrap();
        let text = of(DeviceClass::Cuda, &large_k, &PassList::standard()).explain();
        assert!(
            text.contains("not fused: k 100 is above 64") && text.contains("on the host: cuda has no power"),
            "{text}"
        );
    }

    #[test]
    fn bad_graphs_are_errors() {
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Cpu), BackendCostModel::shipped(DeviceClass::Cpu));
        let context = PassContext::new(&caps, &model);
        assert!(compile(&Graph::new(), &context, &PassList::standard()).is_err());
        let wrong: Graph =
            "%0 = input(batch=1, len=8)\n%1 = top_k(%0, k=3)\n%2 = output(%1, name=x)".parse().unwrap();
        let error = compile(&wrong, &context, &PassList::standard()).unwrap_err().to_string();
        assert!(error.contains("top_k") && error.contains("[1, 8]"), "{error}");
        let empty = of(DeviceClass::Cuda, &baseline(0), &PassList::standard());
        assert_eq!(empty.plan.io().upload_bytes, 0);
        assert!(empty.plan.graph().nodes().iter().any(|n| n.op.kind() == OpKind::Output));
    }
}
