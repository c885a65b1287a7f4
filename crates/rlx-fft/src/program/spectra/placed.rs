//! Texts about the placement of an estimate.

use anyhow::Result;
use rlx_compile::plan::Place;
use rlx_compile::{Graph, Plan};
use rlx_runtime::{Device, Session};

/// Returns the regions of a device plan that the CPU runs, with the reasons; `None` if the device runs all of it.
pub(crate) fn on_the_cpu(plan: &Plan) -> Option<String> {
    let host = plan.regions().iter().filter(|placed| placed.place == Place::Host);
    let said: Vec<String> = host
        .map(|placed| match (placed.region.task.name(), &placed.reason) {
            (name, Some(reason)) => format!("{name} ({reason})"),
            (name, None) => name.to_owned(),
        })
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// Returns whether a plan runs any region on its device.
pub(crate) fn uses_device(plan: &Plan) -> bool {
    plan.regions_on(Place::Device).next().is_some()
}

/// Where an estimate ran.
pub(crate) struct Placement {
    /// Caption of the result.
    pub(crate) said: String,
    /// The regions of the plan that ran, for `--explain`.
    pub(crate) regions: Vec<String>,
}

/// A device that computes nothing of an estimate.
pub(crate) struct Declined {
    /// Why.
    pub(crate) why: String,
    /// The regions of the plan that shows it.
    pub(crate) regions: Vec<String>,
}

impl Declined {
    /// A reason that needs no plan, for an estimate that the CPU computes as a whole.
    pub(crate) fn whole(task: &str, device: &str, why: String) -> Self {
        let regions = vec![format!("{task}: cpu; {device}: {why}")];
        Self { why, regions }
    }

    pub(crate) fn placement(self, device: &str) -> Placement {
        let said = format!("computed on the CPU, not on {device}: {}", self.why);
        Placement { said, regions: self.regions }
    }
}

/// Returns one line per region of a plan: its ops, its place and, if that is not the device, the reason.
pub(crate) fn regions(plan: &Plan, device: &str) -> Vec<String> {
    plan.regions_text(device).lines().map(|line| line.trim().to_owned()).collect()
}

/// Returns the regions of an estimate that runs on the CPU without a session: all of them are the CPU's.
pub(crate) fn explained(graph: &Graph) -> Result<Vec<String>> {
    let session = Session::open(&Device::Cpu)?;
    Ok(regions(&session.explain(graph, Default::default())?.plan, &session.device().id))
}
