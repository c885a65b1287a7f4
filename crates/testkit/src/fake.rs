//! A CPU that poses as another device: it claims what a class of devices claims, runs that part of a plan, and leaves the
//! rest to the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rlx_compile::regions::Asked;
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Graph, Kernels, NodeId, Op, Plan, Refusal};
use rlx_runtime::cpu::host_program;
use rlx_runtime::session::{Backend, Program, lower_split};
use rlx_runtime::{Device, DeviceInfo, Error, Result, Session, SessionOptions};

/// The classes that a CPU can pose as.
pub const WITH_A_BUS: [DeviceClass; 3] = [DeviceClass::Cuda, DeviceClass::Wgpu, DeviceClass::Metal];

/// A device that has no kernel for anything.
#[derive(Debug, Clone)]
struct Refusing(DeviceClass, &'static str);

impl Kernels for Refusing {
    fn class(&self) -> DeviceClass {
        self.0
    }

    fn kernel(&self, _: &Asked<'_>) -> std::result::Result<(), Refusal> {
        Err(self.1.into())
    }
}

/// The CPU as a device of another class.
#[derive(Debug, Clone)]
pub struct Posing {
    info: DeviceInfo,
    caps: BackendCaps,
    refuses: Option<Refusing>,
    whole: bool,
    left: Option<Arc<AtomicUsize>>,
}

impl Posing {
    /// Creates a device of the class of these caps, `CLASS:0`.
    ///
    /// # Panics
    /// Where the machine shows no CPU.
    #[must_use]
    pub fn new(caps: BackendCaps) -> Self {
        let cpu = Device::Cpu.resolve().expect("the CPU is always present");
        let info = DeviceInfo { id: format!("{}:0", caps.class), class: caps.class, ..cpu };
        Self { info, caps, refuses: None, whole: false, left: None }
    }

    /// The same device under another name.
    #[must_use]
    pub fn named(mut self, info: DeviceInfo) -> Self {
        self.info = info;
        self
    }

    /// The same device, which refuses for this reason what its caps claim.
    #[must_use]
    pub fn refusing(mut self, reason: &'static str) -> Self {
        self.refuses = Some(Refusing(self.info.class, reason));
        self
    }

    /// The same device, which runs all of a plan whatever its caps say.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The same device, which is lost when so many runs are over; programs share the count.
    #[must_use]
    pub fn lost_after(mut self, runs: Arc<AtomicUsize>) -> Self {
        self.left = Some(runs);
        self
    }

    /// Returns a session on it.
    #[must_use]
    pub fn session(self, options: SessionOptions) -> Session {
        Session::on_backend(Box::new(Opened { device: self, options }))
    }
}

struct Opened {
    device: Posing,
    options: SessionOptions,
}

impl Backend for Opened {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.device.caps
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(self.device.info.class)
    }

    fn kernels(&self) -> &dyn Kernels {
        match &self.device.refuses {
            Some(refusing) => refusing,
            None => &self.device.caps,
        }
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        let program = if self.device.whole {
            host_program(plan.graph(), &self.options)?
        } else {
            lower_split(plan, &self.options, |values, options| {
                host_program(&handing_out(plan.graph(), values)?, options)
            })?
        };
        Ok(match &self.device.left {
            None => program,
            Some(left) => {
                let device = self.device.info.id.clone();
                Box::new(Perishable { inner: program, device, left: Arc::clone(left) })
            }
        })
    }
}

/// Returns the graph with these values as its outputs.
///
/// # Errors
/// None for values of the graph.
pub fn handing_out(graph: &Graph, values: &[NodeId]) -> Result<Graph> {
    let mut copy = Graph::new();
    let mut ids = Vec::new();
    for (_, node) in graph.iter() {
        let last = ids.last().copied().unwrap_or(NodeId(0));
        let inputs: Vec<NodeId> = node.inputs.iter().map(|i| ids[i.0]).collect();
        ids.push(match node.op {
            Op::Output { .. } => last,
            _ => copy.push(node.op.clone(), &inputs)?,
        });
    }
    for (i, value) in values.iter().enumerate() {
        copy.push(Op::output(format!("value{i}")), &[ids[value.0]])?;
    }
    Ok(copy)
}

/// A program whose device is lost after some runs.
struct Perishable {
    inner: Box<dyn Program>,
    device: String,
    left: Arc<AtomicUsize>,
}

impl Program for Perishable {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err() {
            // What a device has written until then means nothing.
            outputs.iter_mut().for_each(|o| o.fill(f32::NAN));
            let reason = "the test pulled it out".to_owned();
            return Err(Error::DeviceLost { device: self.device.clone(), reason });
        }
        self.inner.run(inputs, outputs)
    }
}
