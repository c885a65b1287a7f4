//! Divides a graph into regions that a backend accepts.

use super::{Asked, Refusal, Region, View, candidates};
use crate::graph::NodeId;
use crate::op::OpKind;

/// The result of a walk over a graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cover {
    /// Accepted regions, in data order.
    pub regions: Vec<Region>,
    /// Ops at which no region was accepted, with the refusal of the smallest one.
    pub refused: Vec<(NodeId, Refusal)>,
    /// Ops that were not offered, because their operands are not available.
    pub left: Vec<NodeId>,
}

/// Walks the ops in data order. At each `offered` op that is in no region yet, takes the largest region that `accept`
/// accepts. All ops of a region are offered, and its operand is `given` or computed by an earlier region.
pub fn cover(
    view: &View<'_>,
    offered: impl Fn(NodeId) -> bool,
    given: impl Fn(NodeId) -> bool,
    mut accept: impl FnMut(&Asked<'_>) -> Result<(), Refusal>,
) -> Cover {
    let mut found = Cover::default();
    let mut taken = vec![false; view.graph.nodes().len()];
    for (id, node) in view.graph.iter() {
        let handed = matches!(node.op.kind(), OpKind::Input | OpKind::Output);
        if handed || taken[id.0] || !offered(id) || view.is_loaded(id) {
            continue;
        }
        let mut smallest: Option<(usize, Refusal)> = None;
        for region in candidates(view, id) {
            let there = given(region.source) || taken[region.source.0];
            if !there || !region.nodes.iter().all(|n| offered(*n)) {
                continue;
            }
            match accept(&Asked { region: &region, graph: view.graph, types: view.types }) {
                Ok(()) => {
                    region.nodes.iter().for_each(|n| taken[n.0] = true);
                    found.regions.push(region);
                    break;
                }
                Err(refusal) => {
                    let ops = region.nodes.len();
                    if smallest.as_ref().is_none_or(|(fewest, _)| ops <= *fewest) {
                        smallest = Some((ops, refusal));
                    }
                }
            }
        }
        match smallest {
            _ if taken[id.0] => {}
            Some((_, refusal)) => found.refused.push((id, refusal)),
            None => found.left.push(id),
        }
    }
    found
}
