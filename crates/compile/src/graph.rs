//! The pipeline graph: nodes in topological order, each an op on the value of an earlier node.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::op::{Op, OpKind};

/// Index of a node in its graph; printed as `%3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub usize);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

/// An op and the nodes of its operands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// Its operands, all defined earlier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<NodeId>,
}

/// A pipeline. Operands come before their users, so a walk in index order is a walk in data order.
///
/// Deserialising checks the structure (arity, order, output names); [`Graph::infer`] checks kinds and shapes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "RawGraph")]
pub struct Graph {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGraph {
    nodes: Vec<Node>,
}

impl TryFrom<RawGraph> for Graph {
    type Error = Error;

    fn try_from(raw: RawGraph) -> Result<Self> {
        Self::from_nodes(raw.nodes)
    }
}

impl Graph {
    /// Creates an empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a graph of these nodes.
    ///
    /// # Errors
    /// [`Error::Structure`] on a wrong number of operands, an operand that is not defined earlier, an operand
    /// that is an output, or an output name that is used twice.
    pub fn from_nodes(nodes: Vec<Node>) -> Result<Self> {
        let mut graph = Self { nodes: Vec::with_capacity(nodes.len()) };
        for node in nodes {
            graph.push(node.op, &node.inputs)?;
        }
        Ok(graph)
    }

    /// Appends a node and returns its id.
    ///
    /// # Errors
    /// Those of [`Graph::from_nodes`].
    pub fn push(&mut self, op: Op, inputs: &[NodeId]) -> Result<NodeId> {
        let id = NodeId(self.nodes.len());
        let kind = op.kind();
        let fail = |reason: String| Err(Error::Structure { node: id, op: kind.name(), reason });
        if inputs.len() != kind.arity() {
            return fail(format!("takes {} operands, got {}", kind.arity(), inputs.len()));
        }
        for &input in inputs {
            match self.nodes.get(input.0) {
                None => return fail(format!("operand {input} is not defined before it")),
                Some(node) if node.op.kind() == OpKind::Output => {
                    return fail(format!("operand {input} is an output, which has no value"));
                }
                Some(_) => {}
            }
        }
        if let Op::Output { name, .. } = &op
            && self.output(name).is_some()
        {
            return fail(format!("the output name {name:?} is used twice"));
        }
        self.nodes.push(Node { op, inputs: inputs.to_vec() });
        Ok(id)
    }

    /// Appends a chain of one-operand ops after `from` and returns the last id.
    ///
    /// # Errors
    /// Those of [`Graph::from_nodes`].
    pub fn chain(&mut self, from: NodeId, ops: impl IntoIterator<Item = Op>) -> Result<NodeId> {
        ops.into_iter().try_fold(from, |at, op| self.push(op, &[at]))
    }

    /// Returns all nodes; the index is the id.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the node with this id.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// Returns the ids and nodes in data order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(i, node)| (NodeId(i), node))
    }

    /// Returns the ids of the outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = NodeId> {
        self.iter().filter(|(_, n)| n.op.kind() == OpKind::Output).map(|(id, _)| id)
    }

    /// Returns the output of this name.
    pub fn output(&self, wanted: &str) -> Option<NodeId> {
        self.iter()
            .find(|(_, n)| matches!(&n.op, Op::Output { name, .. } if name == wanted))
            .map(|(id, _)| id)
    }

    /// Returns for each node the nodes that use its value.
    pub fn users(&self) -> Vec<Vec<NodeId>> {
        let mut users = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.iter() {
            for input in &node.inputs {
                users[input.0].push(id);
            }
        }
        users
    }

    /// Returns a copy with some ops replaced and the same operands, for passes that keep the structure.
    pub(crate) fn map_ops(&self, mut f: impl FnMut(NodeId, &Op) -> Op) -> Self {
        let nodes = self.iter().map(|(id, n)| Node { op: f(id, &n.op), inputs: n.inputs.clone() }).collect();
        Self { nodes }
    }

    /// Copies the graph node by node. `f` gets the copy so far, the node and the new ids of all earlier nodes; it
    /// returns the id that stands for the node from then on, or `None` to have it copied. Nodes that no output needs
    /// afterwards are removed.
    pub(crate) fn rewrite(
        &self,
        mut f: impl FnMut(&mut Self, NodeId, &Node, &[NodeId]) -> Result<Option<NodeId>>,
    ) -> Result<Self> {
        let mut copy = Self::new();
        let mut ids: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        for (id, node) in self.iter() {
            let new = match f(&mut copy, id, node, &ids)? {
                Some(new) => new,
                None => {
                    let inputs: Vec<NodeId> = node.inputs.iter().map(|i| ids[i.0]).collect();
                    copy.push(node.op.clone(), &inputs)?
                }
            };
            ids.push(new);
        }
        Ok(copy.sweep(|_| false))
    }

    /// Returns the graph without the dropped outputs and without the nodes that only they needed. Inputs stay,
    /// because the caller still passes them.
    pub(crate) fn sweep(&self, drop: impl Fn(NodeId) -> bool) -> Self {
        let mut live = vec![false; self.nodes.len()];
        for (id, node) in self.iter().rev() {
            let root = match node.op.kind() {
                OpKind::Output => !drop(id),
                OpKind::Input => true,
                _ => false,
            };
            if root || live[id.0] {
                live[id.0] = true;
                for input in &node.inputs {
                    live[input.0] = true;
                }
            }
        }
        let mut renamed = vec![NodeId(0); self.nodes.len()];
        let mut nodes = Vec::new();
        for (id, node) in self.iter().filter(|(id, _)| live[id.0]) {
            renamed[id.0] = NodeId(nodes.len());
            let inputs = node.inputs.iter().map(|i| renamed[i.0]).collect();
            nodes.push(Node { op: node.op.clone(), inputs });
        }
        Self { nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Op {
        Op::Input { batch: 2, len: 64, complex: false }
    }

    #[test]
    fn structure_is_checked() {
        let mut g = Graph::new();
        let x = g.push(input(), &[]).unwrap();
        assert!(g.push(input(), &[x]).is_err());
        assert!(g.push(Op::TopK { k: 1 }, &[]).is_err());
        let dangling = g.push(Op::TopK { k: 1 }, &[NodeId(7)]).unwrap_err();
        assert_eq!(dangling.to_string(), "%1 (top_k): operand %7 is not defined before it");
        let out = g.push(Op::output("a"), &[x]).unwrap();
        assert!(g.push(Op::output("a"), &[x]).is_err());
        assert!(g.push(Op::TopK { k: 1 }, &[out]).is_err());
        assert_eq!(g.users(), vec![vec![out], vec![]]);
    }

    #[test]
    fn corrupt_json_is_refused() {
        let ok = r#"{"nodes":[{"op":{"op":"input","batch":1,"len":8}}]}"#;
        assert!(serde_json::from_str::<Graph>(ok).is_ok());
        let forward = r#"{"nodes":[{"op":{"op":"top_k","k":1},"inputs":[0]}]}"#;
        assert!(serde_json::from_str::<Graph>(forward).is_err());
    }

    #[test]
    fn sweep_drops_what_no_output_needs() {
        let mut g = Graph::new();
        let x = g.push(input(), &[]).unwrap();
        let dead =
            g.push(Op::Segment { len: 8, hop: 8, pad: Default::default(), drop_last: 0 }, &[x]).unwrap();
        g.push(Op::intermediate("frames"), &[dead]).unwrap();
        let live = g.push(Op::Affine { scale: 2.0, offset: 0.0 }, &[x]).unwrap();
        g.push(Op::output("twice"), &[live]).unwrap();
        let frames = g.output("frames").unwrap();
        let swept = g.sweep(|id| id == frames);
        assert_eq!(swept.nodes().len(), 3);
        assert_eq!(swept.nodes()[2].inputs, vec![NodeId(1)]);
        assert_eq!(g.sweep(|_| false), g);
    }
}
