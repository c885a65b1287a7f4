//! An adapter as a backend.

use std::sync::Arc;

use rlx_compile::caps::TransformCaps;
use rlx_compile::params::{Average, Detrend};
use rlx_compile::regions::Asked;
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Kernels, OpKind, Plan, Refusal};

use super::blueprint::{FUSED, GroupLimits};
use super::design::kernel;
use super::gpu::Gpu;
use super::program::{Fault, WgpuProgram};
use crate::device::DeviceInfo;
use crate::error::Result;
use crate::session::{Backend, Program, SampleFormat, SessionOptions, lower_split};

/// An open adapter.
#[derive(Debug)]
pub struct WgpuBackend {
    gpu: Arc<Gpu>,
    info: DeviceInfo,
    caps: BackendCaps,
    kernels: AdapterKernels,
    options: SessionOptions,
}

impl WgpuBackend {
    pub(super) fn new(
        gpu: Arc<Gpu>,
        info: DeviceInfo,
        options: SessionOptions,
    ) -> std::result::Result<Self, String> {
        let limits = gpu.group_limits();
        let (caps, kernels) = (caps(&info, &limits), AdapterKernels { class: info.class, limits });
        Ok(Self { gpu, info, caps, kernels, options })
    }
}

/// Returns the capabilities of an adapter with these limits, for passes and costs; `kernel` decides about a single
/// region. The largest buffer is no limit: batches are split.
fn caps(info: &DeviceInfo, limits: &GroupLimits) -> BackendCaps {
    let mut caps = BackendCaps::shipped(info.class);
    // Half the memory is enough for a transform, and a thread holds at most 16 points.
    let longest = (limits.memory / 4).min(16 * limits.threads).max(1);
    let longest = 1usize << longest.ilog2();
    caps.fused.n_fft = TransformCaps { max: FUSED.max.min(longest), ..FUSED };
    caps.fused.averages = vec![Average::Mean, Average::Max, Average::Min];
    caps.fused.detrends = vec![Detrend::None, Detrend::Constant];
    caps.fused.zero_padding = true;
    caps.max_buffer_bytes = u64::MAX;
    // Any length that fits in workgroup memory, and longer powers of two; the kernels decide when a plan is made.
    caps.fft = TransformCaps { min: 4, max: 1 << 17, powers_of_two: false };
    caps.ops.extend([
        OpKind::Power,
        OpKind::Magnitude,
        OpKind::CrossSpectra,
        OpKind::LimbPsd,
        OpKind::Average,
        OpKind::Psd,
        OpKind::Preemphasis,
        OpKind::MelFilterbank,
        OpKind::Log,
        OpKind::ClampNormalise,
        OpKind::Affine,
        OpKind::TopK,
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

    fn kernels(&self) -> &dyn Kernels {
        &self.kernels
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        let threads = match self.options.threads {
            0 => self.info.threads,
            threads => threads,
        };
        lower_split(plan, &self.options, |values, options| {
            match WgpuProgram::new(&self.gpu, plan, values, options, threads) {
                Ok(program) => Ok(Box::new(program)),
                Err(Fault::Lacks(error) | Fault::Other(error)) => Err(error),
            }
        })
    }
}

/// The kernels of an adapter with these limits.
#[derive(Debug)]
pub(super) struct AdapterKernels {
    pub(super) class: DeviceClass,
    pub(super) limits: GroupLimits,
}

impl Kernels for AdapterKernels {
    fn class(&self) -> DeviceClass {
        self.class
    }

    fn kernel(&self, asked: &Asked<'_>) -> std::result::Result<(), Refusal> {
        kernel(asked, SampleFormat::F32, &self.limits).map(drop)
    }
}
