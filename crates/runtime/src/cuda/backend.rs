//! One or all NVIDIA devices as a backend.

use std::sync::Arc;
use std::time::Instant;

use rlx_compile::caps::TransformCaps;
use rlx_compile::params::{Average, Detrend};
use rlx_compile::regions::Asked;
use rlx_compile::{BackendCaps, BackendCostModel, DeviceClass, Kernels, OpKind, Plan, Refusal};

use super::blueprint::welch_peaks::MAX_SEGMENTS;
use super::blueprint::{butterflies, fft, local_peaks};
use super::driver::{Context, CudaVersion, DeviceMemory, Stream, driver};
use super::nvrtc::{CubinCache, Nvrtc, nvrtc};
use super::{discovery, lower};
use crate::device::{CudaSelect, DeviceInfo};
use crate::error::{Error, Result};
use crate::session::{Backend, BatchMemory, DeviceProbe, Program, SessionOptions, lower_split};

/// Compiler and options for kernels.
pub(super) struct Toolchain {
    pub(super) nvrtc: &'static Nvrtc,
    pub(super) driver: CudaVersion,
    pub(super) cache: &'static CubinCache,
}

/// The devices of one name: one device, or all devices of a host, which share each batch.
pub(super) struct CudaBackend {
    info: DeviceInfo,
    caps: BackendCaps,
    kernels: Blueprints,
    options: SessionOptions,
    contexts: Vec<Arc<Context>>,
    toolchain: Arc<Toolchain>,
}

impl CudaBackend {
    pub(super) fn open(select: CudaSelect, options: SessionOptions) -> Result<Self> {
        let found = discovery::selected(select).map_err(Error::unsupported)?;
        let info = discovery::info(select).map_err(Error::unsupported)?;
        let contexts = found.iter().map(|f| Context::of(f.index)).collect::<Result<Vec<_>>>()?;
        let toolchain = Arc::new(Toolchain {
            nvrtc: nvrtc().map_err(Error::unsupported)?,
            driver: driver().map_err(Error::unsupported)?,
            cache: CubinCache::of_user(),
        });
        let shared = contexts.iter().map(|context| context.shared_memory()).collect::<Result<Vec<_>>>()?;
        let shared = shared.into_iter().min().unwrap_or(0);
        let kernels = Blueprints { options: options.clone(), shared };
        Ok(Self { info, caps: caps(), kernels, options, contexts, toolchain })
    }
}

/// Returns the capabilities of the blueprints.
fn caps() -> BackendCaps {
    let mut caps = BackendCaps::shipped(DeviceClass::Cuda);
    caps.ops.extend([
        OpKind::Preemphasis,
        OpKind::Power,
        OpKind::Magnitude,
        OpKind::CrossSpectra,
        OpKind::LimbPsd,
        OpKind::Average,
        OpKind::Psd,
        OpKind::TopK,
        OpKind::LocalPeaks,
        OpKind::InverseFft,
        OpKind::MelFilterbank,
        OpKind::Log,
        OpKind::ClampNormalise,
        OpKind::NormaliseFeatures,
        OpKind::Affine,
        OpKind::SpectralMask,
        OpKind::Butterfly,
    ]);
    // Any length that fits in shared memory, and longer powers of two; the kernels decide when a plan is made.
    caps.fft = TransformCaps { min: 4, max: *fft::LENGTHS.end(), powers_of_two: false };
    caps.max_local_bins = local_peaks::MAX_BINS;
    (caps.butterfly.min, caps.butterfly.max) = (*butterflies::LENGTHS.start(), *butterflies::LENGTHS.end());
    caps.fused.averages = vec![Average::Mean, Average::Max, Average::Min];
    caps.fused.detrends = vec![Detrend::None, Detrend::Constant];
    caps.fused.zero_padding = true;
    caps.fused.max_segments = MAX_SEGMENTS;
    // Lengths above 4096 take several kernels.
    caps.fused.n_fft.max = 131_072;
    caps
}

/// The available kernels and the learned models of the session.
struct Blueprints {
    options: SessionOptions,
    /// Shared memory per block that every device has, bytes.
    shared: usize,
}

impl Kernels for Blueprints {
    fn class(&self) -> DeviceClass {
        DeviceClass::Cuda
    }

    fn kernel(&self, asked: &Asked<'_>) -> std::result::Result<(), Refusal> {
        lower::accepts(asked, &self.options, self.shared).map_err(Refusal::from)
    }
}

impl Backend for CudaBackend {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn caps(&self) -> &BackendCaps {
        &self.caps
    }

    fn shipped_model(&self) -> BackendCostModel {
        BackendCostModel::shipped(DeviceClass::Cuda)
    }

    fn kernels(&self) -> &dyn Kernels {
        &self.kernels
    }

    fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        lower_split(plan, &self.options, |values, options| {
            lower::device_program(plan, values, &self.contexts, &self.toolchain, options)
        })
    }

    fn batch_memory(&self) -> BatchMemory {
        BatchMemory::Chunks
    }

    fn free_memory(&self) -> Option<u64> {
        let free = self.contexts.iter().map(|context| context.memory().map(|(free, _)| free as u64));
        free.collect::<Result<Vec<_>>>().ok()?.into_iter().min()
    }

    fn probe(&self) -> Result<DeviceProbe> {
        let Some(context) = self.contexts.first() else { return Ok(DeviceProbe::default()) };
        let stream = Stream::new(context)?;
        let bytes = 64 << 20;
        let (from, to) = (DeviceMemory::new(context, bytes)?, DeviceMemory::new(context, bytes)?);
        let median = |call: &mut dyn FnMut() -> Result<()>| -> Result<f64> {
            call()?;
            let mut times = Vec::new();
            for _ in 0..21 {
                let start = Instant::now();
                call()?;
                times.push(start.elapsed().as_nanos() as f64);
            }
            times.sort_by(f64::total_cmp);
            Ok(times[times.len() / 2])
        };
        // SAFETY (of each): the buffers hold what is named and live until the stream was waited for.
        let word = median(&mut || {
            let mut out = [0u8; 4];
            // SAFETY: as above.
            unsafe { stream.download(from.at(), out.as_mut_ptr(), 4)? };
            stream.wait()
        })?;
        let many = 200;
        let launches = median(&mut || {
            for _ in 0..many {
                // SAFETY: as above.
                unsafe { stream.fill(from.at(), 0, 1)? };
            }
            stream.wait()
        })?;
        let copies = 8;
        let copy = median(&mut || {
            for _ in 0..copies {
                // SAFETY: as above.
                unsafe { stream.copy(from.at(), to.at(), bytes)? };
            }
            stream.wait()
        })?;
        Ok(DeviceProbe {
            launch_ns: Some(launches / f64::from(many)),
            round_trip_ns: Some(word),
            device_bytes_per_ns: Some(2.0 * f64::from(copies) * bytes as f64 / copy),
            unified_memory: Some(false),
            ..DeviceProbe::default()
        })
    }
}
