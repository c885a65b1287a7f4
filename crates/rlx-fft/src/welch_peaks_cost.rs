//! Costs of a packed-peaks shape by route, and the gate between the routes.

pub use rlx_compile::builders::WelchPeaksShape;
pub use rlx_compile::cost::{
    BackendCostModel, CostBreakdown, FusionGateBreakdown, IoFusionGate, fused_welch_peaks_auto_viable,
    predict_plan, suggested_fused_compute_scale, welch_peaks_fusion_gate_breakdown,
    welch_peaks_io_fusion_gate,
};
