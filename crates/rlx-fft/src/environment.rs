//! The environment variables that the facade reads. Those of its parts: `RLX_ISA` ([`crate::dsp::lanes::Isa::detect`]),
//! `RLX_NVRTC` (the CUDA compiler's library), `RLX_FFT_CACHE`
//! ([`cache_dir`](crate::device::calibrate::cache_dir)), `RLX_FFT_NO_PROBE`
//! ([`probe_enabled`](crate::device::calibrate::probe_enabled)), `RLX_FFT_MEMORY_BUDGET`
//! ([`memory_budget`](crate::device::environment::memory_budget)) and, for `bench-sweep`, `RLX_MKL` (the library of
//! Intel's MKL).

use rlx_runtime::environment::flag;

/// Returns whether the picker reports what it predicted and picked (`RLX_FFT_PICKER_TRACE=1`), through the `log`
/// crate at level `info` with the target [`LOG_TARGET`](crate::auto_welch_peaks::LOG_TARGET).
pub fn picker_trace() -> bool {
    flag("RLX_FFT_PICKER_TRACE")
}

/// Returns whether the picker goes by fixed thresholds instead of predictions (`RLX_FFT_LEGACY_PICKER=1`).
pub fn legacy_picker() -> bool {
    flag("RLX_FFT_LEGACY_PICKER")
}
