//! Steps: uploads, kernels, read-backs and host blocks, in order.

use std::fmt;

use serde::Serialize;

use super::{Place, Placement};
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::params::{Layout, OutputRole};
use crate::regions::{Region, Task};
use crate::shape::{ValueKind, ValueType, one_sided_bins};

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Copies an input to the device (no operation on the CPU).
    Upload,
    /// One region of the device.
    Kernel,
    /// Reorders planes to (re, im) pairs.
    Interleave,
    /// Copies a value to the host and waits (no operation on the CPU).
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
    /// Its kind.
    pub kind: StepKind,
    /// The nodes it computes or moves, in data order.
    pub nodes: Vec<NodeId>,
    /// Bytes read: operands of a kernel, the whole value of a read-back.
    pub read_bytes: u64,
    /// Bytes written: the result of a kernel, the copied part of a read-back.
    pub write_bytes: u64,
}

/// Returns the steps of a placed graph.
pub(super) fn build(graph: &Graph, types: &[ValueType], placement: &Placement) -> Vec<Step> {
    let places = &placement.places;
    let walk = Walk { graph, types, places, users: graph.users() };
    let on = |place: Place| placement.regions.iter().filter(move |r| r.place == place).map(|r| &r.region);
    let inputs = graph.iter().filter(|(id, n)| n.op.kind() == OpKind::Input && places[id.0] == Place::Device);
    let mut steps: Vec<Step> = inputs
        .map(|(id, _)| {
            let bytes = types[id.0].bytes();
            Step { kind: StepKind::Upload, nodes: vec![id], read_bytes: bytes, write_bytes: bytes }
        })
        .collect();
    for region in on(Place::Device) {
        walk.kernel(region, &mut steps);
    }
    let mut handed: Vec<NodeId> = on(Place::Device).flat_map(|r| r.results.iter().copied()).collect();
    handed.sort_unstable();
    steps.extend(handed.into_iter().filter_map(|id| walk.read_back(id)));
    let mut host: Vec<NodeId> = on(Place::Host).flat_map(|r| r.nodes.iter().copied()).collect();
    host.sort_unstable();
    host.dedup();
    if !host.is_empty() {
        steps.push(Step { kind: StepKind::Host, nodes: host, read_bytes: 0, write_bytes: 0 });
    }
    steps
}

struct Walk<'a> {
    graph: &'a Graph,
    types: &'a [ValueType],
    places: &'a [Place],
    users: Vec<Vec<NodeId>>,
}

impl Walk<'_> {
    fn op(&self, id: NodeId) -> &Op {
        &self.graph.nodes()[id.0].op
    }

    /// Returns the bytes of a value that are moved: only the kept bins of a spectrum.
    fn moved(&self, id: NodeId) -> u64 {
        let ty = &self.types[id.0];
        match self.op(id) {
            Op::Fft { keep: Some(band), .. } => share(ty, band.width()),
            _ => ty.bytes(),
        }
    }

    fn kernel(&self, region: &Region, steps: &mut Vec<Step>) {
        let read_bytes = self.moved(region.source);
        let write_bytes = region.results.iter().map(|id| self.moved(*id)).fold(0, u64::saturating_add);
        let nodes = region.nodes.clone();
        steps.push(Step { kind: StepKind::Kernel, nodes, read_bytes, write_bytes });
        // Kernels store real and imaginary parts separately; pairs need one more pass over the spectrum.
        let layout = match &region.task {
            Task::Transform(transform) => Some(transform.layout),
            Task::Learned(learned) => (!learned.averaged).then_some(learned.spec.layout),
            Task::Frames(_)
            | Task::Spectrogram(_)
            | Task::Welch(_)
            | Task::WelchPeaks(_)
            | Task::LogMel(_)
            | Task::Op(_) => None,
        };
        if layout == Some(Layout::Interleaved) {
            let (kind, nodes) = (StepKind::Interleave, region.results.clone());
            steps.push(Step { kind, nodes, read_bytes: write_bytes, write_bytes });
        }
    }

    /// Returns the read-back of a device value that a host step or an output uses.
    fn read_back(&self, id: NodeId) -> Option<Step> {
        let op = self.op(id);
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
        // An intermediate output without other users is still read back completely.
        let write_bytes = if block && bins > 0 { share(ty, bins) } else { ty.bytes() };
        Some(Step { kind: StepKind::ReadBack, nodes: vec![id], read_bytes: ty.bytes(), write_bytes })
    }
}

/// Returns the bytes of a value restricted to `bins` entries of its last dimension.
fn share(ty: &ValueType, bins: usize) -> u64 {
    ty.with_last(ty.kind, bins.min(ty.last())).bytes()
}
