//! Placement: what the device claims runs there, and from the first op that it lacks the rest is a host step.

use serde::{Deserialize, Serialize};

use crate::caps::BackendCaps;
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::shape::ValueType;

/// Where a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// On the device that the plan is for.
    Device,
    /// On the host, after the device.
    Host,
}

/// An op that the device lacks, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// First node that runs on the host.
    pub node: NodeId,
    /// Its op.
    pub op: OpKind,
    /// What the device lacks.
    pub reason: String,
}

/// A place for every node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// By node index.
    pub places: Vec<Place>,
    /// Where the plan leaves the device before its end.
    pub splits: Vec<Split>,
}

/// Places every node of a graph of these types.
///
/// Data goes one way: after a host step nothing returns to the device. Framing that would only feed the host
/// moves there too, so that the samples are not uploaded for nothing.
pub fn place(graph: &Graph, types: &[ValueType], caps: &BackendCaps) -> Placement {
    let mut places: Vec<Place> = Vec::with_capacity(graph.nodes().len());
    let mut splits = Vec::new();
    for ((id, node), result) in graph.iter().zip(types) {
        let operand = node.inputs.first();
        let on_host = operand.is_some_and(|i| places.get(i.0) == Some(&Place::Host));
        let refused = if on_host || matches!(node.op, Op::Input { .. } | Op::Output { .. }) {
            None
        } else {
            caps.refuses(&node.op, operand.and_then(|i| types.get(i.0)), result)
        };
        places.push(if on_host || refused.is_some() { Place::Host } else { Place::Device });
        if let Some(reason) = refused {
            splits.push(Split { node: id, op: node.op.kind(), reason });
        }
    }
    trim(graph, &mut places);
    Placement { places, splits }
}

/// Moves inputs and framing without a device user to the host.
fn trim(graph: &Graph, places: &mut [Place]) {
    let users = graph.users();
    for (id, node) in graph.iter().rev() {
        let light = node.op.is_prologue() || node.op.kind() == OpKind::Input;
        let used_on_device = users[id.0].iter().any(|u| {
            places[u.0] == Place::Device && graph.get(*u).is_some_and(|n| n.op.kind() != OpKind::Output)
        });
        if light && !used_on_device {
            places[id.0] = Place::Host;
        }
    }
    for (id, node) in graph.iter() {
        if node.op.kind() == OpKind::Output
            && let Some(operand) = node.inputs.first()
        {
            places[id.0] = places[operand.0];
        }
    }
}
