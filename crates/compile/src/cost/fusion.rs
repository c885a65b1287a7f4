//! Decides between the fused op and block FFT + host top-K, for a packed-peaks shape on a device.

use serde::{Deserialize, Serialize};

use super::{BackendCostModel, predict_plan};
use crate::builders::{PEAKS, WelchPeaksShape};
use crate::caps::BackendCaps;
use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::WelchPeaksSpec;
use crate::passes::expand_welch_peaks;
use crate::plan::Plan;

/// The terms of a decision of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FusionGateBreakdown {
    /// Gain by the IO gate, ns.
    pub score_ns: f64,
    /// Smallest gain for which the gate fuses, ns.
    pub min_gain_ns: f64,
    /// Read-back bytes of the block route less those of the fused one.
    pub readback_saved_bytes: i64,
    /// Sync points of the block route less those of the fused one.
    pub sync_points_saved: i64,
    /// The IO gate alone.
    pub should_fuse_io: bool,
    /// A native kernel for the shape, the IO gate and, at large batch, the compute floor: the fused kernel must
    /// not be predicted slower than the whole block route.
    pub should_fuse: bool,
}

/// Returns the two routes as plans: fused op, block FFT (one-sided, block layout) + host top-K.
fn routes(batch: usize, len: usize, spec: &WelchPeaksSpec, caps: &BackendCaps) -> Result<(Plan, Plan)> {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch, len, complex: false }, &[])?;
    graph.chain(x, [Op::WelchPeaks(spec.clone()), Op::output(PEAKS)])?;
    // A block route that needs more than one buffer would run in chunks, and read back as much.
    let block = BackendCaps { max_buffer_bytes: u64::MAX, ..caps.clone().block_fft_only() };
    let expanded = expand_welch_peaks(&graph, |_| true)?;
    Ok((Plan::new(graph, caps)?, Plan::new(expanded, &block)?))
}

/// Returns all terms of the gate's decision for a packed-peaks shape.
///
/// On a device without a bus the IO gate is neutral and there is no floor: the result depends only on whether a
/// native fused kernel supports the shape.
///
/// # Errors
/// When the shape is impossible (a zero but for the batch, or an overflow).
pub fn welch_peaks_fusion_gate_breakdown(
    shape: &WelchPeaksShape,
    caps: &BackendCaps,
    model: &BackendCostModel,
) -> Result<FusionGateBreakdown> {
    fusion_gate_for_spec(shape.batch, shape.frame_len()?, &shape.spec(), caps, model)
}

/// [`welch_peaks_fusion_gate_breakdown`] for any spec on rows of `len` samples.
///
/// # Errors
/// If the op does not type-check on such rows.
pub fn fusion_gate_for_spec(
    batch: usize,
    len: usize,
    spec: &WelchPeaksSpec,
    caps: &BackendCaps,
    model: &BackendCostModel,
) -> Result<FusionGateBreakdown> {
    let (fused, block) = routes(batch, len, spec, caps)?;
    let gate = model.io_gate();
    let native = caps.has_fused(spec) && fused.splits().is_empty();
    // Without the kernel (or without the transform) there are no two routes to compare.
    let compared = model.class.has_bus() && native && block.io().launches > 0;
    let saved = |from: u64, to: u64| i64::try_from(i128::from(from) - i128::from(to)).unwrap_or(i64::MAX);
    let (score_ns, readback_saved_bytes, sync_points_saved) = if compared {
        (
            gate.score_ns(block.io(), fused.io()),
            saved(block.io().host_readback_bytes, fused.io().host_readback_bytes),
            saved(block.io().sync_points, fused.io().sync_points),
        )
    } else {
        (0.0, 0, 0)
    };
    let should_fuse_io = !model.class.has_bus() || score_ns >= gate.min_gain_ns;
    let floor = || {
        let fused_kernel = predict_plan(&fused, model).kernel_ns;
        batch < model.compute_floor_batch || fused_kernel <= predict_plan(&block, model).total_ns()
    };
    Ok(FusionGateBreakdown {
        score_ns,
        min_gain_ns: gate.min_gain_ns,
        readback_saved_bytes,
        sync_points_saved,
        should_fuse_io,
        should_fuse: native && should_fuse_io && (!compared || floor()),
    })
}

/// Returns the decision of the IO gate alone; false for invalid shapes.
pub fn welch_peaks_io_fusion_gate(
    shape: &WelchPeaksShape,
    caps: &BackendCaps,
    model: &BackendCostModel,
) -> bool {
    welch_peaks_fusion_gate_breakdown(shape, caps, model).is_ok_and(|b| b.should_fuse_io)
}

/// Returns whether `auto` may select the fused op for this shape.
pub fn fused_welch_peaks_auto_viable(
    shape: &WelchPeaksShape,
    caps: &BackendCaps,
    model: &BackendCostModel,
) -> bool {
    welch_peaks_fusion_gate_breakdown(shape, caps, model).is_ok_and(|b| b.should_fuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps::DeviceClass;

    fn at(class: DeviceClass, batch: usize) -> FusionGateBreakdown {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let (caps, model) = (BackendCaps::shipped(class), BackendCostModel::shipped(class));
        let b = welch_peaks_fusion_gate_breakdown(&shape, &caps, &model).unwrap();
        assert_eq!(b.should_fuse_io, welch_peaks_io_fusion_gate(&shape, &caps, &model));
        assert_eq!(b.should_fuse, fused_welch_peaks_auto_viable(&shape, &caps, &model));
        b
    }

    #[test]
    fn metal_crosses_over_near_512() {
        assert!(!at(DeviceClass::Metal, 256).should_fuse);
        assert!(at(DeviceClass::Metal, 1024).should_fuse);
        let crossover = (1..2048).find(|&b| at(DeviceClass::Metal, b).should_fuse).unwrap();
        assert!((448..=576).contains(&crossover), "{crossover}");
        let b = at(DeviceClass::Metal, 1024);
        assert_eq!(b.readback_saved_bytes, 1024 * (2 * 129 * 8 - 16 * 2 * 4));
        assert_eq!((b.sync_points_saved, b.min_gain_ns), (0, 50_000.0));
    }

    #[test]
    fn the_cpu_is_neutral() {
        for batch in [0, 1, 256, 65_536] {
            let b = at(DeviceClass::Cpu, batch);
            assert_eq!((b.score_ns, b.min_gain_ns, b.readback_saved_bytes), (0.0, 0.0, 0));
            assert!(b.should_fuse_io && b.should_fuse);
        }
        let (caps, model) =
            (BackendCaps::shipped(DeviceClass::Cpu), BackendCostModel::shipped(DeviceClass::Cpu));
        let b =
            welch_peaks_fusion_gate_breakdown(&WelchPeaksShape::new(64, 250, 2, 16), &caps, &model).unwrap();
        assert!(b.should_fuse_io && !b.should_fuse, "no native kernel for n_fft 250");
    }

    #[test]
    fn the_compute_floor_only_counts_at_large_batch() {
        let caps = BackendCaps::shipped(DeviceClass::Metal);
        let slow =
            BackendCostModel { fused_compute_scale: 1e4, ..BackendCostModel::shipped(DeviceClass::Metal) };
        let at = |batch| {
            let shape = WelchPeaksShape::new(batch, 256, 2, 16);
            welch_peaks_fusion_gate_breakdown(&shape, &caps, &slow).unwrap()
        };
        assert!(at(1024).should_fuse);
        assert!(at(8192).should_fuse_io && !at(8192).should_fuse);
    }

    #[test]
    fn shapes_without_a_kernel_or_without_sense() {
        let model = BackendCostModel::shipped(DeviceClass::Cuda);
        let caps = BackendCaps::shipped(DeviceClass::Cuda);
        assert!(!fused_welch_peaks_auto_viable(&WelchPeaksShape::new(8192, 1 << 20, 2, 16), &caps, &model));
        assert!(!fused_welch_peaks_auto_viable(&WelchPeaksShape::new(8192, 0, 2, 16), &caps, &model));
        let huge = WelchPeaksShape::new(usize::MAX, 256, 2, 16);
        assert!(welch_peaks_fusion_gate_breakdown(&huge, &caps, &model).is_err());
        assert!(at(DeviceClass::Cuda, 8192).should_fuse && at(DeviceClass::Wgpu, 8192).should_fuse);
    }
}
