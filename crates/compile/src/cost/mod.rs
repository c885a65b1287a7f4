//! Cost of a plan on a device: latency–bandwidth model, shipped values, fusion gate, calibration.

mod calibration;
mod fusion;
mod gate;
mod model;
mod predict;
mod shipped;
mod work;

pub use calibration::{CALIBRATION_SCHEMA, Calibration, CostSource, HostId, Mismatch, Sample};
pub use fusion::{
    FusionGateBreakdown, fused_welch_peaks_auto_viable, fusion_gate_for_spec,
    welch_peaks_fusion_gate_breakdown, welch_peaks_io_fusion_gate,
};
pub use gate::IoFusionGate;
pub use model::BackendCostModel;
pub use predict::{CostBreakdown, predict_fused_ns, predict_plan, suggested_fused_compute_scale};
pub use work::{graph_work, op_flops};
