//! A processor that poses as a device with a bus: it claims what a class claims, runs that part of a plan, and leaves the
//! rest to the host.

#![allow(dead_code, unreachable_pub, reason = "each suite takes what it needs")]

pub(crate) mod machine;
pub(crate) mod twin;

use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Graph, NodeId, Op, Plan};
use rlx_runtime::cpu::host_program;
use rlx_runtime::session::{Backend, Program, lower_split};
use rlx_runtime::{DeviceInfo, Result, Session, SessionOptions, devices};

pub(crate) struct Posing {
    info: DeviceInfo,
    caps: BackendCaps,
    options: SessionOptions,
    refuses: Option<&'static str>,
}

impl Posing {
    pub(crate) fn session(caps: BackendCaps, options: SessionOptions) -> Session {
        Self::refusing(caps, options, None)
    }

    /// One that finds, for this reason, no way to run what it claims.
    pub(crate) fn refusing(
        caps: BackendCaps,
        options: SessionOptions,
        refuses: Option<&'static str>,
    ) -> Session {
        let class = caps.class;
        let info = DeviceInfo { id: format!("{class}:0"), class, ..devices().swap_remove(0) };
        Session::on_backend(Box::new(Self { info, caps, options, refuses }))
    }
}

impl Backend for Posing {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(self.caps.class)
    }

    fn refuses(&self, _plan: &Plan) -> Result<Option<String>> {
        Ok(self.refuses.map(str::to_owned))
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        lower_split(plan, &self.options, |values, options| {
            host_program(&handing_out(plan.graph(), values), options)
        })
    }
}

/// The graph with these values as its outputs.
fn handing_out(graph: &Graph, values: &[NodeId]) -> Graph {
    let mut copy = Graph::new();
    let mut ids = Vec::new();
    for (_, node) in graph.iter() {
        let last = ids.last().copied().unwrap_or(NodeId(0));
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| ids[i.0]).collect();
        ids.push(match node.op {
            Op::Output { .. } => last,
            _ => copy.push(node.op.clone(), &inputs).unwrap(),
        });
    }
    for (i, value) in values.iter().enumerate() {
        copy.push(Op::output(format!("value{i}")), &[ids[value.0]]).unwrap();
    }
    copy
}

pub(crate) const WITH_A_BUS: [DeviceClass; 3] = [DeviceClass::Cuda, DeviceClass::Wgpu, DeviceClass::Metal];
