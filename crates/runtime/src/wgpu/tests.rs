//! Errors of an adapter.

use rlx_compile::Plan;
use rlx_compile::builders::{WelchPeaksShape, welch_peaks};

use super::adapters;
use super::gpu::Gpu;
use super::*;
use crate::error::Error;
use crate::session::{Samples, Session};

/// Returns a session on an adapter that is not shared, so that the test may lose it.
fn session() -> (Arc<Gpu>, Session) {
    let found = adapters::select(WgpuApi::Any, &WgpuSelect::Preferred).unwrap();
    let gpu = Arc::new(Gpu::new(found).unwrap());
    let backend = WgpuBackend::new(Arc::clone(&gpu), found.info.clone(), SessionOptions::default());
    (gpu, Session::on_backend(Box::new(backend.unwrap())))
}

/// Returns a session and a device of one adapter with only the limits that WebGPU guarantees, and buffers of at most
/// `buffer` bytes.
fn within_defaults(buffer: u64) -> (Session, WgpuDevice) {
    let found = adapters::select(WgpuApi::Any, &WgpuSelect::Preferred).unwrap();
    let limits = wgpu::Limits {
        max_buffer_size: 4 * buffer,
        max_storage_buffer_binding_size: buffer,
        // More rows than workgroups per dimension.
        max_compute_workgroups_per_dimension: 50,
        ..wgpu::Limits::default().or_worse_values_from(&found.adapter.limits())
    };
    assert_eq!(limits.max_compute_workgroup_storage_size, 16 << 10);
    let gpu = Arc::new(Gpu::within(found, limits).unwrap());
    let backend = WgpuBackend::new(Arc::clone(&gpu), found.info.clone(), SessionOptions::default());
    (Session::on_backend(Box::new(backend.unwrap())), WgpuDevice::of(&gpu, found.info.clone()))
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn the_least_of_limits_gives_the_same_peaks_in_parts() {
    let (session, device) = within_defaults(1 << 20);
    for (batch, n_fft, k) in [(1300, 256, 16), (90, 2048, 64), (70, 4096, 1), (70, 4096, 64)] {
        let shape = WelchPeaksShape::new(batch, n_fft, 2, k);
        let executable = session.compile_plan(plan(&session, &shape)).unwrap();
        let samples = noise(executable.inputs()[0]);
        assert!(4 * samples.len() > 1 << 20, "{shape:?} fits in a binding");
        let open = Session::open(&"wgpu".parse().unwrap()).unwrap();
        let want =
            open.compile_plan(plan(&open, &shape)).unwrap().run_to_vecs(&[&samples]).unwrap().remove(0);
        assert_eq!(executable.run_to_vecs(&[&samples]).unwrap()[0], want, "{shape:?}");
        // The same with data on the device, in parts of buffers.
        let (rows, peaks) = (device.upload(&samples).unwrap(), device.buffer::<f32>(want.len()).unwrap());
        device.run(&executable, &[&rows], &[&peaks]).unwrap();
        let mut got = vec![0.0; want.len()];
        peaks.download(&mut got).unwrap();
        assert_eq!(got, want, "{shape:?}");
    }
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn what_exceeds_a_limit_is_refused_by_its_name() {
    let (session, device) = within_defaults(1 << 14);
    let error = session.compile_plan(plan(&session, &WelchPeaksShape::new(3, 4096, 2, 4))).unwrap_err();
    assert!(error.to_string().contains("has max_storage_buffer_binding_size 16384"), "{error}");
    let error = device.buffer::<f32>(1 << 14 | 1).unwrap_err();
    assert!(error.to_string().contains("has max_buffer_size 65536"), "{error}");
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn an_adapter_lost_between_submission_and_download_is_an_error() {
    let (gpu, session) = session();
    let device = WgpuDevice::of(&gpu, session.device().clone());
    let executable = session.compile_plan(plan(&session, &WelchPeaksShape::new(70, 256, 2, 4))).unwrap();
    let rows = device.upload(&noise(executable.inputs()[0])).unwrap();
    let peaks = device.buffer::<f32>(70 * 8).unwrap();
    device.run(&executable, &[&rows], &[&peaks]).unwrap();
    gpu.lose();
    let lost = |error: Error| assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    lost(peaks.download(&mut [0.0f32; 70 * 8]).unwrap_err());
    lost(device.run(&executable, &[&rows], &[&peaks]).unwrap_err());
    lost(device.upload(&[0.0f32; 8]).unwrap_err());
    lost(device.wait().unwrap_err());
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn an_adapter_lost_in_the_middle_of_a_run_is_an_error() {
    let (gpu, session) = session();
    // Several chunks.
    let shape = WelchPeaksShape::new(100_000, 64, 2, 4);
    let executable = session.compile_plan(plan(&session, &shape)).unwrap();
    let samples = noise(executable.inputs()[0]);
    std::thread::scope(|scope| {
        let start = std::time::Instant::now();
        executable.run_to_vecs(&[&samples]).unwrap();
        let one = start.elapsed();
        scope.spawn(move || {
            std::thread::sleep(one * 3 / 2);
            gpu.lose();
        });
        let error = (0..1000).find_map(|_| executable.run_to_vecs(&[&samples]).err()).unwrap();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    });
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn a_lost_adapter_is_an_error_that_says_so() {
    let (gpu, session) = session();
    let shape = WelchPeaksShape::new(70, 256, 2, 4);
    let executable = session.compile_plan(plan(&session, &shape)).unwrap();
    let samples = vec![0.5; 70 * shape.frame_len().unwrap()];
    executable.run_to_vecs(&[&samples]).unwrap();
    gpu.lose();
    for _ in 0..2 {
        let error = executable.run_to_vecs(&[&samples]).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    }
    let other = WelchPeaksShape::new(7, 64, 2, 4);
    let error = session.compile_plan(plan(&session, &other)).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn what_wgpu_refuses_is_an_error() {
    let (gpu, _) = session();
    let blueprint = blueprint::Blueprint {
        name: "wrong",
        text: "@compute @workgroup_size(64) fn main() { let a: u32 = 1.5; }".to_owned(),
        buffers: vec![],
        items_of_group: 1,
        items_of_row: 1,
    };
    let error = kernel::Kernel::new(&gpu, &blueprint).unwrap_err();
    assert!(matches!(error, Error::Device { what: "a kernel", .. }), "{error}");
    let error =
        gpu.buffer("too large", gpu.limits.max_buffer_size + 4, wgpu::BufferUsages::STORAGE).unwrap_err();
    assert!(matches!(error, Error::Device { what: "a buffer", .. }), "{error}");
    // The adapter remains usable.
    gpu.buffer("small", 16, wgpu::BufferUsages::STORAGE).unwrap();
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn integers_and_halves_are_their_values() {
    let (_, session) = session();
    let shape = WelchPeaksShape { hop: 63, ..WelchPeaksShape::new(5, 128, 2, 6) };
    let executable = session.compile_plan(plan(&session, &shape)).unwrap();
    // An odd row length: rows begin in the middle of a word.
    let len = executable.inputs()[0];
    let integers: Vec<i16> = (0..len).map(|i| ((i * i * 31) % 2048) as i16 - 1024).collect();
    let floats: Vec<f32> = integers.iter().map(|&v| f32::from(v)).collect();
    let want = executable.run_to_vecs(&[&floats]).unwrap().remove(0);
    let mut got = vec![0.0; want.len()];
    executable.run_samples(&[Samples::I16(&integers)], &mut [&mut got]).unwrap();
    assert_eq!(got, want);
    // Eleven bits are exact in a half-precision number: sign, exponent from the leading bit, and the bits below it.
    let half = |v: i16| match v.unsigned_abs() {
        0 => 0,
        a => {
            let e = a.ilog2();
            (u16::from(v < 0) << 15) | ((e as u16 + 15) << 10) | ((a << (10 - e)) & 0x3ff)
        }
    };
    let halves: Vec<u16> = integers.iter().map(|&v| half(v)).collect();
    got.fill(0.0);
    executable.run_samples(&[Samples::F16(&halves)], &mut [&mut got]).unwrap();
    assert_eq!(got, want);
}

#[test]
#[ignore = "needs an adapter of wgpu"]
fn every_op_of_a_log_mel_runs_on_the_device() {
    use rlx_compile::builders::log_mel;
    use rlx_compile::params::Rows;
    use rlx_dsp::mel::{LogMelParams, Preset};
    let graph = log_mel(&LogMelParams::preset(Preset::Whisper), Rows::new(2, 16_000)).unwrap();
    let (gpu, session) = session();
    let executable = session.compile(&graph).unwrap();
    assert_eq!(executable.plan().exec_kind(), rlx_compile::plan::ExecKind::Ops);
    let results: Vec<_> = graph.outputs().map(|id| graph.get(id).unwrap().inputs[0]).collect();
    let made = program::WgpuProgram::new(&gpu, executable.plan(), &results, &SessionOptions::default(), 1);
    assert!(made.is_ok());
}

fn plan(session: &Session, shape: &WelchPeaksShape) -> Plan {
    let compiled = session.explain(&welch_peaks(shape).unwrap(), rlx_compile::passes::FusionPolicy::Always);
    let plan = compiled.unwrap().plan;
    assert_eq!(plan.exec_kind(), rlx_compile::plan::ExecKind::FusedOp);
    plan
}

fn noise(len: usize) -> Vec<f32> {
    rlx_testkit::noise(1, len)
}
