//! Operations that a device does not support run on the host, with the same result: an op, a k, an n_fft, a buffer.

use rlx_compile::builders::{
    WelchPeaksShape, frames_of, log_mel, psd, spectrogram, welch_peaks, welch_peaks_with_spectrum,
};
use rlx_compile::params::{Layout, LocalPeaksSpec, Padding, Rows, Sides, SubBin, Symmetry, Window};
use rlx_compile::plan::{ExecKind, Place};
use rlx_compile::{BackendCaps, DeviceClass, Graph, Op, OpKind, Plan};
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::welch::PsdParams;
use rlx_runtime::{Device, Session, SessionOptions};
use rlx_testkit::fake::{Posing, WITH_A_BUS};

fn samples(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * 0.7).sin() + ((i * i % 8191) as f32 * 0.37).sin()).collect()
}

fn fused(shape: &WelchPeaksShape) -> Graph {
    let mut graph = Graph::new();
    let len = shape.frame_len().unwrap();
    let x = graph.push(Op::Input { batch: shape.batch, len, complex: false }, &[]).unwrap();
    graph.chain(x, [Op::WelchPeaks(shape.spec()), Op::output("peaks")]).unwrap();
    graph
}

/// Power spectra, their local peaks, and the power a second time.
fn local_peaks(n_fft: usize, max_peaks: usize) -> Graph {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: 3, len: 4 * n_fft, complex: false }, &[]).unwrap();
    let spec = LocalPeaksSpec {
        max_peaks,
        height: None,
        threshold: None,
        distance: Some(3.0),
        prominence: Some(1e-3),
        width: None,
        sub_bin: SubBin::Hann,
    };
    let power = graph
        .chain(
            x,
            [
                Op::Segment { len: n_fft, hop: n_fft, pad: Padding::None, drop_last: 0 },
                Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
                Op::Fft { n_fft, sides: Sides::One, layout: Layout::Block, keep: None },
                Op::Power { one_sided: true },
            ],
        )
        .unwrap();
    graph.push(Op::output("power"), &[power]).unwrap();
    graph.chain(power, [Op::LocalPeaks(spec), Op::output("peaks")]).unwrap();
    graph.push(Op::output("again"), &[power]).unwrap();
    graph
}

fn graphs() -> Vec<(&'static str, Graph)> {
    let shape = |n_fft, k| WelchPeaksShape::new(5, n_fft, 2, k);
    vec![
        ("ops", welch_peaks(&shape(256, 16)).unwrap()),
        ("interleaved", welch_peaks_with_spectrum(&shape(256, 16), Layout::Interleaved).unwrap()),
        ("block", welch_peaks_with_spectrum(&shape(256, 16), Layout::Block).unwrap()),
        ("fused", fused(&shape(256, 16))),
        ("fused, large k", fused(&shape(512, 100))),
        ("fused, odd n_fft", fused(&shape(250, 16))),
        ("fused, huge n_fft", fused(&shape(1 << 18, 4))),
        ("empty", welch_peaks(&shape(256, 16).with_batch(0)).unwrap()),
        ("empty, fused", fused(&shape(256, 16).with_batch(0))),
        ("local peaks", local_peaks(256, 9)),
        ("local peaks, odd n_fft", local_peaks(250, 9)),
        ("psd", psd(&PsdParams::new(8e3, 256), Rows::new(3, 2048)).unwrap()),
        ("complex psd", psd(&PsdParams::new(8e3, 256), Rows::complex(3, 2048)).unwrap()),
        ("spectrogram", spectrogram(&frames_of(&PsdParams::new(8e3, 256)), Rows::new(2, 2048)).unwrap()),
        ("whisper", log_mel(&LogMelParams::preset(Preset::Whisper), Rows::new(2, 16_000)).unwrap()),
    ]
}

/// Inputs, and what the processor makes of them without a device.
fn truth(graph: &Graph) -> (Vec<f32>, Vec<Vec<f32>>) {
    let session = Session::open(&Device::Cpu).unwrap();
    let executable = session.compile_plan(session.plan(graph.clone()).unwrap()).unwrap();
    let x = samples(executable.inputs()[0]);
    let out = executable.run_to_vecs(&[&x]).unwrap();
    (x, out)
}

/// The class as it ships, without one op each, and with buffers too small for anything.
fn narrowed(class: DeviceClass) -> Vec<BackendCaps> {
    let shipped = BackendCaps::shipped(class);
    let ops = [OpKind::WelchPeaks, OpKind::Fft, OpKind::Window, OpKind::Segment];
    let mut all: Vec<BackendCaps> = ops.iter().map(|op| shipped.clone().without_op(*op)).collect();
    let more = [OpKind::Power, OpKind::Average, OpKind::TopK].into_iter();
    all.push(more.fold(shipped.clone(), BackendCaps::with_op));
    all.push(BackendCaps { max_buffer_bytes: 64, ..shipped.clone() });
    all.push(shipped);
    all
}

/// The same values but for the rounding of another order of sums; of peaks their powers, for near ties may change places.
fn same(got: &[f32], want: &[f32], peaks: bool, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let step = if peaks { 2 } else { 1 };
    let of = |v: &[f32]| v.iter().skip(step - 1).step_by(step).map(|v| f64::from(*v)).collect::<Vec<f64>>();
    let (got, want) = (of(got), of(want));
    let norm: f64 = want.iter().map(|w| w * w).sum();
    let error: f64 = got.iter().zip(&want).map(|(g, w)| (g - w).powi(2)).sum();
    assert!(error.sqrt() <= rlx_testkit::tolerance(f64::from(f32::EPSILON), 1 << 18) * norm.sqrt(), "{what}");
}

#[test]
fn the_answer_does_not_depend_on_where_the_plan_is_cut() {
    for (name, graph) in graphs() {
        let (x, want) = truth(&graph);
        for class in WITH_A_BUS {
            for caps in narrowed(class) {
                let session = Posing::new(caps).session(SessionOptions::default());
                let plan = Plan::new(graph.clone(), session.caps()).unwrap();
                let explained = plan.explain();
                let executable =
                    session.compile_plan(plan).unwrap_or_else(|e| panic!("{name}: {e}\n{explained}"));
                let got = executable.run_to_vecs(&[&x]).unwrap();
                for ((info, got), want) in executable.outputs().iter().zip(&got).zip(&want) {
                    same(got, want, info.name == "peaks", &format!("{name}\n{explained}"));
                }
                // Passes choose another route; its peaks are the same bins.
                let compiled = session.compile(&graph).unwrap();
                let out = compiled.run_to_vecs(&[&x]).unwrap();
                let at = |o: &rlx_runtime::OutputInfo| o.name == "peaks";
                if let (Some(a), Some(b)) =
                    (executable.outputs().iter().position(at), compiled.outputs().iter().position(at))
                {
                    let first = |v: &[f32]| v.first().copied();
                    assert_eq!(first(&out[b]), first(&want[a]), "{name}\n{}", compiled.plan().explain());
                }
            }
        }
    }
}

#[test]
fn what_a_class_lacks_is_a_split_that_says_why() {
    for class in WITH_A_BUS {
        let caps = BackendCaps::shipped(class);
        let plan = |graph| Plan::new(graph, &caps).unwrap();
        let k = plan(fused(&WelchPeaksShape::new(5, 512, 2, 100)));
        assert_eq!((k.splits().len(), k.splits()[0].reason.as_str()), (1, "k 100 is above 64"));
        let n = plan(fused(&WelchPeaksShape::new(5, 250, 2, 16)));
        assert_eq!(n.splits()[0].reason, "n_fft 250 is not a power of two");
        assert_eq!((k.exec_kind(), n.exec_kind()), (ExecKind::Host, ExecKind::Host));
        let local = plan(local_peaks(256, 9));
        assert_eq!(local.exec_kind(), ExecKind::BlockFft);
        // A device with more ops is left where local peaks begin.
        let caps = caps.with_op(OpKind::Power);
        let local = Plan::new(local_peaks(256, 9), &caps).unwrap();
        assert_eq!(local.splits().len(), 1);
        assert_eq!(local.splits()[0].reason, format!("{class} has no local_peaks"));
        assert!(local.explain().contains("host block: local_peaks"), "{}", local.explain());
        assert_eq!(local.places().iter().filter(|p| **p == Place::Host).count(), 2, "peaks and their output");
    }
}

#[test]
fn what_a_device_refuses_after_all_is_the_hosts_and_the_plan_says_so() {
    let graph = psd(&PsdParams::new(8e3, 256), Rows::new(3, 2048)).unwrap();
    let (x, want) = truth(&graph);
    let caps =
        BackendCaps { ops: OpKind::ALL.into_iter().collect(), ..BackendCaps::shipped(DeviceClass::Cuda) };
    let session = Posing::new(caps).refusing("no kernel of this order").session(SessionOptions::default());
    let compiled = session.explain(&graph, Default::default()).unwrap();
    assert_eq!(compiled.plan.exec_kind(), ExecKind::Host);
    assert_eq!(compiled.plan.splits()[0].reason, "no kernel of this order");
    assert!(compiled.explain().contains("no kernel of this order"), "{}", compiled.explain());
    let executable = session.compile(&graph).unwrap();
    assert_eq!(executable.plan(), &compiled.plan);
    assert_eq!(executable.run_to_vecs(&[&x]).unwrap(), want);
}

#[test]
fn nan_is_refused_before_the_device_runs_and_buffers_are_reused() {
    let mut x = samples(5 * 384);
    let session = Posing::new(BackendCaps::shipped(DeviceClass::Cuda)).session(SessionOptions::default());
    let graph = welch_peaks(&WelchPeaksShape::new(5, 256, 2, 16)).unwrap();
    let executable = session.compile_plan(Plan::new(graph, session.caps()).unwrap()).unwrap();
    assert_eq!(executable.plan().exec_kind(), ExecKind::BlockFft);
    let mut out = vec![0.0; executable.outputs()[0].floats];
    executable.run(&[&x], &mut [&mut out]).unwrap();
    let first = out.clone();
    x[384 + 7] = f32::NAN;
    let error = executable.run(&[&x], &mut [&mut out]).unwrap_err().to_string();
    assert_eq!(error, "sample 7 of row 1 is NaN");
    x = samples(5 * 384);
    executable.run(&[&x], &mut [&mut out]).unwrap();
    assert_eq!(out, first);
    let lenient = SessionOptions::default().nan(NanPolicy::Propagate);
    let session = Posing::new(BackendCaps::shipped(DeviceClass::Cuda)).session(lenient);
    let executable = session.compile_plan(executable.plan().clone()).unwrap();
    x[7] = f32::NAN;
    let out = executable.run_to_vecs(&[&x]).unwrap().remove(0);
    assert!(out[1].is_nan() && out[32..] == first[32..]);
}
