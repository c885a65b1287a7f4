//! The phases of `bench-fusion-phases`: the same peaks by five routes, from reading back the whole spectrum to
//! reading back peaks only. (There is no phase 4.)

use std::fmt;

use crate::builders::{PEAKS, WelchPeaksShape, welch_peaks_with_spectrum};
use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::Layout;
use crate::passes::{PassContext, PassList, compile};
use crate::plan::{ExecKind, Plan};

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FusionPhase {
    /// The full complex spectrum, interleaved, is read back; the host finds the peaks.
    BaselineInterleavedReadback,
    /// The same in block layout.
    BlockLayout,
    /// The fused op, regardless of the gate.
    FusedOp,
    /// The baseline graph after [`compile`]: the gate decides.
    CompiledPeaksOutput,
    /// The fused kernel called directly, without graph and plan.
    Native,
}

/// A phase on a device: its plan, or the reason why it is skipped.
#[derive(Debug, Clone, PartialEq)]
pub enum PhasePlan {
    /// It runs.
    Runs(Box<Plan>),
    /// It does not, for this reason.
    Skipped(String),
}

impl FusionPhase {
    /// Every phase, in order.
    pub const ALL: [Self; 5] = [
        Self::BaselineInterleavedReadback,
        Self::BlockLayout,
        Self::FusedOp,
        Self::CompiledPeaksOutput,
        Self::Native,
    ];

    /// Returns the name of its row.
    pub fn path(self) -> &'static str {
        match self {
            Self::BaselineInterleavedReadback => "baseline_interleaved_readback",
            Self::BlockLayout => "phase1_block_layout",
            Self::FusedOp => "phase2_fused_welch_peaks_op",
            Self::CompiledPeaksOutput => "phase3_compile_peaks_output_gate",
            Self::Native => "phase5_native_welch_peaks",
        }
    }

    /// Returns the phase's plan on a device. A phase that the device does not support is skipped with a reason.
    ///
    /// # Errors
    /// If the shape is invalid.
    pub fn plan(self, shape: &WelchPeaksShape, context: &PassContext<'_>) -> Result<PhasePlan> {
        let runs = |plan| Ok(PhasePlan::Runs(Box::new(plan)));
        match self {
            Self::BaselineInterleavedReadback | Self::BlockLayout => {
                let interleaved = self == Self::BaselineInterleavedReadback;
                let layout = if interleaved { Layout::Interleaved } else { Layout::Block };
                let graph = welch_peaks_with_spectrum(shape, layout)?;
                let plan = Plan::new(graph, &context.caps.clone().block_fft_only())?;
                match (plan.exec_kind(), plan.splits().first()) {
                    (ExecKind::Host, Some(split)) => Ok(PhasePlan::Skipped(split.reason.clone())),
                    _ => runs(plan),
                }
            }
            Self::FusedOp | Self::Native => {
                let mut graph = Graph::new();
                let input = Op::Input { batch: shape.batch, len: shape.frame_len()?, complex: false };
                let x = graph.push(input, &[])?;
                graph.chain(x, [Op::WelchPeaks(shape.spec()), Op::output(PEAKS)])?;
                let plan = Plan::new(graph, context.caps)?;
                match plan.splits().first() {
                    Some(split) => Ok(PhasePlan::Skipped(split.reason.clone())),
                    None => runs(plan),
                }
            }
            Self::CompiledPeaksOutput => {
                let graph = welch_peaks_with_spectrum(shape, Layout::Interleaved)?;
                runs(compile(&graph, context, &PassList::standard())?.plan)
            }
        }
    }
}

impl fmt::Display for FusionPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::cost::{BackendCostModel, predict_plan};

    fn plan(phase: FusionPhase, class: DeviceClass, shape: &WelchPeaksShape) -> PhasePlan {
        let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
        phase.plan(shape, &PassContext::new(&caps, &model)).unwrap()
    }

    fn runs(phase: FusionPhase, class: DeviceClass, shape: &WelchPeaksShape) -> Plan {
        match plan(phase, class, shape) {
            PhasePlan::Runs(plan) => *plan,
            PhasePlan::Skipped(reason) => panic!("{phase} on {class}: {reason}"),
        }
    }

    #[test]
    fn host_output_falls_exactly_32_times_from_the_baseline_to_phase_2() {
        for class in DeviceClass::ALL {
            for batch in [1, 256, 1024, 8192] {
                let shape = WelchPeaksShape::new(batch, 256, 2, 16);
                let out = |phase| runs(phase, class, &shape).io().host_output_bytes;
                let baseline = out(FusionPhase::BaselineInterleavedReadback);
                assert_eq!(baseline, batch as u64 * 2 * 256 * 8);
                assert_eq!(baseline, 32 * out(FusionPhase::FusedOp), "{class} {batch}");
            }
        }
    }

    #[test]
    fn every_phase_moves_no_more_than_the_one_before() {
        for class in DeviceClass::ALL {
            let shape = WelchPeaksShape::new(8192, 256, 2, 16);
            let ios = FusionPhase::ALL.map(|p| *runs(p, class, &shape).io());
            for pair in ios.windows(2) {
                assert!(pair[1].launches <= pair[0].launches);
                assert!(pair[1].sync_points <= pair[0].sync_points);
                assert!(pair[1].host_readback_bytes <= pair[0].host_readback_bytes);
                assert!(pair[1].device_bytes <= pair[0].device_bytes);
            }
        }
    }

    #[test]
    fn predictions_order_the_phases() {
        for class in [DeviceClass::Cuda, DeviceClass::Wgpu, DeviceClass::Metal] {
            let model = BackendCostModel::shipped(class);
            let shape = WelchPeaksShape::new(8192, 256, 2, 16);
            let ns = |p| predict_plan(&runs(p, class, &shape), &model).total_ns();
            assert!(ns(FusionPhase::BlockLayout) < ns(FusionPhase::BaselineInterleavedReadback));
            assert!(ns(FusionPhase::FusedOp) < ns(FusionPhase::BlockLayout));
            assert_eq!(ns(FusionPhase::CompiledPeaksOutput), ns(FusionPhase::FusedOp));
        }
    }

    #[test]
    fn a_phase_that_cannot_run_says_why() {
        let odd = WelchPeaksShape::new(64, 250, 2, 16);
        for phase in [FusionPhase::BaselineInterleavedReadback, FusionPhase::FusedOp, FusionPhase::Native] {
            match plan(phase, DeviceClass::Cuda, &odd) {
                PhasePlan::Skipped(reason) => assert!(reason.contains("250"), "{reason}"),
                PhasePlan::Runs(plan) => panic!("{}", plan.explain()),
            }
        }
        let bad = WelchPeaksShape::new(1, 0, 2, 16);
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Cpu), BackendCostModel::shipped(DeviceClass::Cpu));
        assert!(FusionPhase::Native.plan(&bad, &PassContext::new(&caps, &model)).is_err());
    }
}
