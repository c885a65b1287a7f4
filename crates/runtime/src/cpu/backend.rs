//! The host's processor as a backend.

use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Plan};
use rlx_dsp::lanes::Isa;
use rlx_dsp::nan::NanPolicy;

use super::lower::host_program;
use crate::device::DeviceInfo;
use crate::error::{Error, Result};
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
    /// An `RLX_ISA` that the machine lacks; a policy for NaN that single ops cannot follow.
    pub fn new(info: DeviceInfo, options: SessionOptions) -> Result<Self> {
        Isa::detect()?;
        if !matches!(options.nan, NanPolicy::Error | NanPolicy::Propagate) {
            let reason = format!("nan: a session takes error or propagate, got {}", options.nan);
            return Err(Error::unsupported(reason));
        }
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
