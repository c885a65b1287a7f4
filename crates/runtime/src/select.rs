//! Implements `auto`: selects the device with the lowest predicted time for the work, from host memory to host
//! memory.
//!
//! The CPU is always a candidate. A GPU is one unless it is a software adapter, and only for work that the CPU is not
//! predicted to finish before any GPU could answer. Predictions come from the user's calibration of a device, or from
//! shipped costs. No device is calibrated for this, and none is opened. If there is no work to predict, as in
//! [`Session::open`](crate::Session::open), `auto` is the CPU.

use rlx_compile::cost::predict_plan;
use rlx_compile::plan::Place;
use rlx_compile::{BackendCaps, BackendCostModel, Graph, Op, PassContext, PassList, Plan, compile};

use crate::calibrate::{Stored, load};
use crate::device::{Device, DeviceInfo};
use crate::devices;
use crate::error::Result;

/// Lower bound of a device's round trip: for shorter work no driver is opened. The shortest measured round trip from
/// host memory to host memory took 21 µs, for 32 rows from pinned memory on an H200.
pub const SHORTEST_ROUND_TRIP_NS: f64 = 15_000.0;

/// Returns whether work that takes the CPU `host_ns` may be faster on another device.
pub fn worth_asking(host_ns: f64) -> bool {
    host_ns > SHORTEST_ROUND_TRIP_NS
}

/// Returns whether `auto` may select a device instead of the CPU.
pub fn eligible(device: &DeviceInfo) -> bool {
    device.class.has_bus() && !device.software
}

/// Returns the devices that `auto` compares with the CPU. Queries the drivers once per process.
pub fn gpus() -> Vec<DeviceInfo> {
    devices().into_iter().filter(eligible).collect()
}

/// A device and its predicted time.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The device.
    pub device: DeviceInfo,
    /// Predicted time of one run, ns.
    pub predicted_ns: f64,
    /// Whether the prediction comes from a calibration of this machine.
    pub measured: bool,
}

/// Returns the devices by ascending predicted time. The CPU is one of them; `auto` selects the first.
///
/// # Errors
/// A graph that does not type-check.
pub fn by_cost(graph: &Graph, threads: usize) -> Result<Vec<Candidate>> {
    by_cost_of(graph, threads, gpus)
}

fn by_cost_of(
    graph: &Graph,
    threads: usize,
    gpus: impl FnOnce() -> Vec<DeviceInfo>,
) -> Result<Vec<Candidate>> {
    let host = predicted(graph, Device::Cpu.resolve()?, threads)?;
    let mut all: Vec<Candidate> = host.into_iter().collect();
    if all.first().is_some_and(|host| worth_asking(host.predicted_ns)) {
        for gpu in gpus().into_iter().filter(eligible) {
            all.extend(predicted(graph, gpu, threads)?);
        }
    }
    // Stable: for equal predictions the CPU is first.
    all.sort_by(|a, b| a.predicted_ns.total_cmp(&b.predicted_ns));
    Ok(all)
}

/// Predicts the time on a device; `None` if the host would run all of the plan.
fn predicted(graph: &Graph, device: DeviceInfo, threads: usize) -> Result<Option<Candidate>> {
    let (model, measured) = match load(&device.host_id()) {
        Stored::Found(calibration) => (calibration.model, true),
        Stored::None | Stored::Ignored { .. } => (BackendCostModel::shipped(device.class), false),
    };
    let caps = BackendCaps::shipped(device.class);
    let plan = compile(graph, &PassContext::new(&caps, &model), &PassList::standard())?.plan;
    let bus = device.class.has_bus();
    if bus && !runs_on_device(&plan) {
        return Ok(None);
    }
    let cost = predict_plan(&plan, &model);
    let shared = cost.total_ns() - cost.latency_ns;
    let spread = if bus { 1 } else { threads.max(1) };
    let predicted_ns = cost.latency_ns + shared / spread as f64;
    Ok(Some(Candidate { device, predicted_ns, measured }))
}

/// Returns whether any op of a plan runs on its device.
pub fn runs_on_device(plan: &Plan) -> bool {
    let ops = plan.graph().nodes().iter().zip(plan.places());
    ops.filter(|(node, _)| !matches!(node.op, Op::Input { .. } | Op::Output { .. }))
        .any(|(_, place)| *place == Place::Device)
}

#[cfg(test)]
mod tests {
    use rlx_compile::DeviceClass;
    use rlx_compile::builders::{WelchPeaksShape, welch_peaks};

    use super::*;

    fn gpu(class: DeviceClass, software: bool) -> DeviceInfo {
        let cpu = Device::Cpu.resolve().unwrap();
        DeviceInfo { id: format!("{class}:0"), class, software, name: "made up".to_owned(), ..cpu }
    }

    fn graph(batch: usize) -> Graph {
        welch_peaks(&WelchPeaksShape::new(batch, 256, 2, 16)).unwrap()
    }

    #[test]
    fn a_row_is_done_before_any_driver_is_asked() {
        let asked = || -> Vec<DeviceInfo> { unreachable!("the drivers were asked") };
        let all = by_cost_of(&graph(1), 1, asked).unwrap();
        assert_eq!((all.len(), all[0].device.id.as_str()), (1, "cpu"));
    }

    #[test]
    fn gpus_are_compared_but_no_software_adapters() {
        let gpus = || vec![gpu(DeviceClass::Cuda, false), gpu(DeviceClass::Wgpu, true)];
        let all = by_cost_of(&graph(1 << 20), 1, gpus).unwrap();
        let mut ids: Vec<&str> = all.iter().map(|c| c.device.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["cpu", "cuda:0"]);
        assert!(all.is_sorted_by(|a, b| a.predicted_ns <= b.predicted_ns));
        assert!(all.iter().all(|c| c.predicted_ns > 0.0));
    }
}
