//! Default coefficients per class of device, used until a calibration replaces them.
//!
//! The fused compute scales (Metal 7.5, CUDA 0.43, wgpu 2.2) and Metal's crossover near batch 512 (n_fft 256, 2
//! segments, k 16) are those of the specification. The other values are orders of magnitude of a current machine with
//! pageable host memory: sufficient to select between routes that differ much, not to report times.

use super::BackendCostModel;
use crate::caps::DeviceClass;

impl BackendCostModel {
    /// Returns the shipped values of a class.
    pub fn shipped(class: DeviceClass) -> Self {
        match class {
            DeviceClass::Cpu => Self {
                class,
                call_ns: 500.0,
                launch_ns: 100.0,
                round_trip_ns: 0.0,
                device_bytes_per_ns: 10.0,
                // Never used: there is no bus.
                upload_bytes_per_ns: 10.0,
                readback_bytes_per_ns: 10.0,
                unified_memory: true,
                flops_per_ns: 6.0,
                fused_compute_scale: 0.15,
                host_flops_per_ns: 2.0,
                host_thunk_penalty_ns: 0.0,
                min_gain_ns: 0.0,
                compute_floor_batch: usize::MAX,
            },
            DeviceClass::Cuda => Self {
                class,
                call_ns: 3_000.0,
                launch_ns: 3_000.0,
                round_trip_ns: 8_000.0,
                device_bytes_per_ns: 3_000.0,
                upload_bytes_per_ns: 13.0,
                readback_bytes_per_ns: 13.0,
                unified_memory: false,
                flops_per_ns: 5_000.0,
                fused_compute_scale: 0.43,
                host_flops_per_ns: 2.0,
                host_thunk_penalty_ns: 10_000.0,
                min_gain_ns: 2_000.0,
                compute_floor_batch: 4096,
            },
            DeviceClass::Wgpu => Self {
                class,
                call_ns: 10_000.0,
                launch_ns: 15_000.0,
                round_trip_ns: 60_000.0,
                device_bytes_per_ns: 300.0,
                upload_bytes_per_ns: 6.0,
                readback_bytes_per_ns: 4.0,
                unified_memory: false,
                flops_per_ns: 1_000.0,
                fused_compute_scale: 2.2,
                host_flops_per_ns: 2.0,
                host_thunk_penalty_ns: 40_000.0,
                min_gain_ns: 20_000.0,
                compute_floor_batch: 4096,
            },
            DeviceClass::Metal => Self {
                class,
                call_ns: 5_000.0,
                launch_ns: 10_000.0,
                round_trip_ns: 50_000.0,
                device_bytes_per_ns: 150.0,
                upload_bytes_per_ns: 20.0,
                readback_bytes_per_ns: 20.0,
                unified_memory: true,
                flops_per_ns: 1_000.0,
                fused_compute_scale: 7.5,
                host_flops_per_ns: 2.0,
                host_thunk_penalty_ns: 60_000.0,
                // 1,936 B per row are saved at n_fft 256, 2 segments, k 16: the crossover is at 517 rows.
                min_gain_ns: 50_000.0,
                compute_floor_batch: 4096,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_values_are_valid_and_have_the_specified_scales() {
        for class in DeviceClass::ALL {
            BackendCostModel::shipped(class).validate().unwrap();
        }
        let scale = |class| BackendCostModel::shipped(class).fused_compute_scale;
        assert_eq!(scale(DeviceClass::Metal), 7.5);
        assert_eq!(scale(DeviceClass::Cuda), 0.43);
        assert_eq!(scale(DeviceClass::Wgpu), 2.2);
    }
}
