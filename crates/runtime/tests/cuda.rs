//! Features of CUDA only: resident data, recorded graphs, pinned memory, 16-bit samples, cancellation.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::twin::{judge_row, raw_power};
use num_complex::Complex32;
use rlx_compile::builders::{WelchPeaksShape, log_mel, welch_peaks};
use rlx_compile::params::{Average, Detrend, Layout, Padding, Sides, WelchPeaksSpec};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::{Butterflies, Graph, Mix, Op, Plan};
use rlx_runtime::cuda::{CudaDevice, DeviceBuffer};
use rlx_runtime::session::FrameTransform;
use rlx_runtime::{Device, Error, Executable, Samples, Session, SessionOptions, Timed};
use rlx_testkit::{Noise, noise};

rlx_testkit::device_tests! {
    on "cuda": two_streams_run_one_executable_at_the_same_time, memory_and_sample_types_do_not_change_the_answer, every_element_of_a_poisoned_buffer_is_written, transforms_write_every_element_on_the_device, buffers_that_do_not_fit_are_refused, a_raised_flag_ends_a_run_and_the_next_one_works, a_flag_that_is_raised_on_the_way_ends_the_run, two_processes_share_a_device, all_devices_together_give_what_one_gives, transforms_longer_than_a_block_are_right, more_segments_than_the_kernel_has_are_no_fused_plan, spectra_powers_and_log_mel_are_those_of_the_host, learned_transforms_run_on_the_device_and_answer_as_on_the_host
}

fn device() -> CudaDevice {
    CudaDevice::open(0).unwrap()
}

fn session(options: SessionOptions) -> Session {
    Session::with_options(&"cuda".parse::<Device>().unwrap(), options).unwrap()
}

fn fused(session: &Session, shape: &WelchPeaksShape) -> Executable {
    session.compile_with(&welch_peaks(shape).unwrap(), FusionPolicy::Always).unwrap()
}

/// Whole numbers of 11 bits, which every type of samples holds.
fn samples(len: usize) -> Vec<i16> {
    let mut noise = Noise::new(1);
    (0..len).map(|i| (1000.0 * (i as f32 * 0.61).sin()) as i16 + noise.below(32) as i16).collect()
}

fn floats(values: &[i16]) -> Vec<f32> {
    values.iter().map(|&v| f32::from(v)).collect()
}

/// A whole number below 2048 in half precision.
fn half(value: i16) -> u16 {
    let magnitude = u32::from(value.unsigned_abs());
    let sign = if value < 0 { 0x8000 } else { 0 };
    if magnitude == 0 {
        return sign;
    }
    let exponent = magnitude.ilog2();
    sign | ((exponent + 15) << 10 | (magnitude << (10 - exponent) & 0x3ff)) as u16
}

/// Plans with values between input and result: transforms of several launches, and log-mel with its finish.
fn plans_with_intermediate_values() -> Vec<(&'static str, Graph)> {
    let transform = |n: usize, batch: usize| {
        let mut graph = Graph::new();
        let input = graph.push(Op::Input { batch, len: n, complex: false }, &[]).unwrap();
        let frames = Op::Segment { len: n, hop: n, pad: Padding::None, drop_last: 0 };
        let fft = Op::Fft { n_fft: n, sides: Sides::One, layout: Layout::Block, keep: None };
        graph.chain(input, [frames, fft, Op::output("bins")]).unwrap();
        graph
    };
    vec![
        ("16,384 points", transform(16_384, 256)),
        ("65,536 points", transform(65_536, 64)),
        (
            "log-mel",
            log_mel(
                &rlx_dsp::mel::LogMelParams::preset(rlx_dsp::mel::Preset::Whisper),
                rlx_compile::params::Rows::new(64, 480_000),
            )
            .unwrap(),
        ),
    ]
}

fn two_streams_run_one_executable_at_the_same_time() {
    let (device, session) = (device(), session(SessionOptions::default()));
    let streams = [device.stream().unwrap(), device.stream().unwrap()];
    for (what, graph) in plans_with_intermediate_values() {
        let executable = session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap();
        let (len, floats) = (executable.inputs()[0], executable.outputs()[0].floats);
        let inputs = [1, 2].map(|seed| device.upload(&noise(seed, len)).unwrap());
        let outputs = [(); 2].map(|()| device.buffer::<f32>(floats).unwrap());
        let read = |out: &DeviceBuffer| {
            let mut host = vec![0.0f32; floats];
            out.download(&mut host).unwrap();
            host
        };
        let both = |queue: &dyn Fn(usize)| {
            for out in &outputs {
                out.fill(f32::NAN.to_bits()).unwrap();
            }
            queue(0);
            queue(1);
            streams.iter().for_each(|s| s.wait().unwrap());
        };
        // One after the other, in one stream.
        let want = [0, 1].map(|i| {
            streams[0].run(&executable, &[&inputs[i]], &[&outputs[i]]).unwrap();
            streams[0].wait().unwrap();
            read(&outputs[i])
        });
        assert_ne!(want[0], want[1], "{what}: two inputs have two answers");
        for turn in 0..20 {
            both(&|i| streams[i].run(&executable, &[&inputs[i]], &[&outputs[i]]).unwrap());
            for i in [0, 1] {
                assert!(read(&outputs[i]) == want[i], "{what}, stream {i}, turn {turn}");
            }
        }
        // Recorded graphs of one executable, in streams other than their own, beside direct runs.
        let graphs = [0, 1].map(|i| streams[0].record(&executable, &[&inputs[i]], &[&outputs[i]]).unwrap());
        for turn in 0..20 {
            both(&|i| streams[1 - i].launch(&graphs[i]).unwrap());
            for i in [0, 1] {
                assert!(read(&outputs[i]) == want[i], "{what}, graph {i}, turn {turn}");
            }
            both(&|i| match i {
                0 => streams[1].launch(&graphs[0]).unwrap(),
                _ => streams[0].run(&executable, &[&inputs[1]], &[&outputs[1]]).unwrap(),
            });
            for i in [0, 1] {
                assert!(read(&outputs[i]) == want[i], "{what}, graph beside a run, {i}, turn {turn}");
            }
        }
    }
}

fn memory_and_sample_types_do_not_change_the_answer() {
    let device = device();
    let session = session(SessionOptions::default());
    // One chunk that is replayed, one that is not, several.
    for batch in [1, 32, 300, 1000, 20_011] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let len = batch * shape.frame_len().unwrap();
        let executable = fused(&session, &shape);
        let integers = samples(len);
        let x = floats(&integers);
        let mut plain = vec![f32::NAN; batch * 32];
        for _ in 0..3 {
            plain.fill(f32::NAN);
            executable.run(&[&x], &mut [&mut plain]).unwrap();
        }
        assert!(plain.iter().all(|v| v.is_finite()), "batch {batch}: an element was not written");

        let mut pinned_in = device.pinned::<f32>(len).unwrap();
        pinned_in.copy_from_slice(&x);
        let mut pinned_out = device.pinned::<f32>(batch * 32).unwrap();
        for _ in 0..3 {
            pinned_out.fill(f32::NAN);
            executable.run(&[&pinned_in], &mut [&mut pinned_out]).unwrap();
            assert_eq!(&*pinned_out, plain, "batch {batch} pinned");
        }
        let mut mixed = vec![f32::NAN; batch * 32];
        executable.run(&[&pinned_in], &mut [&mut mixed]).unwrap();
        assert_eq!(mixed, plain, "batch {batch} pinned to pageable");

        let halves: Vec<u16> = integers.iter().map(|&v| half(v)).collect();
        for (name, samples) in [("i16", Samples::I16(&integers)), ("f16", Samples::F16(&halves))] {
            let mut out = vec![f32::NAN; batch * 32];
            executable.run_samples(&[samples], &mut [&mut out]).unwrap();
            assert_eq!(out, plain, "batch {batch} {name}");
        }
        for timed in executable.timings() {
            let mut out = vec![f32::NAN; batch * 32];
            let ns = executable.time(timed, 3, &[&x], &mut [&mut out]).unwrap();
            assert!(ns > 0.0);
            assert_eq!(out, plain, "batch {batch} {timed}");
        }
        assert!(executable.timings().contains(&Timed::ResidentGraph));
    }
}

fn every_element_of_a_poisoned_buffer_is_written() {
    let device = device();
    let session = session(SessionOptions::default());
    let stream = device.stream().unwrap();
    for (batch, n, segments, k) in [
        (1, 64, 1, 33),
        (77, 64, 3, 5),
        (129, 128, 2, 64),
        (513, 256, 2, 16),
        (33, 512, 8, 1),
        (65, 1024, 5, 64),
        (9, 2048, 8, 16),
        (5, 4096, 2, 64),
        (2, 16_384, 3, 64),
    ] {
        let shape = WelchPeaksShape::new(batch, n, segments, k);
        let executable = fused(&session, &shape);
        let len = shape.frame_len().unwrap();
        let x = floats(&samples(batch * len));
        let width = 2 * k.min(shape.bins());
        // One more row than the batch: nothing is written after the end.
        let behind = 64;
        let input = device.upload(&x).unwrap();
        let whole = device.buffer::<f32>(batch * width + behind).unwrap();
        whole.fill(f32::NAN.to_bits()).unwrap();
        // SAFETY: the first part of `whole`, which lives longer.
        let part = unsafe { device.foreign_buffer(whole.address(), 4 * batch * width, whole.format()) };
        stream.run(&executable, &[&input], &[&part]).unwrap();
        stream.wait().unwrap();
        let mut out = vec![0.0f32; batch * width + behind];
        whole.download(&mut out).unwrap();
        let (written, rest) = out.split_at(batch * width);
        assert!(written.iter().all(|v| v.is_finite()), "{shape:?}");
        assert!(rest.iter().all(|v| v.is_nan()), "{shape:?}: something behind the end was written");
        assert_eq!(executable.run_to_vecs(&[&x]).unwrap()[0], written, "{shape:?}");

        whole.fill(f32::NAN.to_bits()).unwrap();
        let graph = stream.record(&executable, &[&input], &[&part]).unwrap();
        whole.fill(f32::NAN.to_bits()).unwrap();
        stream.launch(&graph).unwrap();
        stream.launch(&graph).unwrap();
        stream.wait().unwrap();
        let mut again = vec![0.0f32; written.len()];
        part.download(&mut again).unwrap();
        assert_eq!(again, written, "{shape:?} by graph");
    }
}

fn transforms_write_every_element_on_the_device() {
    let device = device();
    let (session, stream) = (session(SessionOptions::default()), device.stream().unwrap());
    for (n, batch, frames) in [(16, 77, 1), (256, 129, 2), (1024, 33, 1), (4096, 3, 3), (16_384, 3, 1)] {
        for (complex, back) in [(false, false), (true, false), (false, true), (true, true)] {
            for layout in [Layout::Interleaved, Layout::Block] {
                let mut graph = Graph::new();
                let input = graph.push(Op::Input { batch, len: frames * n, complex }, &[]).unwrap();
                let segment = Op::Segment { len: n, hop: n, pad: Padding::None, drop_last: 0 };
                let fft = Op::Fft { n_fft: n, sides: Sides::Auto, layout, keep: None };
                let inverse = back.then_some(Op::InverseFft { n_fft: n, real: !complex });
                let ops = [segment, fft].into_iter().chain(inverse).chain([Op::output("result")]);
                graph.chain(input, ops).unwrap();
                let executable = session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap();
                let what = format!("n {n} complex {complex} back {back} {layout:?}");
                let x = floats(&samples(executable.inputs()[0]));
                let (floats, behind) = (executable.outputs()[0].floats, 64);
                let input = device.upload(&x).unwrap();
                let whole = device.buffer::<f32>(floats + behind).unwrap();
                whole.fill(f32::NAN.to_bits()).unwrap();
                // SAFETY: the first part of `whole`, which lives longer.
                let part = unsafe { device.foreign_buffer(whole.address(), 4 * floats, whole.format()) };
                stream.run(&executable, &[&input], &[&part]).unwrap();
                stream.wait().unwrap();
                let mut out = vec![0.0f32; floats + behind];
                whole.download(&mut out).unwrap();
                let (written, rest) = out.split_at(floats);
                assert!(written.iter().all(|v| v.is_finite()), "{what}");
                assert!(rest.iter().all(|v| v.is_nan()), "{what}: something behind the end was written");
                assert_eq!(executable.run_to_vecs(&[&x]).unwrap()[0], written, "{what}");
                // SAFETY: as above; nothing is read there, because pairs do not begin there.
                let odd = unsafe { device.foreign_buffer(input.address() + 4, 4 * x.len(), input.format()) };
                let error = stream.run(&executable, &[&odd], &[&part]).unwrap_err().to_string();
                assert!(error.contains("multiple of 8 bytes"), "{error}");
            }
        }
    }
}

fn buffers_that_do_not_fit_are_refused() {
    let device = device();
    let session = session(SessionOptions::default());
    let executable = fused(&session, &WelchPeaksShape::new(4, 256, 2, 16));
    let stream = device.stream().unwrap();
    let (x, y) = (device.buffer::<f32>(4 * 384).unwrap(), device.buffer::<f32>(4 * 32).unwrap());
    assert!(matches!(stream.run(&executable, &[&y], &[&y]), Err(Error::Length { .. })));
    assert!(matches!(stream.run(&executable, &[&x], &[&x]), Err(Error::Length { .. })));
    assert!(matches!(stream.run(&executable, &[], &[&y]), Err(Error::Count { .. })));
    stream.run(&executable, &[&x], &[&y]).unwrap();
    stream.wait().unwrap();
    assert!(device.buffer::<f32>(usize::MAX / 8).is_err_and(|e| matches!(e, Error::DeviceMemory { .. })));
}

fn a_raised_flag_ends_a_run_and_the_next_one_works() {
    let flag = Arc::new(AtomicBool::new(true));
    let session = session(SessionOptions::default().cancel(flag.clone()));
    for batch in [8, 60_000] {
        let executable = fused(&session, &WelchPeaksShape::new(batch, 256, 2, 16));
        let x = floats(&samples(batch * 384));
        flag.store(true, Ordering::Relaxed);
        assert_eq!(executable.run_to_vecs(&[&x]).unwrap_err(), Error::Cancelled);
        flag.store(false, Ordering::Relaxed);
        assert!(executable.run_to_vecs(&[&x]).unwrap()[0].iter().all(|v| v.is_finite()));
    }
}

fn a_flag_that_is_raised_on_the_way_ends_the_run() {
    let flag = Arc::new(AtomicBool::new(false));
    let session = session(SessionOptions::default().cancel(flag.clone()));
    let batch = 300_000;
    let executable = fused(&session, &WelchPeaksShape::new(batch, 256, 2, 16));
    let x = floats(&samples(batch * 384));
    let whole = executable.run_to_vecs(&[&x]).unwrap();
    let mut cancelled = 0;
    for delay in [0, 200, 500, 1000, 2000, 4000, 8000] {
        let raised = flag.clone();
        let raise = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(delay));
            raised.store(true, Ordering::Relaxed);
        });
        let result = executable.run_to_vecs(&[&x]);
        raise.join().unwrap();
        match result {
            Ok(peaks) => assert_eq!(peaks, whole),
            Err(error) => {
                assert_eq!(error, Error::Cancelled);
                cancelled += 1;
            }
        }
        flag.store(false, Ordering::Relaxed);
        // Nothing is left of it on the way.
        assert_eq!(executable.run_to_vecs(&[&x]).unwrap(), whole, "after {delay} µs");
    }
    assert!(cancelled > 0, "300,000 rows were quicker than a thread starts");
}

fn two_processes_share_a_device() {
    let this = std::env::current_exe().unwrap();
    let other = "cuda::memory_and_sample_types_do_not_change_the_answer";
    let mut children: Vec<_> =
        (0..2).map(|_| std::process::Command::new(&this).args(["--exact", other]).spawn().unwrap()).collect();
    memory_and_sample_types_do_not_change_the_answer();
    children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
}

fn all_devices_together_give_what_one_gives() {
    let one = session(SessionOptions::default());
    let all = Session::open(&"cuda:all".parse::<Device>().unwrap()).unwrap();
    for batch in [3, 50_021] {
        let shape = WelchPeaksShape::new(batch, 256, 2, 16);
        let x = floats(&samples(batch * 384));
        let expected = fused(&one, &shape).run_to_vecs(&[&x]).unwrap();
        assert_eq!(fused(&all, &shape).run_to_vecs(&[&x]).unwrap(), expected, "batch {batch}");
    }
}

fn transforms_longer_than_a_block_are_right() {
    let session = session(SessionOptions::default());
    for (n, segments, k, average, detrend) in [
        (8192, 3, 64, Average::Mean, Detrend::Constant),
        (16_384, 2, 5, Average::Mean, Detrend::None),
        (32_768, 2, 16, Average::Max, Detrend::None),
        (131_072, 1, 1, Average::Min, Detrend::Constant),
    ] {
        let (batch, shape) = (2, WelchPeaksShape::new(2, n, segments, k));
        let spec = WelchPeaksSpec { average, detrend, ..shape.spec() };
        let len = shape.frame_len().unwrap();
        let mut graph = Graph::new();
        let input = graph.push(Op::Input { batch, len, complex: false }, &[]).unwrap();
        graph.chain(input, [Op::WelchPeaks(spec.clone()), Op::output("peaks")]).unwrap();
        let executable = session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap();
        let mut x = floats(&samples(batch * len));
        let peaks = executable.run_to_vecs(&[&x]).unwrap();
        for (row, peaks) in x.chunks_exact(len).zip(peaks[0].chunks_exact(2 * k)) {
            judge_row(&raw_power(row, &spec), 0.0, peaks, n, &format!("{spec:?}"));
        }
        x[len + 7] = f32::NAN;
        let error = executable.run_to_vecs(&[&x]).unwrap_err().to_string();
        assert!(error.contains("row 1"), "{error}");
    }
}

fn more_segments_than_the_kernel_has_are_no_fused_plan() {
    let session = session(SessionOptions::default());
    let shape = WelchPeaksShape::new(3, 256, 65, 16);
    let graph = welch_peaks(&shape).unwrap();
    let executable = session.compile_with(&graph, FusionPolicy::Always).unwrap();
    let x = floats(&samples(3 * shape.frame_len().unwrap()));
    let peaks = executable.run_to_vecs(&[&x]).unwrap();
    for (row, peaks) in x.chunks_exact(shape.frame_len().unwrap()).zip(peaks[0].chunks_exact(32)) {
        judge_row(&raw_power(row, &shape.spec()), 0.0, peaks, 256, "65 segments");
    }
    let mut fused = Graph::new();
    let len = shape.frame_len().unwrap();
    let input = fused.push(Op::Input { batch: 3, len, complex: false }, &[]).unwrap();
    fused.chain(input, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]).unwrap();
    let plan = Plan::new(fused, session.caps()).unwrap();
    assert!(plan.splits()[0].reason.contains("65 segments"), "{:?}", plan.splits());
}

fn spectra_powers_and_log_mel_are_those_of_the_host() {
    use rlx_compile::builders::{frames_of, log_mel, psd, spectrogram_db};
    use rlx_compile::params::{Layout, Rows};
    use rlx_dsp::mel::{LogMelParams, Preset};
    use rlx_dsp::welch::PsdParams;
    let cuda = session(SessionOptions::default());
    let cpu = Session::open(&Device::Cpu).unwrap();
    let shape = WelchPeaksShape::new(5, 256, 3, 9);
    let mel = |preset, batch, len| log_mel(&LogMelParams::preset(preset), Rows::new(batch, len)).unwrap();
    let decibels = spectrogram_db(&frames_of(&PsdParams::new(8e3, 512)), 1e-12, Rows::new(3, 4000));
    let graphs = [
        ("psd", psd(&PsdParams::new(48e3, 1024), Rows::new(7, 9000)).unwrap()),
        ("spectrogram", decibels.unwrap()),
        ("whisper", mel(Preset::Whisper, 3, 16_000)),
        ("librosa", mel(Preset::Librosa, 2, 22_050)),
        ("torchaudio", mel(Preset::Torchaudio, 2, 16_000)),
        ("kaldi", mel(Preset::Kaldi, 2, 16_000)),
        ("nemo", mel(Preset::Nemo, 2, 16_000)),
        (
            "interleaved",
            rlx_compile::builders::welch_peaks_with_spectrum(&shape, Layout::Interleaved).unwrap(),
        ),
        ("block", rlx_compile::builders::welch_peaks_with_spectrum(&shape, Layout::Block).unwrap()),
    ];
    for (name, graph) in graphs {
        for policy in [FusionPolicy::Auto, FusionPolicy::Never] {
            let ours = cuda.compile_with(&graph, policy).unwrap();
            let theirs = cpu.compile_with(&graph, policy).unwrap();
            let x = floats(&samples(ours.inputs()[0]));
            let (ours, theirs) = (ours.run_to_vecs(&[&x]).unwrap(), theirs.run_to_vecs(&[&x]).unwrap());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours.len(), theirs.len(), "{name}");
                let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
                    ours.iter().zip(theirs).map(|(a, b)| f(f64::from(*a), f64::from(*b))).sum()
                };
                let error = (sum(&|a, b| (a - b) * (a - b)) / sum(&|_, b| b * b)).sqrt();
                // Both are within c·ε·log2 N of the truth; logarithms of small energies, and what is divided by a small
                // deviation after them, are less exact.
                assert!(
                    error < if name == "nemo" { 2e-4 } else { 3e-5 },
                    "{name} {policy:?}: relative L2 {error:e}"
                );
            }
        }
    }
}

/// Mixes in place, bins in the order of places.
struct Network(Butterflies);

impl Network {
    /// Weights that keep what there is about as large as it was; of point 3 some stages make nothing.
    fn new(n: usize, general: bool) -> Self {
        let mut noise = Noise::new(n as u64);
        let mut random = || noise.uniform() as f32 / 2.0;
        let mut stage = |half: usize| {
            let of = |p: usize| {
                let from = [p as u32, (p + half) as u32];
                let (re, im) = (1.4 * random(), 1.4 * random());
                let twiddles = [[1.0, 0.0, re, im], [1.0, 0.0, -re, -im]];
                let weights =
                    if general { [(); 2].map(|()| [(); 4].map(|()| 1.5 * random())) } else { twiddles };
                Mix { from, to: [Some(from[0]), (p != 3).then_some(from[1])], weights }
            };
            (0..n).filter(|p| p & half == 0).map(of).collect()
        };
        let stages = (0..n.trailing_zeros()).map(|s| stage(1 << s)).collect();
        Self(Butterflies { n, stages, bins: (0..n as u32).map(Some).collect(), real: general && n == 128 })
    }
}

impl FrameTransform for Network {
    fn n(&self) -> usize {
        self.0.n
    }

    fn forward(&self, frame: &mut [Complex32]) {
        let points: Vec<[f32; 2]> = frame.iter().map(|z| [z.re, z.im]).collect();
        let bins = self.0.forward(&points);
        frame.iter_mut().zip(bins).for_each(|(z, [re, im])| *z = Complex32::new(re, im));
    }

    fn butterflies(&self, kept: &[bool]) -> Option<Butterflies> {
        assert_eq!(kept.len(), self.0.n);
        Some(self.0.clone())
    }
}

fn learned_transforms_run_on_the_device_and_answer_as_on_the_host() {
    use rlx_compile::builders::{LearnedCorrection, learned_welch_peaks};
    use rlx_compile::params::{Band, ButterflySpec, Layout, Mask, Sides};
    for (batch, n, segments, k, general, affine, band) in [
        (37, 64, 1, 33, true, None, None),
        (1, 256, 2, 16, false, None, None),
        (130, 256, 2, 16, true, Some((0.5, 2.0)), Some(40)),
        (21, 128, 2, 9, true, None, Some(3)),
        (9, 1024, 3, 64, true, None, Some(200)),
        (6, 32, 2, 5, false, Some((-1.0, 3.0)), None),
        (7, 512, 2, 9, false, Some((1.0, -2e4)), None),
        (3, 2048, 2, 20, false, None, None),
        (2, 4096, 5, 80, true, None, Some(999)),
    ] {
        let network = Arc::new(Network::new(n, general));
        let options = SessionOptions::default().transform("made up", network);
        let (cuda, cpu) = (session(options.clone()), Session::with_options(&Device::Cpu, options).unwrap());
        let shape = WelchPeaksShape::new(batch, n, segments, k);
        let spec = |layout| ButterflySpec { n, model: "made up".to_owned(), live: n, layout };
        let correction = LearnedCorrection { affine, bins: band.map(|end| (1..end).collect()), window: None };
        let peaks = learned_welch_peaks(&shape, spec(Layout::Block), correction).unwrap();
        // The same pipeline up to the value before the peaks, and up to the spectra.
        let before = |last: &dyn Fn(&Op) -> bool, layout| {
            let (mut graph, mut at) = (Graph::new(), None);
            for (_, node) in peaks.iter().take_while(|(_, node)| !matches!(node.op, Op::TopK { .. })) {
                let op = match &node.op {
                    Op::Butterfly(_) => Op::Butterfly(spec(layout)),
                    op => op.clone(),
                };
                at = Some(graph.push(op, &at.into_iter().collect::<Vec<_>>()).unwrap());
                if last(&node.op) {
                    break;
                }
            }
            graph.push(Op::output("values"), &[at.unwrap()]).unwrap();
            graph
        };
        let spectra = |op: &Op| matches!(op, Op::Butterfly(_));
        let powers = before(&|_| false, Layout::Block);
        let x = floats(&samples(batch * shape.frame_len().unwrap()));
        let run = |session: &Session, graph: &Graph| {
            let executable = session.compile_with(graph, FusionPolicy::Never).unwrap();
            let of_device = executable.timings().contains(&Timed::ResidentGraph);
            assert_eq!(of_device, session.device().id != "cpu", "{}", executable.plan().explain());
            executable.run_to_vecs(&[&x]).unwrap().remove(0)
        };
        let graphs = [powers, before(&spectra, Layout::Block), before(&spectra, Layout::Interleaved)];
        let mut power = Vec::new();
        let bound = 8.0 * f32::EPSILON * (n as f32).log2();
        for (which, graph) in graphs.iter().enumerate() {
            let (ours, theirs) = (run(&cuda, graph), run(&cpu, graph));
            let largest = theirs.iter().fold(0.0f32, |all, x| all.max(x.abs()));
            for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                assert!((a - b).abs() <= bound * largest, "{shape:?} graph {which}, value {i}: {a} {b}");
            }
            assert_eq!(ours.len(), theirs.len());
            if which == 0 {
                power = theirs;
            }
        }
        let (ours, theirs) = (run(&cuda, &peaks), run(&cpu, &peaks));
        let largest = power.iter().fold(0.0f32, |all, x| all.max(x.abs()));
        let width = 2 * k.min(shape.bins());
        assert_eq!((ours.len(), theirs.len()), (batch * width, batch * width));
        for (row, (ours, theirs)) in ours.chunks_exact(width).zip(theirs.chunks_exact(width)).enumerate() {
            let mut seen = std::collections::BTreeSet::new();
            for (i, (a, b)) in ours.chunks_exact(2).zip(theirs.chunks_exact(2)).enumerate() {
                let there = power[row * shape.bins() + a[0] as usize];
                let near = |x: f32| (a[1] - x).abs() <= bound * largest;
                assert!(near(b[1]) && near(there), "{shape:?}, row {row}, peak {i}: {a:?} {b:?} {there}");
                assert!(seen.insert(a[0] as usize), "{shape:?}, row {row}: bin {} twice", a[0]);
            }
        }
        let executable = cuda.compile_with(&peaks, FusionPolicy::Never).unwrap();
        let integers = samples(x.len());
        let mut out = vec![f32::NAN; ours.len()];
        executable.run_samples(&[Samples::I16(&integers)], &mut [&mut out]).unwrap();
        assert_eq!(out, ours, "{shape:?} from integers");
        let mut broken = x.clone();
        broken[x.len() - 2] = f32::NAN;
        let error = executable.run(&[&broken], &mut [&mut out]).unwrap_err().to_string();
        let (row, index) = (batch - 1, shape.frame_len().unwrap() - 2);
        assert_eq!(error, format!("sample {index} of row {row} is NaN"));
    }
    // A mask on its own, in both layouts.
    let (cuda, cpu) = (session(SessionOptions::default()), Session::open(&Device::Cpu).unwrap());
    for layout in [Layout::Block, Layout::Interleaved] {
        let mut graph = Graph::new();
        let input = graph.push(Op::Input { batch: 5, len: 768, complex: false }, &[]).unwrap();
        let ops = [
            Op::Segment { len: 256, hop: 256, pad: Default::default(), drop_last: 0 },
            Op::Fft { n_fft: 256, sides: Sides::One, layout, keep: None },
            Op::SpectralMask { mask: Mask::Bins((3..90).step_by(2).collect()) },
            Op::SpectralMask { mask: Mask::Band(Band { lo: 5, hi: 70 }) },
            Op::InverseFft { n_fft: 256, real: true },
            Op::output("samples"),
        ];
        graph.chain(input, ops).unwrap();
        let x = floats(&samples(5 * 768));
        let [ours, theirs] =
            [&cuda, &cpu].map(|s| s.compile(&graph).unwrap().run_to_vecs(&[&x]).unwrap().remove(0));
        for (a, b) in ours.iter().zip(&theirs) {
            assert!((a - b).abs() <= 1e-3, "{layout:?}: {a} {b}");
        }
    }
}
