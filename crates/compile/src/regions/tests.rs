use rlx_dsp::mel::{LogMelParams, MelNormalise, Preset};
use rlx_dsp::stft::Placement;
use rlx_dsp::welch::PsdParams;

use super::*;
use crate::builders::{frames_of, log_mel, psd, psd_peaks, spectrogram};
use crate::graph::Graph;
use crate::op::{Op, OpKind};
use crate::params::{Average, Detrend, Layout, Rows, Sides};

/// Returns the regions of the host, by name, and the largest of each.
fn on_the_host(graph: &Graph) -> Vec<Region> {
    let types = graph.infer().unwrap();
    let view = View::new(graph, &types);
    let input = |id: crate::NodeId| graph.nodes()[id.0].op.kind() == OpKind::Input;
    let found = cover(&view, |_| true, input, on_host);
    assert!(found.refused.is_empty() && found.left.is_empty());
    found.regions
}

fn names(graph: &Graph) -> Vec<&'static str> {
    on_the_host(graph).iter().map(|r| r.task.name()).collect()
}

#[test]
fn estimates_are_one_region_each_with_their_own_parameters() {
    let params = PsdParams::new(48e3, 256).n_fft(300).detrend(Detrend::Linear).average(Average::Median);
    for (rows, sides) in [(Rows::new(3, 2048), Sides::One), (Rows::complex(3, 2048), Sides::Two)] {
        let graph = psd(&params, rows).unwrap();
        let regions = on_the_host(&graph);
        let Task::Welch(welch) = &regions[0].task else { panic!("{regions:?}") };
        assert_eq!(welch.params(), Some(params.clone().sides(sides)));
        assert_eq!((regions.len(), regions[0].nodes.len()), (1, 7));
    }
    let graph = psd_peaks(&params, 5, Rows::new(3, 2048)).unwrap();
    assert_eq!(names(&graph), ["welch", "top_k"]);

    let frames = frames_of(&params.clone().average(Average::Mean));
    let regions = on_the_host(&spectrogram(&frames, Rows::new(3, 2048)).unwrap());
    let Task::Spectrogram(found) = &regions[0].task else { panic!("{regions:?}") };
    assert_eq!((found.params(), regions.len()), (Some(frames.clone()), 1));
    // The library has no complex spectrograms.
    let complex = spectrogram(&frames, Rows::complex(3, 2048)).unwrap();
    assert_eq!(names(&complex), ["transform", "power", "psd"]);
}

#[test]
fn log_mel_presets_are_one_region_each() {
    for preset in Preset::ALL {
        for f_max in [None, Some(4000.0)] {
            let params = LogMelParams::preset(preset).f_max(f_max);
            let graph = log_mel(&params, Rows::new(2, 16_000)).unwrap();
            let dead = crate::passes::DeadOutputs;
            let caps = crate::BackendCaps::shipped(crate::DeviceClass::Cpu);
            let model = crate::BackendCostModel::shipped(crate::DeviceClass::Cpu);
            let context = crate::PassContext::new(&caps, &model);
            let narrowed = crate::passes::Pass::run(&dead, &graph, &context).unwrap().graph;
            for graph in [graph, narrowed] {
                let regions = on_the_host(&graph);
                let Task::LogMel(mel) = &regions[0].task else { panic!("{preset}: {regions:?}") };
                let found = mel.params().unwrap();
                assert_eq!(regions.len(), 1, "{preset}");
                let layout = params.layout;
                let placement = Placement::Start;
                let same = found.clone().layout(layout);
                // A range of decibels is a clamp by another name.
                let same = match (params.normalise, found.normalise) {
                    (MelNormalise::None, MelNormalise::Clamp { range, shift: 0.0, divisor: 1.0 }) => {
                        let mut log = found.log;
                        if let rlx_dsp::mel::MelLog::Decibel { top_db, .. } = &mut log {
                            *top_db = Some(range);
                        }
                        same.clone().normalise(MelNormalise::None).log(log)
                    }
                    _ => same,
                };
                assert_eq!(same, params.clone().placement(placement), "{preset}");
            }
        }
    }
}

#[test]
fn a_value_that_somebody_else_takes_ends_a_region() {
    let mut graph = psd(&PsdParams::new(8e3, 64), Rows::new(2, 640)).unwrap();
    let power = graph.iter().find(|(_, n)| n.op.kind() == OpKind::Power).unwrap().0;
    graph.push(Op::output("powers"), &[power]).unwrap();
    assert_eq!(names(&graph), ["spectrogram", "average", "psd"]);
    let average = graph.iter().find(|(_, n)| n.op.kind() == OpKind::Average).unwrap().0;
    let mut graph = psd(&PsdParams::new(8e3, 64), Rows::new(2, 640)).unwrap();
    graph.chain(average, [Op::TopK { k: 3 }, Op::output("peaks")]).unwrap();
    assert_eq!(names(&graph), ["welch", "psd", "top_k"]);
    let types = graph.infer().unwrap();
    let fft = graph.iter().find(|(_, n)| n.op.kind() == OpKind::Fft).unwrap().0;
    let largest = candidates(&View::new(&graph, &types), fft).swap_remove(0);
    let Task::Welch(welch) = &largest.task else { panic!("{largest:?}") };
    assert_eq!((welch.peaks, largest.results.len()), (Some(3), 2));
}

#[test]
fn frames_that_are_no_result_are_part_of_each_region_that_loads_them() {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: 2, len: 64, complex: false }, &[]).unwrap();
    let seg = Op::Segment { len: 16, hop: 8, pad: Default::default(), drop_last: 0 };
    let frames = graph.push(seg, &[x]).unwrap();
    let fft = |n_fft| Op::Fft { n_fft, sides: Sides::Auto, layout: Layout::Block, keep: None };
    for (n_fft, name) in [(16, "a"), (32, "b")] {
        graph.chain(frames, [fft(n_fft), Op::Power { one_sided: true }, Op::output(name)]).unwrap();
    }
    let regions = on_the_host(&graph);
    assert_eq!(regions.iter().map(|r| r.task.name()).collect::<Vec<_>>(), ["spectrogram"; 2]);
    assert!(regions.iter().all(|r| r.nodes.contains(&frames) && r.source == x));
    graph.push(Op::output("frames"), &[frames]).unwrap();
    assert_eq!(names(&graph), ["frames", "spectrogram", "spectrogram"]);
}
