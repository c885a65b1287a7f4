//! The predicted time of a plan.

use serde::{Deserialize, Serialize};

use super::BackendCostModel;
use super::work::{fused_row, op_flops};
use crate::builders::WelchPeaksShape;
use crate::op::OpKind;
use crate::plan::{Place, Plan, StepKind};

/// Terms of a prediction, in ns; their sum is the predicted time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CostBreakdown {
    /// Fixed cost of the run, launches and round trips: L·M.
    pub latency_ns: f64,
    /// Input transfer over the bus.
    pub upload_ns: f64,
    /// Sum over kernels of the larger of compute time and memory time (they overlap).
    pub kernel_ns: f64,
    /// Output transfer over the bus.
    pub readback_ns: f64,
    /// Host blocks.
    pub host_ns: f64,
}

impl CostBreakdown {
    /// Returns the predicted time.
    pub fn total_ns(&self) -> f64 {
        self.latency_ns + self.upload_ns + self.kernel_ns + self.readback_ns + self.host_ns
    }
}

/// Predicts the time of one run of the plan. An empty batch costs its latencies.
pub fn predict_plan(plan: &Plan, model: &BackendCostModel) -> CostBreakdown {
    let bus = model.class.has_bus();
    let mut cost = CostBreakdown { latency_ns: model.call_ns, ..CostBreakdown::default() };
    for step in plan.steps() {
        let traffic = (step.read_bytes as f64 + step.write_bytes as f64) / model.device_bytes_per_ns;
        match step.kind {
            StepKind::Upload if bus => {
                cost.latency_ns += if model.unified_memory { 0.0 } else { model.launch_ns };
                cost.upload_ns += step.write_bytes as f64 / model.upload_bytes_per_ns;
            }
            StepKind::ReadBack if bus => {
                cost.latency_ns += model.round_trip_ns;
                cost.readback_ns += step.write_bytes as f64 / model.readback_bytes_per_ns;
            }
            StepKind::Upload | StepKind::ReadBack => {}
            StepKind::Interleave => {
                cost.latency_ns += model.launch_ns;
                cost.kernel_ns += traffic;
            }
            StepKind::Kernel => {
                let (fused, other) = flops(plan, step.nodes.iter().map(|n| n.0));
                let compute = (fused * model.fused_compute_scale + other) / model.flops_per_ns;
                cost.latency_ns += model.launch_ns;
                cost.kernel_ns += compute.max(traffic);
            }
            StepKind::Host => {
                let (fused, other) = flops(plan, step.nodes.iter().map(|n| n.0));
                cost.host_ns += (fused + other) / model.host_flops_per_ns;
                // Only a block that waits for the device has the wake-up overhead.
                if bus && plan.places().contains(&Place::Device) {
                    cost.latency_ns += model.host_thunk_penalty_ns;
                }
            }
        }
    }
    cost
}

/// Predicts the time of one run of the fused op: [`predict_plan`] of the fused plan, without building it.
pub fn predict_fused_ns(shape: &WelchPeaksShape, model: &BackendCostModel) -> f64 {
    let batch = shape.batch as f64;
    let samples = shape.n_fft as f64 + (shape.segments as f64 - 1.0).max(0.0) * shape.hop as f64;
    let (input, output) = (4.0 * samples * batch, 8.0 * shape.k.min(shape.bins()) as f64 * batch);
    let compute =
        batch * fused_row(&shape.spec(), samples as usize) * model.fused_compute_scale / model.flops_per_ns;
    let kernel = compute.max((input + output) / model.device_bytes_per_ns);
    let mut total = model.call_ns + model.launch_ns + kernel;
    if model.class.has_bus() {
        total += if model.unified_memory { 0.0 } else { model.launch_ns } + model.round_trip_ns;
        total += input / model.upload_bytes_per_ns + output / model.readback_bytes_per_ns;
    }
    total
}

/// Returns the operations of these nodes: (fused, others).
fn flops(plan: &Plan, nodes: impl Iterator<Item = usize>) -> (f64, f64) {
    let mut sum = (0.0, 0.0);
    for index in nodes {
        let (Some(node), Some(ty)) = (plan.graph().nodes().get(index), plan.types().get(index)) else {
            continue;
        };
        let operand = node.inputs.first().and_then(|i| plan.types().get(i.0));
        let flops = op_flops(&node.op, operand, ty);
        if node.op.kind() == OpKind::WelchPeaks { sum.0 += flops } else { sum.1 += flops }
    }
    sum
}

/// Returns the fused compute scale with which the model would have predicted a measured time of a fused plan;
/// `bench-fusion-phases` prints it as `suggested fused_io_compute_scale`. `None` if the plan has no fused kernel, or
/// if the other terms already exceed the measured time.
pub fn suggested_fused_compute_scale(plan: &Plan, model: &BackendCostModel, measured_ns: f64) -> Option<f64> {
    let on_device = plan.graph().iter().filter(|(id, _)| plan.places().get(id.0) == Some(&Place::Device));
    let (fused, _) = flops(plan, on_device.map(|(id, _)| id.0));
    let free = BackendCostModel { fused_compute_scale: f64::MIN_POSITIVE, ..*model };
    let others = predict_plan(plan, &free);
    let left = measured_ns - (others.total_ns() - others.kernel_ns);
    (fused > 0.0 && left.is_finite() && left > others.kernel_ns).then(|| left * model.flops_per_ns / fused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::welch_peaks;
    use crate::caps::{BackendCaps, DeviceClass};
    use crate::graph::Graph;
    use crate::op::Op;

    fn fused(shape: &WelchPeaksShape) -> Graph {
        let mut g = Graph::new();
        let len = shape.frame_len().unwrap();
        let x = g.push(Op::Input { batch: shape.batch, len, complex: false }, &[]).unwrap();
        g.chain(x, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]).unwrap();
        g
    }

    #[test]
    fn more_rows_cost_more_and_an_empty_batch_only_latency() {
        for class in DeviceClass::ALL {
            let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
            let total = |batch| {
                let shape = WelchPeaksShape::new(batch, 256, 2, 16);
                let of = |g| predict_plan(&Plan::new(g, &caps).unwrap(), &model);
                (of(fused(&shape)), of(welch_peaks(&shape).unwrap()))
            };
            let (empty, _) = total(0);
            assert_eq!(empty.total_ns(), empty.latency_ns);
            let mut last = (empty.total_ns(), 0.0);
            for batch in [1, 64, 4096, 262_144] {
                let (f, b) = total(batch);
                assert!(f.total_ns() > last.0 && b.total_ns() > last.1, "{class} {batch}");
                last = (f.total_ns(), b.total_ns());
            }
        }
    }

    #[test]
    fn the_short_form_equals_the_plan() {
        for class in DeviceClass::ALL {
            let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
            for (batch, n_fft, segments, k) in [(0, 256, 2, 16), (7, 64, 1, 100), (4096, 1024, 8, 64)] {
                let shape = WelchPeaksShape::new(batch, n_fft, segments, k);
                let plan = predict_plan(&Plan::new(fused(&shape), &caps).unwrap(), &model).total_ns();
                assert!((predict_fused_ns(&shape, &model) / plan - 1.0).abs() < 1e-12, "{class} {shape:?}");
            }
        }
    }

    #[test]
    fn the_suggested_scale_reproduces_the_measurement() {
        let caps = BackendCaps::shipped(DeviceClass::Metal);
        let model = BackendCostModel::shipped(DeviceClass::Metal);
        let plan = Plan::new(fused(&WelchPeaksShape::new(65_536, 256, 2, 16)), &caps).unwrap();
        let measured = 2.0 * predict_plan(&plan, &model).total_ns();
        let scale = suggested_fused_compute_scale(&plan, &model, measured).unwrap();
        let better = BackendCostModel { fused_compute_scale: scale, ..model };
        assert!((predict_plan(&plan, &better).total_ns() / measured - 1.0).abs() < 1e-9);
        assert_eq!(suggested_fused_compute_scale(&plan, &model, 1.0), None);
        assert_eq!(suggested_fused_compute_scale(&plan, &model, f64::NAN), None);
        let block = Plan::new(welch_peaks(&WelchPeaksShape::new(8, 256, 2, 16)).unwrap(), &caps).unwrap();
        assert_eq!(suggested_fused_compute_scale(&block, &model, 1e9), None);
    }
}
