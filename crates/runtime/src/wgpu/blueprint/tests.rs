//! Every specialised shader passes naga's validation, without an adapter.

use rlx_compile::builders::{WelchPeaksShape, frames_of, log_mel, psd, spectrogram_db};
use rlx_compile::params::{Average, Detrend, Layout, Padding, Rows, Sides, Symmetry, WelchPeaksSpec, Window};
use rlx_compile::{DeviceClass, Graph, Op, Plan};

use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::welch::PsdParams;

use super::*;
use crate::session::SampleFormat;
use crate::wgpu::backend::AdapterKernels;
use crate::wgpu::design::design;

fn validate(blueprint: &Blueprint, limits: &GroupLimits) {
    let text = &blueprint.text;
    let module = match naga::front::wgsl::parse_str(text) {
        Ok(module) => module,
        Err(error) => panic!("{}", error.emit_to_string(text)),
    };
    // `unpack2x16float` is part of WGSL; no other capability is needed.
    let halves = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), halves);
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
    // No transcendental function in a kernel. Roots, of magnitudes only, are exact to two units of the last place.
    for name in ["sin(", "cos(", "exp(", "log(", "pow("] {
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
            (33, 5, Average::Mean, Detrend::Constant, SampleFormat::F16),
        ] {
            let shape = WelchPeaksShape::new(8, 1 << log_n, segments, k);
            let spec = WelchPeaksSpec { average, detrend, ..shape.spec() };
            for (peaks, psd) in [(true, false), (true, true), (false, true)] {
                let row_len = shape.frame_len().unwrap();
                let kernel = WelchPeaks { spec: spec.clone(), row_len, samples, peaks, psd };
                let raised = GroupLimits { memory: 48 << 10, filled: 32, ..GroupLimits::DEFAULT };
                for limits in [GroupLimits::DEFAULT, raised] {
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
    let small = message(GroupLimits { memory: 8192, ..GroupLimits::DEFAULT });
    assert!(small.contains("max_compute_workgroup_storage_size 16384"), "{small}");
    let few = message(GroupLimits { memory: 1 << 20, threads: 128, ..GroupLimits::DEFAULT });
    assert!(few.contains("max_compute_invocations_per_workgroup 256"), "{few}");
}

/// Returns the kernels of a graph that runs entirely on the device.
fn kernels(graph: Graph) -> Vec<Blueprint> {
    let results: Vec<_> = graph.outputs().map(|id| graph.get(id).unwrap().inputs[0]).collect();
    let kernels = AdapterKernels { class: DeviceClass::Wgpu, limits: GroupLimits::DEFAULT };
    let plan = Plan::new(graph, &kernels).unwrap();
    assert!(plan.splits().is_empty(), "{}", plan.explain());
    let design = design(&plan, &results, SampleFormat::F32, &GroupLimits::DEFAULT).unwrap();
    design.launches.into_iter().map(|l| l.blueprint).collect()
}

#[test]
fn kernels_of_every_pipeline_are_valid_within_webgpu_defaults() {
    let (density, rows) = (PsdParams::new(48e3, 1024), Rows::new(2, 20_000));
    let frames = frames_of(&density.clone().detrend(Detrend::None).n_fft(8192));
    let images = frames.clone().padding(Padding::Reflect);
    let mel = |preset| log_mel(&LogMelParams::preset(preset), Rows::new(2, 22_050)).unwrap();
    let mut graphs = vec![
        psd(&density, rows).unwrap(),
        psd(&PsdParams::new(48e3, 400).average(Average::Max), rows).unwrap(),
        spectrogram_db(&images, 1e-10, rows).unwrap(),
        mel(Preset::Whisper),
        mel(Preset::Librosa),
        mel(Preset::Torchaudio),
        mel(Preset::Kaldi),
    ];
    for n_fft in (4..=17).map(|log| 1 << log).chain([400]) {
        for layout in [Layout::Block, Layout::Interleaved] {
            let mut graph = Graph::new();
            let complex = layout == Layout::Interleaved;
            let x = graph.push(Op::Input { batch: 2, len: 3 * n_fft, complex }, &[]).unwrap();
            let ops = [
                Op::Segment { len: n_fft, hop: n_fft, pad: Padding::None, drop_last: 0 },
                Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
                Op::Fft { n_fft, sides: Sides::Auto, layout, keep: None },
                Op::output("spectrum"),
            ];
            graph.chain(x, ops).unwrap();
            graphs.push(graph);
        }
    }
    for graph in graphs {
        for blueprint in kernels(graph) {
            validate(&blueprint, &GroupLimits::DEFAULT);
        }
    }
}
