use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::welch::PsdParams;

use super::*;
use crate::builders::*;
use crate::caps::{BackendCaps, DeviceClass};
use crate::graph::Graph;
use crate::op::{Op, OpKind};
use crate::params::{Layout, Rows};

fn cuda() -> BackendCaps {
    BackendCaps::shipped(DeviceClass::Cuda)
}

fn shape() -> WelchPeaksShape {
    WelchPeaksShape::new(8, 256, 2, 16)
}

fn kinds(plan: &Plan) -> Vec<StepKind> {
    plan.steps().iter().map(|s| s.kind).collect()
}

#[test]
fn interleaved_costs_a_launch_and_the_whole_read_back() {
    let inter =
        graph_io(&welch_peaks_with_spectrum(&shape(), Layout::Interleaved).unwrap(), &cuda()).unwrap();
    let block = graph_io(&welch_peaks_with_spectrum(&shape(), Layout::Block).unwrap(), &cuda()).unwrap();
    let spectrum = 8 * 2 * 256 * 8;
    assert_eq!((inter.launches, block.launches), (2, 1));
    assert_eq!((inter.sync_points, block.sync_points), (1, 1));
    assert_eq!((inter.host_output_bytes, block.host_output_bytes), (spectrum, spectrum));
    assert_eq!((inter.host_readback_bytes, block.host_readback_bytes), (spectrum, 8 * 2 * 129 * 8));
    assert_eq!(block.device_bytes, 8 * 384 * 4 + spectrum);
    assert_eq!(inter.device_bytes, 8 * 384 * 4 + 3 * spectrum);
    assert_eq!(inter.upload_bytes, 8 * 384 * 4);
}

#[test]
fn a_lacking_op_makes_a_host_block() {
    let plan = Plan::new(welch_peaks(&shape()).unwrap(), &cuda()).unwrap();
    assert_eq!(plan.exec_kind(), ExecKind::BlockFft);
    assert_eq!(kinds(&plan), [StepKind::Upload, StepKind::Kernel, StepKind::ReadBack, StepKind::Host]);
    assert_eq!(plan.splits().len(), 1);
    assert_eq!(plan.splits()[0].op, OpKind::Power);
    let text = plan.explain();
    assert!(text.contains("host block: power %4, average %5, top_k %6"), "{text}");
    assert!(text.contains("from %4 (power) on the host: cuda has no power"), "{text}");
    assert!(text.contains("kernel: segment %1, window %2, fft %3"), "{text}");
}

#[test]
fn a_lacking_n_fft_uploads_nothing() {
    let plan = Plan::new(welch_peaks(&WelchPeaksShape::new(8, 100_000, 2, 16)).unwrap(), &cuda()).unwrap();
    assert_eq!((plan.exec_kind(), plan.io().upload_bytes, plan.io().launches), (ExecKind::Host, 0, 0));
    assert!(plan.explain().contains("n_fft 100000 is outside 16..=4096"), "{}", plan.explain());
}

#[test]
fn the_cpu_runs_every_op() {
    let caps = BackendCaps::shipped(DeviceClass::Cpu);
    for graph in [
        welch_peaks(&shape()).unwrap(),
        psd(&PsdParams::new(8e3, 200), Rows::new(2, 1000)).unwrap(),
        log_mel(&LogMelParams::preset(Preset::Whisper), Rows::new(1, 16_000)).unwrap(),
    ] {
        assert_eq!(Plan::new(graph, &caps).unwrap().exec_kind(), ExecKind::Ops);
    }
}

#[test]
fn a_frame_output_is_a_kernel_of_its_own() {
    let mut g = Graph::new();
    let x = g.push(Op::Input { batch: 2, len: 64, complex: false }, &[]).unwrap();
    let seg = Op::Segment { len: 16, hop: 8, pad: Default::default(), drop_last: 0 };
    let frames = g.push(seg, &[x]).unwrap();
    g.push(Op::output("frames"), &[frames]).unwrap();
    let fft = Op::Fft { n_fft: 16, sides: Default::default(), layout: Layout::Block, keep: None };
    g.chain(frames, [fft, Op::Power { one_sided: true }, Op::output("power")]).unwrap();
    let io = graph_io(&g, &BackendCaps::shipped(DeviceClass::Cpu)).unwrap();
    assert_eq!((io.launches, io.sync_points), (3, 2));
}

#[test]
fn plans_survive_serde_and_corrupt_ones_do_not() {
    let plan = Plan::new(welch_peaks(&shape()).unwrap(), &cuda()).unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    let back: Plan = serde_json::from_str(&json).unwrap();
    assert_eq!((&back, back.key()), (&plan, plan.key()));
    for (from, to) in [
        ("\"schema\":2", "\"schema\":1"),
        ("\"launches\":1", "\"launches\":7"),
        ("[[1,2,3]]", "[[1,2]]"),
        ("[[1,2,3]]", "[[1,2,3],[4]]"),
        ("\"k\":16", "\"k\":0"),
        ("\"node\":4", "\"node\":400"),
    ] {
        assert!(json.contains(from), "{from} in {json}");
        assert!(serde_json::from_str::<Plan>(&json.replacen(from, to, 1)).is_err(), "{to}");
    }
}

#[test]
fn keys_tell_graphs_classes_and_places_apart() {
    let key = |shape: &WelchPeaksShape, caps: &BackendCaps| {
        Plan::new(welch_peaks(shape).unwrap(), caps).unwrap().key()
    };
    let base = key(&shape(), &cuda());
    assert_eq!(base, key(&shape(), &cuda()));
    assert_ne!(base, key(&shape().with_batch(9), &cuda()));
    assert_ne!(base, key(&shape(), &BackendCaps::shipped(DeviceClass::Wgpu)));
    assert_ne!(base, key(&shape(), &cuda().with_op(OpKind::Power)));
}

#[test]
fn zero_batch_moves_nothing_and_no_output_is_an_error() {
    let plan = Plan::new(welch_peaks(&shape().with_batch(0)).unwrap(), &cuda()).unwrap();
    assert_eq!((plan.io().upload_bytes, plan.io().host_readback_bytes), (0, 0));
    assert!(Plan::new(Graph::new(), &cuda()).is_err());
}
