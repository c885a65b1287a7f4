//! Work on buffers that lie on an adapter: chained without the host, with the same numbers as through the host.

use rlx_compile::builders::{WelchPeaksShape, psd};
use rlx_compile::params::{LocalPeaksSpec, Rows};
use rlx_compile::{Graph, Op, Plan};
use rlx_dsp::welch::PsdParams;
use rlx_runtime::wgpu::WgpuDevice;
use rlx_runtime::{Device, Executable, SampleFormat, Samples, Session};

rlx_testkit::device_tests! { on "wgpu": ops_are_chained_on_the_device, integers_lie_there_as_they_are, what_does_not_fit_is_refused }

/// An adapter and its session.
fn adapter() -> (WgpuDevice, Session) {
    let name: Device = "wgpu".parse().unwrap();
    (WgpuDevice::open(&name).unwrap(), Session::open(&name).unwrap())
}

fn chain(session: &Session, batch: usize, len: usize, ops: impl IntoIterator<Item = Op>) -> Executable {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch, len, complex: false }, &[]).unwrap();
    graph.chain(x, ops).unwrap();
    session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap()
}

fn signal(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * 0.31).sin() + ((i * i % 8191) as f32 * 0.37).cos()).collect()
}

fn ops_are_chained_on_the_device() {
    let (device, session) = adapter();
    let shape = WelchPeaksShape::new(37, 256, 3, 9);
    let len = shape.frame_len().unwrap();
    let emphasis = Op::Preemphasis { coefficient: 0.97, per_frame: false };
    let first = chain(&session, 37, len, [emphasis, Op::output("samples")]);
    let peaks = chain(&session, 37, len, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]);
    let spectrum = session.compile(&psd(&PsdParams::new(1e3, 128), Rows::new(37, len)).unwrap()).unwrap();
    let samples = signal(37 * len);
    // Through the host.
    let between = first.run_to_vecs(&[&samples]).unwrap().remove(0);
    let want = peaks.run_to_vecs(&[&between]).unwrap().remove(0);
    let want_power = spectrum.run_to_vecs(&[&between]).unwrap().remove(0);
    // In one submission, from parts that lie apart.
    let rows = device.upload_parts(&[&samples[..5], &samples[5..700], &samples[700..]]).unwrap();
    let emphasised = device.buffer::<f32>(samples.len()).unwrap();
    let found = device.buffer::<f32>(want.len()).unwrap();
    let power = device.buffer::<f32>(want_power.len()).unwrap();
    let copied = device.buffer::<f32>(want.len()).unwrap();
    let mut commands = device.commands();
    commands.run(&first, &[&rows], &[&emphasised]).unwrap();
    commands.run(&peaks, &[&emphasised], &[&found]).unwrap();
    commands.run(&spectrum, &[&emphasised], &[&power]).unwrap().copy(&found, &copied).unwrap();
    let (mut got, mut got_power) = (vec![1.0f32; want.len()], vec![0.0f32; want_power.len()]);
    found.download(&mut got).unwrap();
    assert!(got.iter().all(|v| *v == 0.0), "something ran before it was submitted");
    commands.submit().unwrap();
    copied.download(&mut got).unwrap();
    power.download(&mut got_power).unwrap();
    assert_eq!(got, want);
    assert_eq!(got_power, want_power);
    // Other samples in the same buffers, and the same kernels through the host in between.
    let others: Vec<f32> = samples.iter().rev().copied().collect();
    rows.write(&others).unwrap();
    device.run(&first, &[&rows], &[&emphasised]).unwrap();
    let want = first.run_to_vecs(&[&others]).unwrap().remove(0);
    device.run(&peaks, &[&emphasised], &[&found]).unwrap();
    let want = peaks.run_to_vecs(&[&want]).unwrap().remove(0);
    found.download(&mut got).unwrap();
    device.wait().unwrap();
    assert_eq!(got, want);
}

fn integers_lie_there_as_they_are() {
    let (device, session) = adapter();
    // An odd number of samples.
    let shape = WelchPeaksShape { hop: 63, ..WelchPeaksShape::new(3, 128, 2, 6) };
    let len = shape.frame_len().unwrap();
    let executable = chain(&session, 3, len, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]);
    let integers: Vec<i16> = (0..3 * len).map(|i| ((i * i * 31) % 2048) as i16 - 1024).collect();
    let mut want = vec![0.0; executable.outputs()[0].floats];
    executable.run_samples(&[Samples::I16(&integers)], &mut [&mut want]).unwrap();
    let (rows, found) = (device.upload(&integers).unwrap(), device.buffer::<f32>(want.len()).unwrap());
    assert_eq!((rows.format(), rows.len(), rows.is_empty()), (SampleFormat::I16, 3 * len, false));
    device.run(&executable, &[&rows], &[&found]).unwrap();
    let mut got = vec![0.0f32; want.len()];
    found.download(&mut got).unwrap();
    assert_eq!(got, want);
    let mut back = vec![0i16; integers.len()];
    rows.download(&mut back).unwrap();
    assert_eq!(back, integers);
    let negated: Vec<i16> = integers.iter().map(|v| -v).collect();
    rows.write(&negated).unwrap();
    rows.download(&mut back).unwrap();
    assert_eq!(back, negated);
}

fn what_does_not_fit_is_refused() {
    let (device, session) = adapter();
    let shape = WelchPeaksShape::new(4, 64, 2, 3);
    let executable = chain(&session, 4, 96, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]);
    let rows = device.buffer::<f32>(4 * 96).unwrap();
    let found = device.buffer::<f32>(4 * 6).unwrap();
    let message = |result: rlx_runtime::Result<()>| result.unwrap_err().to_string();
    let run = |from: &[&_], to: &[&_]| device.run(&executable, from, to);
    run(&[&rows], &[&found]).unwrap();
    assert_eq!(message(run(&[&found], &[&found])), "input 0: expected 384 values, got 24");
    assert_eq!(message(run(&[&rows], &[&rows])), "input 0 is an output too");
    assert_eq!(message(run(&[], &[&found])), "inputs: expected 1 buffers, got 0");
    let integers = device.buffer::<i16>(4 * 6).unwrap();
    assert_eq!(message(run(&[&rows], &[&integers])), "output peaks is not of f32");
    assert!(message(found.download(&mut [0i16; 24])).contains("F32"));
    assert_eq!(message(found.download(&mut [0f32; 23])), "download: expected 24 values, got 23");
    assert!(device.commands().copy(&found, &integers).is_err());
    // What the host has a part in.
    let all = LocalPeaksSpec {
        max_peaks: 3,
        height: None,
        threshold: None,
        distance: None,
        prominence: None,
        width: None,
        sub_bin: Default::default(),
    };
    let mut graph = psd(&PsdParams::new(1e3, 64), Rows::new(4, 96)).unwrap();
    let power = graph.outputs().next().and_then(|id| graph.get(id)?.inputs.first().copied()).unwrap();
    graph.chain(power, [Op::LocalPeaks(all), Op::output("peaks")]).unwrap();
    let split = session.compile(&graph).unwrap();
    let outputs: Vec<_> = split.outputs().iter().map(|o| device.buffer::<f32>(o.floats).unwrap()).collect();
    let error = message(device.run(&split, &[&rows], &outputs.iter().collect::<Vec<_>>()));
    assert!(error.contains("does not run on data that lies on an adapter"), "{error}");
}
