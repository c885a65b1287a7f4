//! The plan: a placed graph for one class of device, with a key for caches.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::steps::{self, Step, StepKind};
use super::{IoProfile, Place, Split, place};
use crate::caps::{BackendCaps, DeviceClass};
use crate::error::{Error, Result};
use crate::graph::{Graph, NodeId};
use crate::op::{Op, OpKind};
use crate::shape::ValueType;

/// Version of the serialised plan; a plan of another version is refused.
pub const PLAN_SCHEMA: u32 = 1;

/// What [`Plan::key`] returns: 128 bits of FNV-1a over the plan's canonical JSON. The same graph on the same
/// places has the same key in every build of one schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanKey(pub u128);

impl fmt::Display for PlanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// By which route a plan finds peaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecKind {
    /// The fused Welch-peaks kernel on the device.
    FusedOp,
    /// A transform on the device, the rest on the host.
    BlockFft,
    /// Every op on the device, one by one.
    Ops,
    /// Everything on the host.
    Host,
}

impl ExecKind {
    /// `fused_op`, `block_fft`, `ops`, `host`.
    pub fn label(self) -> &'static str {
        match self {
            Self::FusedOp => "fused_op",
            Self::BlockFft => "block_fft",
            Self::Ops => "ops",
            Self::Host => "host",
        }
    }
}

/// A graph, where each node runs, and what that moves. Immutable; build it with [`Plan::new`] or
/// [`compile`](crate::passes::compile).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawPlan")]
pub struct Plan {
    schema: u32,
    class: DeviceClass,
    graph: Graph,
    places: Vec<Place>,
    splits: Vec<Split>,
    io: IoProfile,
    #[serde(skip)]
    types: Vec<ValueType>,
    #[serde(skip)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    schema: u32,
    class: DeviceClass,
    graph: Graph,
    places: Vec<Place>,
    splits: Vec<Split>,
    io: IoProfile,
}

impl TryFrom<RawPlan> for Plan {
    type Error = Error;

    fn try_from(raw: RawPlan) -> Result<Self> {
        let fail = |reason: String| Err(Error::record("plan", reason));
        if raw.schema != PLAN_SCHEMA {
            return fail(format!("schema {} instead of {PLAN_SCHEMA}", raw.schema));
        }
        if raw.places.len() != raw.graph.nodes().len() {
            return fail(format!("{} places for {} nodes", raw.places.len(), raw.graph.nodes().len()));
        }
        for (id, node) in raw.graph.iter() {
            let back = node.inputs.iter().any(|i| raw.places[i.0] == Place::Host);
            if back && raw.places[id.0] == Place::Device {
                return fail(format!("{id} returns from the host to the device"));
            }
        }
        if let Some(split) = raw.splits.iter().find(|s| raw.graph.get(s.node).is_none()) {
            return fail(format!("a split at {}, which is not there", split.node));
        }
        let plan = Self::assemble(raw.class, raw.graph, raw.places, raw.splits)?;
        if plan.io != raw.io {
            return fail(format!("its profile is ({}), the graph's is ({})", raw.io, plan.io));
        }
        Ok(plan)
    }
}

impl Plan {
    /// Places a graph on a device. What the device lacks becomes a host block, never an error.
    ///
    /// # Errors
    /// When the graph does not type-check or has no output.
    pub fn new(graph: Graph, caps: &BackendCaps) -> Result<Self> {
        let types = graph.infer()?;
        let placement = place(&graph, &types, caps);
        Self::assemble(caps.class, graph, placement.places, placement.splits)
    }

    /// The same graph with nothing on the device, for a device that has no way to run its part after all.
    ///
    /// # Errors
    /// None that [`Plan::new`] would not have had.
    pub fn on_host(self, reason: &str) -> Result<Self> {
        let on_device = |id: NodeId, op: &Op| {
            self.places[id.0] == Place::Device && !matches!(op, Op::Input { .. } | Op::Output { .. })
        };
        let first = self.graph.iter().find(|(id, node)| on_device(*id, &node.op));
        let split = first.map(|(node, n)| Split { node, op: n.op.kind(), reason: reason.to_owned() });
        let (splits, places) = match split {
            Some(split) => (vec![split], vec![Place::Host; self.places.len()]),
            None => (self.splits, self.places),
        };
        Self::assemble(self.class, self.graph, places, splits)
    }

    fn assemble(class: DeviceClass, graph: Graph, places: Vec<Place>, splits: Vec<Split>) -> Result<Self> {
        if graph.outputs().next().is_none() {
            return Err(Error::Graph("it has no output".to_owned()));
        }
        let types = graph.infer()?;
        let steps = steps::build(&graph, &types, &places);
        let io = IoProfile::count(&graph, &types, &places);
        Ok(Self { schema: PLAN_SCHEMA, class, graph, places, splits, io, types, steps })
    }

    /// Class of the device that the plan is for.
    pub fn class(&self) -> DeviceClass {
        self.class
    }

    /// The graph that runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Kind and shape of every value, by node index.
    pub fn types(&self) -> &[ValueType] {
        &self.types
    }

    /// Place of every node, by index.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Where and why the plan leaves the device.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What one run moves.
    pub fn io(&self) -> &IoProfile {
        &self.io
    }

    /// The key for compile caches.
    pub fn key(&self) -> PlanKey {
        // Splits are explanations: two plans that run alike share a key.
        let content = (self.schema, self.class, &self.graph, &self.places);
        // Plain structs always serialise; should one not, its debug form is as good a key.
        let bytes = serde_json::to_vec(&content).unwrap_or_else(|_| format!("{content:?}").into_bytes());
        let hash = bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |h, &b| {
            (h ^ u128::from(b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        PlanKey(hash)
    }

    /// By which route the plan runs.
    pub fn exec_kind(&self) -> ExecKind {
        let on = |place: Place| {
            let nodes = self.graph.iter().filter(move |(id, _)| self.places[id.0] == place);
            nodes.map(|(_, n)| n.op.kind()).filter(|k| !matches!(k, OpKind::Input | OpKind::Output))
        };
        if on(Place::Device).any(|k| k == OpKind::WelchPeaks) {
            ExecKind::FusedOp
        } else if on(Place::Device).next().is_none() {
            ExecKind::Host
        } else if on(Place::Host).next().is_some() {
            ExecKind::BlockFft
        } else {
            ExecKind::Ops
        }
    }

    /// The plan in words: steps, splits and profile.
    pub fn explain(&self) -> String {
        let mut text =
            format!("plan for {} ({}), key {}\n", self.class, self.exec_kind().label(), self.key());
        for (index, step) in self.steps.iter().enumerate() {
            let ops: Vec<String> = step
                .nodes
                .iter()
                .filter_map(|&id| self.graph.get(id).map(|n| format!("{} {id}", n.op.kind())))
                .collect();
            let _ = write!(text, "  {}. {}: {}", index + 1, step.kind, ops.join(", "));
            let _ = match step.kind {
                StepKind::Host => writeln!(text),
                StepKind::Upload => writeln!(text, " ({} B)", step.write_bytes),
                StepKind::ReadBack => writeln!(text, " ({} B of {} B)", step.write_bytes, step.read_bytes),
                _ => writeln!(text, " (reads {} B, writes {} B)", step.read_bytes, step.write_bytes),
            };
        }
        for split in &self.splits {
            let _ = writeln!(text, "  from {} ({}) on the host: {}", split.node, split.op, split.reason);
        }
        let _ = writeln!(text, "  {}", self.io);
        text
    }
}
