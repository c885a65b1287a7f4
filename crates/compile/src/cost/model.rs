//! The coefficients of one device.

use serde::{Deserialize, Serialize};

use super::gate::IoFusionGate;
use crate::caps::DeviceClass;
use crate::error::{Error, Result};

/// Coefficients of T ≈ L·M + S/W plus a compute term: messages M (launches, uploads, round trips) with their
/// latencies L, bytes S over bandwidths W, operations over a rate. Times in ns, bandwidths in bytes/ns
/// (= GB/s), rates in operations/ns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackendCostModel {
    /// Kind of device.
    pub class: DeviceClass,
    /// Fixed cost of one run: checks, encoding, submission.
    pub call_ns: f64,
    /// Latency of one launch, and of one upload if memory is not shared.
    pub launch_ns: f64,
    /// Latency of waiting for one value.
    pub round_trip_ns: f64,
    /// Bandwidth of device memory.
    pub device_bytes_per_ns: f64,
    /// Host to device.
    pub upload_bytes_per_ns: f64,
    /// Device to host.
    pub readback_bytes_per_ns: f64,
    /// Whether host and device share memory: an upload is then a copy without a message.
    pub unified_memory: bool,
    /// Rate of the block kernels, see [`op_flops`](super::op_flops).
    pub flops_per_ns: f64,
    /// Time of the fused kernel divided by the time of its operations at `flops_per_ns`.
    pub fused_compute_scale: f64,
    /// Rate of the host's block steps.
    pub host_flops_per_ns: f64,
    /// Overhead of a host block in the middle of a pipeline (wake-up, locking, mapping).
    pub host_thunk_penalty_ns: f64,
    /// Smallest gain for which the IO gate fuses.
    pub min_gain_ns: f64,
    /// Smallest batch for which fusion must also pass the compute floor.
    pub compute_floor_batch: usize,
}

impl BackendCostModel {
    /// Returns the IO gate with this device's coefficients; neutral where there is no bus.
    pub fn io_gate(&self) -> IoFusionGate {
        if self.class.has_bus() {
            IoFusionGate {
                readback_bytes_per_ns: Some(self.readback_bytes_per_ns),
                round_trip_ns: self.round_trip_ns,
                host_thunk_penalty_ns: self.host_thunk_penalty_ns,
                min_gain_ns: self.min_gain_ns,
            }
        } else {
            IoFusionGate::NEUTRAL
        }
    }

    /// Rejects coefficients that would make a prediction NaN, infinite or negative.
    ///
    /// # Errors
    /// [`Error::Record`] with the field's name and value.
    pub fn validate(&self) -> Result<()> {
        let latencies = [
            ("call_ns", self.call_ns),
            ("launch_ns", self.launch_ns),
            ("round_trip_ns", self.round_trip_ns),
            ("host_thunk_penalty_ns", self.host_thunk_penalty_ns),
            ("min_gain_ns", self.min_gain_ns),
        ];
        let rates = [
            ("device_bytes_per_ns", self.device_bytes_per_ns),
            ("upload_bytes_per_ns", self.upload_bytes_per_ns),
            ("readback_bytes_per_ns", self.readback_bytes_per_ns),
            ("flops_per_ns", self.flops_per_ns),
            ("fused_compute_scale", self.fused_compute_scale),
            ("host_flops_per_ns", self.host_flops_per_ns),
        ];
        for (name, value) in latencies {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::record("cost model", format!("{name} is {value}")));
            }
        }
        for (name, value) in rates {
            // Subnormal rates would overflow a quotient.
            if !(value.is_normal() && value > 0.0) {
                return Err(Error::record("cost model", format!("{name} is {value}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_by_name() {
        let good = BackendCostModel::shipped(DeviceClass::Cuda);
        good.validate().unwrap();
        let bad = BackendCostModel { flops_per_ns: 0.0, ..good };
        assert_eq!(bad.validate().unwrap_err().to_string(), "cost model: flops_per_ns is 0");
        assert!(BackendCostModel { launch_ns: f64::NAN, ..good }.validate().is_err());
        assert!(BackendCostModel { min_gain_ns: -1.0, ..good }.validate().is_err());
        assert!(BackendCostModel { readback_bytes_per_ns: f64::INFINITY, ..good }.validate().is_err());
    }
}
