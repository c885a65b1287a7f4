//! An adapter as a backend.

use std::cell::Cell;
use std::sync::Arc;

use rlx_compile::caps::TransformCaps;
use rlx_compile::params::{Average, Detrend};
use rlx_compile::{BackendCaps, BackendCostModel, OpKind, Plan};

use super::blueprint::{FUSED, GroupLimits};
use super::gpu::Gpu;
use super::program::{Fault, WgpuProgram};
use crate::device::DeviceInfo;
use crate::error::Result;
use crate::session::{Backend, Program, SessionOptions, lower_split};

/// An open adapter.
#[derive(Debug)]
pub struct WgpuBackend {
    gpu: Arc<Gpu>,
    info: DeviceInfo,
    caps: BackendCaps,
    options: SessionOptions,
}

impl WgpuBackend {
    pub(super) fn new(
        gpu: Arc<Gpu>,
        info: DeviceInfo,
        options: SessionOptions,
    ) -> std::result::Result<Self, String> {
        let caps = caps(&info, &gpu.group_limits());
        Ok(Self { gpu, info, caps, options })
    }
}

/// What an adapter of these limits can run. A buffer's limit is none: batches are split.
fn caps(info: &DeviceInfo, limits: &GroupLimits) -> BackendCaps {
    let mut caps = BackendCaps::shipped(info.class);
    // Half the memory is enough for a transform, and a thread holds 16 points.
    let longest = (limits.memory / 4).min(16 * limits.threads).max(1);
    let longest = 1usize << longest.ilog2();
    caps.fused.n_fft = TransformCaps { max: FUSED.max.min(longest), ..FUSED };
    caps.fused.averages = vec![Average::Mean, Average::Max, Average::Min];
    caps.fused.detrends = vec![Detrend::None, Detrend::Constant];
    caps.fused.zero_padding = true;
    caps.max_buffer_bytes = u64::MAX;
    // Powers of two and 400; what a kernel lacks after all goes to the host when a plan is lowered.
    caps.fft = TransformCaps { min: 16, max: 1 << 17, powers_of_two: false };
    caps.ops.extend([
        OpKind::Power,
        OpKind::Average,
        OpKind::Psd,
        OpKind::Preemphasis,
        OpKind::MelFilterbank,
        OpKind::Log,
        OpKind::ClampNormalise,
        OpKind::Affine,
    ]);
    caps
}

impl Backend for WgpuBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(self.info.class)
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        let (mut plan, mut caps) = (plan.clone(), self.caps.clone());
        loop {
            let lacking = Cell::new(None);
            let threads = match self.options.threads {
                0 => self.info.threads,
                threads => threads,
            };
            let lowered = lower_split(&plan, &self.options, |values, options| {
                match WgpuProgram::new(&self.gpu, &plan, values, options, threads) {
                    Ok(program) => Ok(Box::new(program)),
                    Err(Fault::Lacks(op, error)) => {
                        lacking.set(Some(op));
                        Err(error)
                    }
                    Err(Fault::Other(error)) => Err(error),
                }
            });
            // An op that is claimed, but not with these parameters, goes to the host with all that follows it.
            match lacking.take() {
                Some(op) if caps.claims(op) => {
                    caps = caps.without_op(op);
                    plan = Plan::new(plan.graph().clone(), &caps)?;
                }
                _ => return lowered,
            }
        }
    }
}
