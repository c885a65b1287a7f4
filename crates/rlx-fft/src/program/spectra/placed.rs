//! Which part of an estimate runs where, and why.

use anyhow::Result;
use rlx_compile::plan::Place;
use rlx_compile::{Graph, Plan};
use rlx_runtime::{Device, Session};

/// What the CPU computes of a plan for a device, with the reasons; `None` where the device computes all of it.
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

/// Returns whether a plan leaves anything to its device.
pub(crate) fn uses_device(plan: &Plan) -> bool {
    plan.regions_on(Place::Device).next().is_some()
}

/// Returns a line for each region of a pipeline: its ops, where it runs and, where that is not the device, why.
pub(crate) fn explained(device: Option<&str>, graph: &Graph) -> Result<Vec<String>> {
    let session = Session::open(&device.unwrap_or("cpu").parse::<Device>()?)?;
    let plan = session.explain(graph, Default::default())?.plan;
    let text = plan.regions_text(&session.device().id);
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}
