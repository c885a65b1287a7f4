//! The host's processor as a backend.

use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Plan};
use rlx_dsp::lanes::Isa;

use super::lower::host_program;
use crate::device::DeviceInfo;
use crate::error::Result;
use crate::session::{Backend, Program, SessionOptions};

/// The host's processor.
#[derive(Debug)]
pub struct CpuBackend {
    info: DeviceInfo,
    caps: BackendCaps,
    options: SessionOptions,
}

impl CpuBackend {
    /// Opens it.
    ///
    /// # Errors
    /// An `RLX_ISA` that the machine lacks.
    pub fn new(info: DeviceInfo, options: SessionOptions) -> Result<Self> {
        Isa::detect()?;
        Ok(Self { info, caps: BackendCaps::shipped(DeviceClass::Cpu), options })
    }
}

impl Backend for CpuBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(DeviceClass::Cpu)
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        host_program(plan.graph(), &self.options)
    }
}
