//! Placement: the regions that the device runs, and those that fall back to the host.

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId};
use crate::op::OpKind;
use crate::regions::{Asked, Cover, Kernels, Refusal, Region, View, candidates, cover, on_host};
use crate::shape::ValueType;

/// Where a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// On the device of the plan.
    Device,
    /// On the host, after the device.
    Host,
}

/// An op for which the device has no kernel, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The op; its prologue runs on the host with it.
    pub node: NodeId,
    /// Its kind.
    pub op: OpKind,
    /// Why the device does not support it.
    pub reason: String,
}

/// A region and where it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedRegion {
    /// The region.
    pub region: Region,
    /// Where it runs.
    pub place: Place,
    /// Why it does not run on the device; `None` on the device, and on the host if it only follows ops that run
    /// there.
    pub reason: Option<String>,
}

/// The place of every region and node.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Those of the device, then those of the host, each in data order.
    pub regions: Vec<PlacedRegion>,
    /// By node index.
    pub places: Vec<Place>,
    /// Where the plan leaves the device before its end.
    pub splits: Vec<Split>,
}

/// Places every region of a graph of these types.
///
/// Data flows in one direction: after a host step nothing returns to the device. Framing is part of the regions that
/// load it, so that no samples are uploaded without need. If the device supports only a part of a region, the host
/// runs all of it, unless the device returns at most half of the input, or [`Kernels::cuts_anywhere`].
pub fn place(graph: &Graph, types: &[ValueType], kernels: &dyn Kernels) -> Placement {
    let view = View::new(graph, types);
    let mut forced: Vec<Option<Refusal>> = vec![None; graph.nodes().len()];
    loop {
        let mut found = device(&view, |id| forced[id.0].is_none(), |asked| kernels.kernel(asked));
        for (id, refusal) in forced.iter().enumerate().filter_map(|(i, r)| Some((NodeId(i), r.as_ref()?))) {
            found.refused.push((id, refusal.clone()));
        }
        if kernels.cuts_anywhere() {
            return placement(&view, found);
        }
        match cut_regions(&view, &found) {
            moved if moved.is_empty() => return placement(&view, found),
            moved => moved.into_iter().for_each(|(id, refusal)| forced[id.0] = Some(refusal)),
        }
    }
}

/// The placement whose device regions are these, by their ops; `None` if they do not match the graph.
pub(super) fn replace(
    graph: &Graph,
    types: &[ValueType],
    regions: &[Vec<NodeId>],
    splits: Vec<Split>,
) -> Option<Placement> {
    let view = View::new(graph, types);
    let wanted = |asked: &Asked<'_>| regions.contains(&asked.region.nodes);
    let accept = |asked: &Asked<'_>| if wanted(asked) { Ok(()) } else { Err(Refusal::new("")) };
    let mut found = device(&view, |_| true, accept);
    if found.regions.len() != regions.len() {
        return None;
    }
    found.refused = splits.into_iter().map(|split| (split.node, Refusal::new(split.reason))).collect();
    Some(placement(&view, found))
}

fn device(
    view: &View<'_>,
    offered: impl Fn(NodeId) -> bool,
    accept: impl FnMut(&Asked<'_>) -> Result<(), Refusal>,
) -> Cover {
    let input = |id: NodeId| view.op(id).kind() == OpKind::Input;
    cover(view, offered, input, accept)
}

/// Returns the device's ops in regions of which it would return more than half of the input, with the reasons.
fn cut_regions(view: &View<'_>, found: &Cover) -> Vec<(NodeId, Refusal)> {
    let mut on_device = vec![false; view.graph.nodes().len()];
    found.regions.iter().flat_map(|r| &r.nodes).for_each(|n| on_device[n.0] = true);
    let mut moved = Vec::new();
    for region in &found.regions {
        let Some(anchor) = region.nodes.iter().find(|n| !view.is_loaded(**n)) else { continue };
        let Some(whole) = candidates(view, *anchor).into_iter().next() else { continue };
        let inside = |id: &NodeId| whole.nodes.contains(id);
        let handed = whole
            .nodes
            .iter()
            .filter(|n| on_device[n.0] && !view.is_loaded(**n))
            .filter(|n| view.users(**n).any(|user| inside(&user) && !on_device[user.0]));
        let back: u64 = handed.map(|n| view.types[n.0].bytes()).fold(0, u64::saturating_add);
        if back.saturating_mul(2) <= view.types[whole.source.0].bytes() {
            continue;
        }
        let why = found.refused.iter().find(|(id, _)| inside(id)).map(|(_, refusal)| refusal.clone());
        let why = why.unwrap_or_else(|| Refusal::new("a part of it runs on the host"));
        let own = whole.nodes.iter().filter(|n| on_device[n.0] && !view.is_loaded(**n));
        moved.extend(own.map(|n| (*n, why.clone())));
    }
    moved
}

/// Returns the regions of the device, and the remaining ops as regions of the host.
fn placement(view: &View<'_>, found: Cover) -> Placement {
    let (graph, nodes) = (view.graph, view.graph.nodes());
    let mut places = vec![Place::Host; nodes.len()];
    for region in &found.regions {
        region.nodes.iter().for_each(|n| places[n.0] = Place::Device);
        if view.op(region.source).kind() == OpKind::Input {
            places[region.source.0] = Place::Device;
        }
    }
    for (id, node) in graph.iter() {
        if node.op.kind() == OpKind::Output
            && let Some(operand) = node.inputs.first()
        {
            places[id.0] = places[operand.0];
        }
    }
    let mut computed = vec![false; nodes.len()];
    found.regions.iter().flat_map(|r| &r.results).for_each(|n| computed[n.0] = true);
    let there = |id: NodeId| view.op(id).kind() == OpKind::Input || computed[id.0];
    let left = |id: NodeId| places[id.0] == Place::Host || view.is_loaded(id);
    let host = cover(view, left, there, on_host);
    let mut refused = found.refused;
    refused.sort_by_key(|(id, _)| *id);
    refused.dedup_by_key(|(id, _)| *id);
    let on_device = found.regions.into_iter();
    let mut regions: Vec<PlacedRegion> =
        on_device.map(|region| PlacedRegion { region, place: Place::Device, reason: None }).collect();
    let mut splits = Vec::new();
    for region in host.regions {
        let first = refused.iter().find(|(id, _)| region.nodes.contains(id));
        if let Some((node, refusal)) = first {
            let op = view.op(*node).kind();
            splits.push(Split { node: *node, op, reason: refusal.reason.clone() });
        }
        let reason = first.map(|(_, refusal)| refusal.reason.clone());
        regions.push(PlacedRegion { region, place: Place::Host, reason });
    }
    Placement { regions, places, splits }
}
