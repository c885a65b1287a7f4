//! Local peaks on every device, against the library's own search over the device's powers.

use rlx_compile::params::{Average, Layout, LocalPeaksSpec, Padding, Sides, SubBin, Symmetry, Window};
use rlx_compile::{Graph, Op, Plan};
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, subbin};
use rlx_runtime::{DeviceInfo, SessionOptions};
use rlx_testkit::{Noise, harness::open};

rlx_testkit::device_tests! { every: every_condition_and_estimator }

/// Tones in noise that is coarse enough for flat tops and equal powers.
fn samples(len: usize) -> Vec<f32> {
    let mut noise = Noise::new(3);
    (0..len)
        .map(|i| {
            let t = i as f32;
            let coarse = noise.below(8) as f32 / 50.0;
            (t * 0.31).sin() + 0.5 * (t * 1.1).sin() + 0.2 * (t * 2.3).cos() + coarse
        })
        .collect()
}

/// Average power, and its local peaks beside it.
fn graph(batch: usize, n: usize, averaged: bool, spec: &LocalPeaksSpec) -> Graph {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch, len: 3 * n, complex: false }, &[]).unwrap();
    let ops = [
        Op::Segment { len: n, hop: n / 2, pad: Padding::None, drop_last: 0 },
        Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
        Op::Fft { n_fft: n, sides: Sides::One, layout: Layout::Block, keep: None },
        Op::Power { one_sided: true },
    ];
    let mut power = graph.chain(x, ops).unwrap();
    if averaged {
        power = graph.push(Op::Average { average: Average::Mean }, &[power]).unwrap();
    }
    graph.push(Op::output("power"), &[power]).unwrap();
    graph.chain(power, [Op::LocalPeaks(*spec), Op::output("peaks")]).unwrap();
    graph
}

fn params(spec: &LocalPeaksSpec) -> LocalPeakParams {
    let at_least = |bound: Option<f64>| bound.map(|min| Bounds { min: Some(min), max: None });
    LocalPeakParams::default()
        .height(at_least(spec.height))
        .threshold(at_least(spec.threshold))
        .distance(spec.distance)
        .prominence(at_least(spec.prominence))
        .width(at_least(spec.width))
}

fn every_condition_and_estimator(device: &DeviceInfo) {
    let none = LocalPeaksSpec {
        max_peaks: 12,
        height: None,
        threshold: None,
        distance: None,
        prominence: None,
        width: None,
        sub_bin: SubBin::None,
    };
    let specs = [
        none,
        LocalPeaksSpec { prominence: Some(0.5), sub_bin: SubBin::Hann, ..none },
        LocalPeaksSpec { prominence: Some(0.05), sub_bin: SubBin::Parabolic, max_peaks: 3, ..none },
        LocalPeaksSpec { height: Some(1.0), distance: Some(4.5), ..none },
        LocalPeaksSpec { threshold: Some(0.01), width: Some(1.2), sub_bin: SubBin::Hann, ..none },
        LocalPeaksSpec { distance: Some(2.0), prominence: Some(1e-3), max_peaks: 200, ..none },
    ];
    let session = open(device, SessionOptions::default());
    for (spec, (n, averaged)) in specs.iter().flat_map(|spec| {
        [(64, true), (256, false), (1000, true), (4096, true), (32_768, true)].map(|c| (spec, c))
    }) {
        let batch = if n > 4096 { 2 } else { 7 };
        let plan = Plan::new(graph(batch, n, averaged, spec), session.caps()).unwrap();
        let out = session.compile_plan(plan).unwrap().run_to_vecs(&[&samples(3 * n * batch)]).unwrap();
        let rows = out[0].chunks_exact(n / 2 + 1).zip(out[1].chunks_exact(2 * spec.max_peaks));
        for (row, (power, peaks)) in rows.enumerate() {
            let what = format!("{} n {n} {spec:?} row {row}", session.device().id);
            let mut bins = find_peaks(power, &params(spec)).unwrap().positions;
            bins.sort_by(|&a, &b| power[b].total_cmp(&power[a]).then(a.cmp(&b)));
            bins.truncate(spec.max_peaks);
            for (slot, pair) in peaks.chunks_exact(2).enumerate() {
                let Some(&bin) = bins.get(slot) else {
                    assert_eq!(pair, [-1.0, 0.0], "{what}");
                    continue;
                };
                let refined = match spec.sub_bin {
                    SubBin::None => None,
                    SubBin::Parabolic => subbin::parabolic(power, bin),
                    SubBin::Hann => subbin::hann(power, bin),
                };
                let on_bin = subbin::SubBin { bin: bin as f64, power: power[bin].into() };
                let (want, exact) = (refined.unwrap_or(on_bin), refined.is_none());
                // A position within a bin is of the order of one, its place in f32 of the order of the bin.
                let epsilon = f64::from(f32::EPSILON);
                let (at, height) = (f64::from(pair[0]) - want.bin, f64::from(pair[1]) / want.power - 1.0);
                let near = if exact { 0.0 } else { epsilon * (8.0 + want.bin) };
                assert!(at.abs() <= near, "{what}: bin {} for {}", pair[0], want.bin);
                let near = if exact { 0.0 } else { 32.0 * epsilon };
                assert!(height.abs() <= near, "{what}: power {} for {}", pair[1], want.power);
            }
        }
    }
}
