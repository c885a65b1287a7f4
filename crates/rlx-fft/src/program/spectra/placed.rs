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

/// Returns one line per region of a pipeline: its ops, its place and, if that is not the device, the reason.
pub(crate) fn explained(device: Option<&str>, graph: &Graph) -> Result<Vec<String>> {
    let session = Session::open(&device.unwrap_or("cpu").parse::<Device>()?)?;
    let plan = session.explain(graph, Default::default())?.plan;
    let text = plan.regions_text(&session.device().id);
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}
