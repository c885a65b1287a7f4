//! Every specialised shader passes naga's validation, without an adapter.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::params::{Average, Detrend, WelchPeaksSpec};

use super::*;

fn validate(blueprint: &Blueprint, limits: &GroupLimits) {
    let text = &blueprint.text;
    let module = match naga::front::wgsl::parse_str(text) {
        Ok(module) => module,
        Err(error) => panic!("{}", error.emit_to_string(text)),
    };
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    let info = validator.validate(&module).unwrap_or_else(|e| panic!("{}", e.emit_to_string(text)));
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).unwrap();
    let used = |h: naga::Handle<naga::GlobalVariable>| !info.get_entry_point(0)[h].is_empty();
    let memory: u32 = module
        .global_variables
        .iter()
        .filter(|(h, v)| v.space == naga::AddressSpace::WorkGroup && used(*h))
        .map(|(_, v)| layouter[v.ty].size)
        .sum();
    let group: u32 = module.entry_points[0].workgroup_size.iter().product();
    assert!(memory as usize <= limits.memory && group as usize <= limits.threads, "{memory} {group}");
    // No transcendental function in a kernel.
    for name in ["sin(", "cos(", "exp(", "log(", "pow(", "sqrt("] {
        assert!(!text.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(name)), "{name}");
    }
}

#[test]
fn fused_kernels_are_valid_within_webgpu_defaults() {
    for log_n in 6..=12 {
        for (segments, k, average, detrend, samples) in [
            (1, 1, Average::Mean, Detrend::None, SampleFormat::F32),
            (2, 16, Average::Mean, Detrend::None, SampleFormat::F32),
            (7, 64, Average::Max, Detrend::Constant, SampleFormat::I16),
            (64, 64, Average::Min, Detrend::None, SampleFormat::F32),
            (33, 5, Average::Mean, Detrend::Constant, SampleFormat::I16),
        ] {
            let shape = WelchPeaksShape::new(8, 1 << log_n, segments, k);
            let spec = WelchPeaksSpec { average, detrend, ..shape.spec() };
            for (peaks, psd) in [(true, false), (true, true), (false, true)] {
                let row_len = shape.frame_len().unwrap();
                let kernel = WelchPeaks { spec, row_len, samples, peaks, psd };
                for limits in [GroupLimits::DEFAULT, GroupLimits { memory: 48 << 10, ..GroupLimits::DEFAULT }]
                {
                    validate(&kernel.blueprint(&limits).unwrap(), &limits);
                }
            }
        }
    }
}

#[test]
fn limits_that_do_not_suffice_are_named() {
    let shape = WelchPeaksShape::new(8, 4096, 2, 16);
    let kernel = WelchPeaks {
        spec: shape.spec(),
        row_len: shape.frame_len().unwrap(),
        samples: SampleFormat::F32,
        peaks: true,
        psd: false,
    };
    let message = |limits| kernel.blueprint(&limits).unwrap_err().to_string();
    let small = message(GroupLimits { memory: 8192, threads: 256 });
    assert!(small.contains("max_compute_workgroup_storage_size 16384"), "{small}");
    let few = message(GroupLimits { memory: 1 << 20, threads: 128 });
    assert!(few.contains("max_compute_invocations_per_workgroup 256"), "{few}");
}
