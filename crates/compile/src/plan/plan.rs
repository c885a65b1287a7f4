//! The plan: a placed graph for one class of device, with a key for caches.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::place::replace;
use super::steps::{self, Step, StepKind};
use super::{IoProfile, Place, PlacedRegion, Placement, Split, place};
use crate::caps::DeviceClass;
use crate::error::{Error, Result};
use crate::graph::{Graph, NodeId};
use crate::op::OpKind;
use crate::regions::{Asked, Kernels, Region};
use crate::shape::ValueType;

/// Version of the serialised plan; plans of other versions are rejected.
pub const PLAN_SCHEMA: u32 = 2;

/// The result of [`Plan::key`]: 128 bits of FNV-1a over the plan's canonical JSON. Equal graphs with equal places
/// have equal keys in every build of one schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanKey(pub u128);

impl fmt::Display for PlanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The route by which a plan finds peaks.
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

/// A graph, the place of each region with its reason, and the IO profile. Immutable; build it with [`Plan::new`] or
/// [`compile`](crate::passes::compile). A plan describes exactly what runs: the backend has accepted its device
/// regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "RawPlan", try_from = "RawPlan")]
pub struct Plan {
    class: DeviceClass,
    graph: Graph,
    placement: Placement,
    io: IoProfile,
    types: Vec<ValueType>,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    schema: u32,
    class: DeviceClass,
    graph: Graph,
    /// Ops of each region of the device.
    device: Vec<Vec<NodeId>>,
    splits: Vec<Split>,
    io: IoProfile,
}

impl From<Plan> for RawPlan {
    fn from(plan: Plan) -> Self {
        let device = plan.device_nodes();
        let Plan { class, graph, placement, io, .. } = plan;
        Self { schema: PLAN_SCHEMA, class, graph, device, splits: placement.splits, io }
    }
}

impl TryFrom<RawPlan> for Plan {
    type Error = Error;

    fn try_from(raw: RawPlan) -> Result<Self> {
        let fail = |reason: String| Err(Error::record("plan", reason));
        if raw.schema != PLAN_SCHEMA {
            return fail(format!("schema {} instead of {PLAN_SCHEMA}", raw.schema));
        }
        if let Some(split) = raw.splits.iter().find(|s| raw.graph.get(s.node).is_none()) {
            return fail(format!("a split at {}, which does not exist", split.node));
        }
        let types = raw.graph.infer()?;
        let Some(placement) = replace(&raw.graph, &types, &raw.device, raw.splits) else {
            return fail("device regions that are not in its graph".to_owned());
        };
        let plan = Self::assemble(raw.class, raw.graph, types, placement)?;
        if plan.io != raw.io {
            return fail(format!("its profile is ({}), the graph's is ({})", raw.io, plan.io));
        }
        Ok(plan)
    }
}

impl Plan {
    /// Places a graph on a device. Ops that the device does not support become a host block, never an error.
    ///
    /// # Errors
    /// If the graph does not type-check or has no output.
    pub fn new(graph: Graph, kernels: &dyn Kernels) -> Result<Self> {
        let types = graph.infer()?;
        let placement = place(&graph, &types, kernels);
        Self::assemble(kernels.class(), graph, types, placement)
    }

    /// Returns this plan if the device accepts its regions, otherwise a new plan of its graph for the device. A plan
    /// that was made without the device runs in this form.
    ///
    /// # Errors
    /// Those of [`Plan::new`].
    pub fn confirmed(self, kernels: &dyn Kernels) -> Result<Self> {
        let regions = self.placement.regions.iter().filter(|r| r.place == Place::Device);
        let accepted = |r: &PlacedRegion| {
            let asked = Asked { region: &r.region, graph: &self.graph, types: &self.types };
            kernels.kernel(&asked).is_ok()
        };
        if regions.clone().all(accepted) { Ok(self) } else { Self::new(self.graph, kernels) }
    }

    fn assemble(
        class: DeviceClass,
        graph: Graph,
        types: Vec<ValueType>,
        placement: Placement,
    ) -> Result<Self> {
        if graph.outputs().next().is_none() {
            return Err(Error::Graph("it has no output".to_owned()));
        }
        let steps = steps::build(&graph, &types, &placement);
        let io = IoProfile::count(&graph, &types, &placement);
        Ok(Self { class, graph, placement, io, types, steps })
    }

    /// Returns the ops of each region of the device.
    fn device_nodes(&self) -> Vec<Vec<NodeId>> {
        let device = self.placement.regions.iter().filter(|r| r.place == Place::Device);
        device.map(|r| r.region.nodes.clone()).collect()
    }

    /// Class of the device that the plan is for.
    pub fn class(&self) -> DeviceClass {
        self.class
    }

    /// Returns the graph that runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Kind and shape of every value, by node index.
    pub fn types(&self) -> &[ValueType] {
        &self.types
    }

    /// Returns the regions: those of the device, then those of the host, each in data order.
    pub fn regions(&self) -> &[PlacedRegion] {
        &self.placement.regions
    }

    /// Returns the regions that run at a place, in data order.
    pub fn regions_on(&self, place: Place) -> impl Iterator<Item = &Region> + Clone {
        self.regions().iter().filter(move |r| r.place == place).map(|r| &r.region)
    }

    /// Place of every node, by index.
    pub fn places(&self) -> &[Place] {
        &self.placement.places
    }

    /// Returns the ops at which the plan leaves the device, with reasons.
    pub fn splits(&self) -> &[Split] {
        &self.placement.splits
    }

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the IO profile of one run.
    pub fn io(&self) -> &IoProfile {
        &self.io
    }

    /// Returns the key for compile caches.
    pub fn key(&self) -> PlanKey {
        // Splits are explanations: plans that run identically share a key.
        let content = (PLAN_SCHEMA, self.class, &self.graph, self.device_nodes());
        // Plain structs always serialise; the debug form is an equally good key.
        let bytes = serde_json::to_vec(&content).unwrap_or_else(|_| format!("{content:?}").into_bytes());
        let hash = bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |h, &b| {
            (h ^ u128::from(b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        PlanKey(hash)
    }

    /// Returns the route by which the plan runs.
    pub fn exec_kind(&self) -> ExecKind {
        let on = |place: Place| {
            let nodes = self.graph.iter().filter(move |(id, _)| self.places()[id.0] == place);
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

    /// Returns a text with the place of each region, and the reason if it is not the device.
    pub fn regions_text(&self, device: &str) -> String {
        let mut text = String::new();
        for PlacedRegion { region, place, reason } in self.regions() {
            let ops: Vec<&str> =
                region.nodes.iter().filter_map(|id| Some(self.graph.get(*id)?.op.kind().name())).collect();
            let name = region.task.name();
            let ops = if ops == [name] { String::new() } else { format!(" ({})", ops.join(", ")) };
            // Writing to a String cannot fail.
            let _ = match (place, reason) {
                (Place::Device, _) => writeln!(text, "  {name}{ops}: {device}"),
                (Place::Host, Some(reason)) => writeln!(text, "  {name}{ops}: cpu; {device}: {reason}"),
                (Place::Host, None) => writeln!(text, "  {name}{ops}: cpu; it follows a region of the cpu"),
            };
        }
        text
    }

    /// Returns a text that describes the plan: regions, steps, splits and profile.
    pub fn explain(&self) -> String {
        let mut text =
            format!("plan for {} ({}), key {}\n", self.class, self.exec_kind().label(), self.key());
        text.push_str(&self.regions_text(&self.class.to_string()));
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
                StepKind::Kernel | StepKind::Interleave => {
                    writeln!(text, " (reads {} B, writes {} B)", step.read_bytes, step.write_bytes)
                }
            };
        }
        for split in self.splits() {
            let _ = writeln!(text, "  from {} ({}) on the host: {}", split.node, split.op, split.reason);
        }
        let _ = writeln!(text, "  {}", self.io);
        text
    }
}
