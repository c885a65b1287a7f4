//! An adapter as a backend.

use std::sync::Arc;

use rlx_compile::params::{Average, Detrend};
use rlx_compile::{BackendCaps, BackendCostModel, Plan};
use rlx_dsp::nan::NanPolicy;

use super::blueprint::{FUSED, GroupLimits};
use super::gpu::Gpu;
use super::lower::lower;
use super::program::WgpuProgram;
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
        if !matches!(options.nan, NanPolicy::Error | NanPolicy::Propagate) {
            return Err(format!("nan: a session takes error or propagate, got {}", options.nan));
        }
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
    caps.fused.n_fft = rlx_compile::caps::TransformCaps { max: FUSED.max.min(longest), ..FUSED };
    caps.fused.averages = vec![Average::Mean, Average::Max, Average::Min];
    caps.fused.detrends = vec![Detrend::None, Detrend::Constant];
    caps.fused.zero_padding = true;
    caps.max_buffer_bytes = u64::MAX;
    caps.ops.retain(|op| {
        matches!(
            op,
            rlx_compile::OpKind::Input | rlx_compile::OpKind::Output | rlx_compile::OpKind::WelchPeaks
        )
    });
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
        lower_split(plan, &self.options, |values| {
            let lowered = lower(&self.gpu, plan, values, &self.options)?;
            let threads = match self.options.threads {
                0 => self.info.threads,
                threads => threads,
            };
            Ok(Box::new(WgpuProgram::new(Arc::clone(&self.gpu), lowered, threads)?))
        })
    }
}
