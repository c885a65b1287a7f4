//! Steps: uploads, kernels, read-backs and host blocks, in order.

use std::fmt;

use serde::Serialize;

use super::Place;
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::params::{Layout, OutputRole};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Copies an input to the device (on the CPU: nothing to do).
    Upload,
    /// One launch; its last node is the op, the ones before it are applied while loading.
    Kernel,
    /// Re-orders planes to (re, im) pairs.
    Interleave,
    /// Copies a value to the host and waits (on the CPU: nothing to do).
    ReadBack,
    /// Ops that run on the host, as one block.
    Host,
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upload => "upload",
            Self::Kernel => "kernel",
            Self::Interleave => "interleave",
            Self::ReadBack => "read-back",
            Self::Host => "host block",
        })
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The nodes it computes or moves, in data order.
    pub nodes: Vec<NodeId>,
    /// Bytes read: operands of a kernel, the whole value of a read-back.
    pub read_bytes: u64,
    /// Bytes written: the result of a kernel, the copied part of a read-back.
    pub write_bytes: u64,
}

/// The steps of a placed graph.
pub(super) fn build(graph: &Graph, types: &[ValueType], places: &[Place]) -> Vec<Step> {
    let users = graph.users();
    let folded = folded(graph, places, &users);
    let walk = Walk { graph, types, places, users, folded };
    let mut steps = Vec::new();
    for (id, node) in graph.iter().filter(|(id, _)| places[id.0] == Place::Device) {
        match node.op.kind() {
            OpKind::Output => {}
            OpKind::Input => {
                let bytes = types[id.0].bytes();
                steps.push(Step {
                    kind: StepKind::Upload,
                    nodes: vec![id],
                    read_bytes: bytes,
                    write_bytes: bytes,
                });
            }
            _ if walk.folded[id.0] => {}
            _ => walk.kernel(id, &mut steps),
        }
    }
    for (id, _) in graph.iter().filter(|(id, _)| places[id.0] == Place::Device) {
        if let Some(step) = walk.read_back(id) {
            steps.push(step);
        }
    }
    let host: Vec<NodeId> = graph
        .iter()
        .filter(|(id, n)| {
            places[id.0] == Place::Host && !matches!(n.op.kind(), OpKind::Input | OpKind::Output)
        })
        .map(|(id, _)| id)
        .collect();
    if !host.is_empty() {
        steps.push(Step { kind: StepKind::Host, nodes: host, read_bytes: 0, write_bytes: 0 });
    }
    steps
}

/// For each node whether every user applies it while loading, so that its value never exists.
fn folded(graph: &Graph, places: &[Place], users: &[Vec<NodeId>]) -> Vec<bool> {
    let mut folded = vec![false; graph.nodes().len()];
    for (id, node) in graph.iter().rev() {
        let users = &users[id.0];
        let loads = |u: &NodeId| {
            let op = &graph.nodes()[u.0].op;
            let transform = matches!(op.kind(), OpKind::Fft | OpKind::Butterfly);
            places[u.0] == Place::Device && (transform || folded[u.0])
        };
        folded[id.0] = node.op.is_prologue() && !users.is_empty() && users.iter().all(loads);
    }
    folded
}

struct Walk<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    places: &'a [Place],
    users: Vec<Vec<NodeId>>,
    folded: Vec<bool>,
}

impl Walk<'_> {
    fn op(&self, id: NodeId) -> &Op {
        &self.graph.nodes()[id.0].op
    }

    /// Bytes of a value that are moved: only the kept bins of a spectrum.
    fn moved(&self, id: NodeId) -> u64 {
        let ty = &self.types[id.0];
        match self.op(id) {
            Op::Fft { keep: Some(band), .. } => share(ty, band.width()),
            _ => ty.bytes(),
        }
    }

    fn kernel(&self, id: NodeId, steps: &mut Vec<Step>) {
        let mut nodes = vec![id];
        let mut source = self.graph.nodes()[id.0].inputs.first().copied();
        while let Some(from) = source.filter(|s| self.folded[s.0]) {
            nodes.push(from);
            source = self.graph.nodes()[from.0].inputs.first().copied();
        }
        nodes.reverse();
        let read_bytes = source.map_or(0, |s| self.moved(s));
        let write_bytes = self.moved(id);
        steps.push(Step { kind: StepKind::Kernel, nodes, read_bytes, write_bytes });
        // Kernels hold real and imaginary parts apart: pairs are one more pass over the spectrum.
        let transform = matches!(self.op(id).kind(), OpKind::Fft | OpKind::Butterfly);
        if transform
            && matches!(self.types[id.0].kind, ValueKind::Spectrum { layout: Layout::Interleaved, .. })
        {
            steps.push(Step {
                kind: StepKind::Interleave,
                nodes: vec![id],
                read_bytes: write_bytes,
                write_bytes,
            });
        }
    }

    /// The read-back of a device value that a host step or an output takes.
    fn read_back(&self, id: NodeId) -> Option<Step> {
        let op = self.op(id);
        if matches!(op.kind(), OpKind::Input | OpKind::Output) {
            return None;
        }
        let ty = &self.types[id.0];
        let mut taken = false;
        let mut bins = 0;
        for &user in &self.users[id.0] {
            let last = ty.last();
            let wanted = match self.op(user) {
                Op::Output { role: OutputRole::Intermediate, .. } => Some(0),
                Op::Output { .. } => Some(last),
                _ if self.places[user.0] == Place::Device => None,
                Op::Power { one_sided: true } => match ty.kind {
                    ValueKind::Spectrum { n_fft, .. } => Some(one_sided_bins(n_fft).min(last)),
                    _ => Some(last),
                },
                _ => Some(last),
            };
            taken |= wanted.is_some();
            bins = bins.max(wanted.unwrap_or(0));
        }
        if !taken {
            return None;
        }
        if let Op::Fft { keep: Some(band), .. } = op {
            bins = band.hi.min(bins).saturating_sub(band.lo);
        }
        let block = matches!(ty.kind, ValueKind::Spectrum { layout: Layout::Block, .. });
        // An intermediate output that nobody else wants is still what its graph says: all of it.
        let write_bytes = if block && bins > 0 { share(ty, bins) } else { ty.bytes() };
        Some(Step { kind: StepKind::ReadBack, nodes: vec![id], read_bytes: ty.bytes(), write_bytes })
    }
}

/// Bytes of a value with only so many of its last dimension.
fn share(ty: &ValueType, bins: usize) -> u64 {
    ty.with_last(ty.kind, bins.min(ty.last())).bytes()
}
