//! Capabilities of a device: plain data that the runtime fills in after discovery.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::op::{Op, OpKind};
use crate::params::{Average, CrossSpec, Detrend, LimbPsdSpec, WelchPeaksSpec};
use crate::regions::{Asked, Kernels, Refusal, Task};
use crate::shape::{ValueKind, ValueType};

/// Kinds of devices that differ in their costs and shipped defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceClass {
    /// The host itself: no bus, no read-back.
    Cpu,
    /// NVIDIA through the driver API.
    Cuda,
    /// Any other GPU through wgpu (Vulkan, DX12).
    Wgpu,
    /// Apple GPUs through wgpu's Metal.
    Metal,
}

impl DeviceClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Cuda, Self::Wgpu, Self::Metal];

    /// Returns whether results have to be fetched from the device.
    pub fn has_bus(self) -> bool {
        self != Self::Cpu
    }
}

impl fmt::Display for DeviceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
            Self::Metal => "metal",
        })
    }
}

/// Transform lengths that a kernel supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformCaps {
    /// Shortest.
    pub min: usize,
    /// Longest.
    pub max: usize,
    /// Powers of two only.
    pub powers_of_two: bool,
}

impl TransformCaps {
    /// Returns the reason if `n` is not supported.
    pub fn refuses(&self, n: usize) -> Option<String> {
        if n < self.min || n > self.max {
            Some(format!("n_fft {n} is outside {}..={}", self.min, self.max))
        } else if self.powers_of_two && !n.is_power_of_two() {
            Some(format!("n_fft {n} is not a power of two"))
        } else {
            None
        }
    }
}

/// Limits of the fused Welch-peaks kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FusedCaps {
    /// Transform lengths.
    pub n_fft: TransformCaps,
    /// Largest k.
    pub max_k: usize,
    /// Supported averages.
    pub averages: Vec<Average>,
    /// Supported detrending.
    pub detrends: Vec<Detrend>,
    /// Whether segments may be shorter than n_fft.
    pub zero_padding: bool,
    /// Largest number of segments per row.
    #[serde(default = "any_number")]
    pub max_segments: usize,
}

fn any_number() -> usize {
    usize::MAX
}

impl FusedCaps {
    /// Returns the reason if the kernel cannot run this spec.
    pub fn refuses(&self, spec: &WelchPeaksSpec) -> Option<String> {
        if let Some(reason) = self.n_fft.refuses(spec.n_fft) {
            return Some(reason);
        }
        let k = spec.k.min(crate::shape::one_sided_bins(spec.n_fft));
        if k > self.max_k {
            return Some(format!("k {k} is above {}", self.max_k));
        }
        if !self.averages.contains(&spec.average) {
            return Some(format!("average {:?} is not in the kernel", spec.average));
        }
        if !self.detrends.contains(&spec.detrend) {
            return Some(format!("detrend {:?} is not in the kernel", spec.detrend));
        }
        (spec.segment_len != spec.n_fft && !self.zero_padding)
            .then(|| format!("segments of {} padded to {}", spec.segment_len, spec.n_fft))
    }

    /// Returns the reason if the kernel cannot run this spec on rows of `len` samples.
    pub fn refuses_rows(&self, spec: &WelchPeaksSpec, len: usize) -> Option<String> {
        let segments = len.checked_sub(spec.segment_len).map_or(0, |tail| tail / spec.hop.max(1) + 1);
        let many = || format!("{segments} segments are above {}", self.max_segments);
        self.refuses(spec).or_else(|| (segments > self.max_segments).then(many))
    }
}

/// Ops and limits of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendCaps {
    /// Kind of device.
    pub class: DeviceClass,
    /// Supported ops.
    pub ops: BTreeSet<OpKind>,
    /// Lengths of the FFT.
    pub fft: TransformCaps,
    /// Further FFT lengths.
    #[serde(default)]
    pub fft_also: Vec<usize>,
    /// Lengths of the butterfly kernel.
    pub butterfly: TransformCaps,
    /// Largest k of a stand-alone TopK or LocalPeaks.
    pub max_k: usize,
    /// Largest number of bins for LocalPeaks.
    #[serde(default = "any_number")]
    pub max_local_bins: usize,
    /// Limits of the fused kernel; used only if `WelchPeaks` is supported.
    pub fused: FusedCaps,
    /// Largest single buffer in bytes.
    pub max_buffer_bytes: u64,
}

impl BackendCaps {
    /// Returns initial values for a class; the runtime restricts them to what it finds.
    ///
    /// The CPU supports every op. A GPU supports the fused op and the block FFT with its prologue, the two routes
    /// that `rlx_welch_peaks_exec_kind` distinguishes; a runtime with more kernels adds them with
    /// [`BackendCaps::with_op`].
    pub fn shipped(class: DeviceClass) -> Self {
        let pow2 = |min, max| TransformCaps { min, max, powers_of_two: true };
        let any = TransformCaps { min: 1, max: 1 << 26, powers_of_two: false };
        let gpu_ops = [OpKind::Segment, OpKind::Detrend, OpKind::Window, OpKind::Fft, OpKind::WelchPeaks];
        let (ops, fft, fused_n, fused_k, max_buffer_bytes) = match class {
            DeviceClass::Cpu => (OpKind::ALL.to_vec(), any, pow2(16, 4096), 64, u64::MAX),
            DeviceClass::Cuda => (gpu_ops.to_vec(), pow2(16, 4096), pow2(64, 4096), 64, u64::MAX),
            // wgpu guarantees 128 MiB for one storage binding.
            DeviceClass::Wgpu | DeviceClass::Metal => {
                (gpu_ops.to_vec(), pow2(16, 2048), pow2(64, 2048), 64, 128 << 20)
            }
        };
        Self {
            class,
            ops: ops.into_iter().chain([OpKind::Input, OpKind::Output]).collect(),
            fft,
            fft_also: Vec::new(),
            butterfly: if class == DeviceClass::Cpu { pow2(2, 1 << 20) } else { fft },
            max_k: usize::MAX,
            max_local_bins: usize::MAX,
            fused: FusedCaps {
                n_fft: fused_n,
                max_k: fused_k,
                averages: vec![Average::Mean],
                detrends: vec![Detrend::None],
                zero_padding: false,
                max_segments: usize::MAX,
            },
            max_buffer_bytes,
        }
    }

    /// Adds an op.
    #[must_use]
    pub fn with_op(mut self, kind: OpKind) -> Self {
        self.ops.insert(kind);
        self
    }

    /// Removes an op.
    #[must_use]
    pub fn without_op(mut self, kind: OpKind) -> Self {
        self.ops.remove(&kind);
        self
    }

    /// Restricts the device to the block FFT: everything after the transform runs on the host.
    #[must_use]
    pub fn block_fft_only(mut self) -> Self {
        self.ops.retain(|k| {
            matches!(
                k,
                OpKind::Input
                    | OpKind::Segment
                    | OpKind::Detrend
                    | OpKind::Window
                    | OpKind::Fft
                    | OpKind::Butterfly
                    | OpKind::Output
            )
        });
        self
    }

    /// Returns whether the device supports the op for some parameters.
    pub fn claims(&self, kind: OpKind) -> bool {
        self.ops.contains(&kind)
    }

    /// Returns whether the fused kernel runs this spec.
    pub fn has_fused(&self, spec: &WelchPeaksSpec) -> bool {
        self.claims(OpKind::WelchPeaks) && self.fused.refuses(spec).is_none()
    }

    /// Returns the reason if the device cannot run this op.
    pub fn refuses(&self, op: &Op, operand: Option<&ValueType>, result: &ValueType) -> Option<String> {
        let kind = op.kind();
        if !self.claims(kind) {
            return Some(format!("{} has no {kind}", self.class));
        }
        let limit = match op {
            Op::Fft { n_fft, .. } if self.fft_also.contains(n_fft) => None,
            Op::Fft { n_fft, .. } | Op::InverseFft { n_fft, .. } => self.fft.refuses(*n_fft),
            Op::CrossSpectra(CrossSpec { estimate, .. }) | Op::LimbPsd(LimbPsdSpec { estimate, .. }) => {
                self.fft.refuses(estimate.segments.n_fft)
            }
            Op::Butterfly(spec) => self.butterfly.refuses(spec.n),
            Op::WelchPeaks(spec) => self.fused.refuses_rows(spec, operand.map_or(0, ValueType::last)),
            Op::LocalPeaks(_) if operand.is_some_and(|o| o.last() > self.max_local_bins) => {
                Some(format!("local peaks of more than {} bins", self.max_local_bins))
            }
            Op::TopK { .. } | Op::LocalPeaks(_) => {
                let k = result.dims.iter().rev().nth(1).copied().unwrap_or(0);
                (k > self.max_k).then(|| format!("k {k} is above {}", self.max_k))
            }
            _ => None,
        };
        // A segment is a view: the device stores the samples, not the overlapping copies.
        let samples = operand.filter(|o| matches!(o.kind, ValueKind::Samples { .. }));
        let written = if op.is_prologue() { 0 } else { result.bytes() };
        let largest = samples.map_or(0, ValueType::bytes).max(written);
        limit.or_else(|| {
            (largest > self.max_buffer_bytes)
                .then(|| format!("a buffer of {largest} bytes is above {}", self.max_buffer_bytes))
        })
    }
}

/// A device that is known only by its ops: it runs them one by one, with their prologues, and the fused op.
impl Kernels for BackendCaps {
    fn class(&self) -> DeviceClass {
        self.class
    }

    fn kernel(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        match &asked.region.task {
            Task::Frames(_) | Task::Transform(_) | Task::WelchPeaks(_) | Task::Op(_) => {}
            Task::Learned(learned) if !learned.averaged => {}
            Task::Learned(_) | Task::Spectrogram(_) | Task::Welch(_) | Task::LogMel(_) => {
                return Err("ops run one by one".into());
            }
        }
        for id in &asked.region.nodes {
            let Some(node) = asked.graph.get(*id) else { continue };
            let operand = node.inputs.first().and_then(|i| asked.types.get(i.0));
            if let Some(reason) = self.refuses(&node.op, operand, &asked.types[id.0]) {
                return Err(reason.into());
            }
        }
        Ok(())
    }

    fn cuts_anywhere(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::WelchPeaksShape;

    #[test]
    fn shipped_limits() {
        let spec = |n_fft, k| WelchPeaksShape::new(8, n_fft, 2, k).spec();
        for class in DeviceClass::ALL {
            let caps = BackendCaps::shipped(class);
            assert!(caps.has_fused(&spec(256, 16)), "{class}");
            assert!(!caps.has_fused(&spec(250, 16)) && !caps.has_fused(&spec(1024, 65)));
            // k is clipped to the bins before it is compared.
            assert!(caps.has_fused(&spec(64, 1000)));
            assert!(!caps.clone().without_op(OpKind::WelchPeaks).has_fused(&spec(256, 16)));
            assert!(!caps.block_fft_only().claims(OpKind::TopK));
            let fused = FusedCaps { max_segments: 64, ..BackendCaps::shipped(class).fused };
            let len = |segments| WelchPeaksShape::new(8, 256, segments, 16).frame_len().unwrap();
            assert!(fused.refuses_rows(&spec(256, 16), len(64)).is_none());
            let reason = fused.refuses_rows(&spec(256, 16), len(65)).unwrap();
            assert!(reason.contains("65 segments"), "{reason}");
        }
        let median = WelchPeaksSpec { average: Average::Median, ..spec(256, 16) };
        assert!(!BackendCaps::shipped(DeviceClass::Cpu).has_fused(&median));
    }
}
