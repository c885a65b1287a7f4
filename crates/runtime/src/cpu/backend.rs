//! The CPU backend.

use rlx_compile::regions::{Asked, on_host};
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Kernels, Plan, Refusal};
use rlx_dsp::lanes::Isa;

use super::lower::plan_program;
use crate::device::DeviceInfo;
use crate::error::Result;
use crate::session::{Backend, Program, SessionOptions};

/// The CPU.
#[derive(Debug)]
pub struct CpuBackend {
    info: DeviceInfo,
    caps: BackendCaps,
    options: SessionOptions,
}

impl CpuBackend {
    /// Opens the CPU.
    ///
    /// # Errors
    /// `RLX_ISA` names an instruction set that this machine does not support.
    pub fn new(info: DeviceInfo, options: SessionOptions) -> Result<Self> {
        Isa::detect()?;
        Ok(Self { info, caps: BackendCaps::shipped(DeviceClass::Cpu), options })
    }
}

/// The CPU runs every op, and estimates of dsp as one region each.
struct Host;

impl Kernels for Host {
    fn class(&self) -> DeviceClass {
        DeviceClass::Cpu
    }

    fn kernel(&self, asked: &Asked<'_>) -> std::result::Result<(), Refusal> {
        on_host(asked)
    }
}

impl Backend for CpuBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn kernels(&self) -> &dyn Kernels {
        &Host
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(DeviceClass::Cpu)
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        plan_program(plan, &self.options)
    }
}
