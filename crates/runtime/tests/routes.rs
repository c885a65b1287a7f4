//! The same peaks by every route, each compared with the f64 reference implementation.

use proptest::prelude::*;
use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::params::{Layout, WelchPeaksSpec};
use rlx_compile::passes::FusionPolicy;
use rlx_compile::plan::ExecKind;
use rlx_compile::{Graph, Op, Plan, builders};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::reference::peak::raw_power;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::peaks::WelchParams;
use rlx_dsp::welch::{PsdParams, Welch};
use rlx_runtime::{Device, Error, Executable, RowPieces, Session, SessionOptions};

fn noise(len: usize, seed: u64) -> Vec<f32> {
    let noise = rlx_testkit::noise(seed, len).into_iter().enumerate();
    noise.map(|(i, x)| x + 2.0 * (i as f32 * 0.7).sin()).collect()
}

fn fused(shape: &WelchPeaksShape, spec: WelchPeaksSpec) -> Graph {
    let mut graph = Graph::new();
    let input = Op::Input { batch: shape.batch, len: shape.frame_len().unwrap(), complex: false };
    let x = graph.push(input, &[]).unwrap();
    graph.chain(x, [Op::WelchPeaks(spec), Op::output(builders::PEAKS)]).unwrap();
    graph
}

/// Every route: fused op, block FFT in both layouts + host top-K, all ops one by one.
fn routes(session: &Session, shape: &WelchPeaksShape) -> Vec<(&'static str, Executable)> {
    let plain = welch_peaks(shape).unwrap();
    let interleaved = builders::welch_peaks_with_spectrum(shape, Layout::Interleaved).unwrap();
    let block_caps = session.caps().clone().block_fft_only();
    let block = |g: &Graph| session.compile_plan(Plan::new(g.clone(), &block_caps).unwrap()).unwrap();
    vec![
        (
            "fused",
            session.compile_plan(Plan::new(fused(shape, shape.spec()), session.caps()).unwrap()).unwrap(),
        ),
        ("compiled", session.compile(&plain).unwrap()),
        ("ops", session.compile_with(&plain, FusionPolicy::Never).unwrap()),
        ("block", block(&plain)),
        ("interleaved", block(&interleaved)),
    ]
}

/// Fails unless the packed peaks are right for these rows.
fn judge(shape: &WelchPeaksShape, samples: &[f32], peaks: &[f32], route: &str) {
    let (bins, len) = (shape.bins(), shape.frame_len().unwrap());
    let k = shape.k.min(bins);
    let welch = WelchParams::new(shape.n_fft, shape.segments).hop(shape.hop);
    let delta = f64::from(f32::EPSILON) * ((shape.n_fft as f64).log2() / 8.0).max(1.0);
    for (row, peaks) in samples.chunks_exact(len).zip(peaks.chunks_exact(2 * k)) {
        let power = raw_power(row, &welch);
        let total: f64 = power.iter().sum();
        let mut order: Vec<usize> = (0..bins).collect();
        order.sort_by(|&a, &b| power[b].total_cmp(&power[a]).then(a.cmp(&b)));
        for (rank, pair) in peaks.chunks_exact(2).enumerate() {
            let (bin, best) = (pair[0] as usize, power[order[rank]]);
            let allowed = 2.0 * delta * (best * total).sqrt() + delta * delta * total;
            assert!((power[bin] - best).abs() <= allowed, "{route} {shape:?} rank {rank}: bin {bin}");
            assert!(
                (f64::from(pair[1]) - power[bin]).abs() <= 2.0 * allowed,
                "{route} {shape:?} rank {rank}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_route_finds_the_peaks(
        batch in 0usize..40,
        log_n in 4u32..10,
        segments in 1usize..6,
        k in 1usize..80,
        threads in 1usize..3,
        seed in any::<u64>(),
    ) {
        let shape = WelchPeaksShape::new(batch, 1 << log_n, segments, k);
        let session = Session::with_options(&Device::Cpu, SessionOptions::default().threads(threads)).unwrap();
        let samples = noise(batch * shape.frame_len().unwrap(), seed);
        for (route, executable) in routes(&session, &shape) {
            let at = executable.outputs().iter().position(|o| o.name == builders::PEAKS).unwrap();
            let out = executable.run_to_vecs(&[&samples]).unwrap();
            prop_assert_eq!(out[at].len(), batch * k.min(shape.bins()) * 2);
            judge(&shape, &samples, &out[at], route);
        }
    }
}

#[test]
fn routes_are_what_they_say() {
    let session = Session::open(&Device::Cpu).unwrap();
    let shape = WelchPeaksShape::new(64, 256, 2, 16);
    let kinds: Vec<_> = routes(&session, &shape).iter().map(|(n, e)| (*n, e.plan().exec_kind())).collect();
    assert_eq!(
        kinds,
        [
            ("fused", ExecKind::FusedOp),
            ("compiled", ExecKind::FusedOp),
            ("ops", ExecKind::Ops),
            ("block", ExecKind::BlockFft),
            ("interleaved", ExecKind::BlockFft),
        ]
    );
}

#[test]
fn an_equal_plan_is_compiled_once() {
    let session = Session::open(&Device::Cpu).unwrap();
    let graph = welch_peaks(&WelchPeaksShape::new(8, 256, 2, 4)).unwrap();
    let first = session.compile(&graph).unwrap();
    let again = session.compile(&graph).unwrap();
    assert!(first.same_program(&again) && session.cached() == 1 && first.key() == again.plan().key());
    let other = session.compile(&welch_peaks(&WelchPeaksShape::new(9, 256, 2, 4)).unwrap()).unwrap();
    assert!(!first.same_program(&other) && session.cached() == 2);
    session.clear_cache();
    assert!(!first.same_program(&session.compile(&graph).unwrap()));
}

#[test]
fn wrong_buffers_are_named() {
    let session = Session::open(&Device::Cpu).unwrap();
    let executable = session.compile(&welch_peaks(&WelchPeaksShape::new(2, 256, 2, 4)).unwrap()).unwrap();
    let (x, mut out) = (vec![0.0; 768], vec![0.0; 16]);
    let message = |e: Error| e.to_string();
    assert_eq!(
        message(executable.run(&[&x[1..]], &mut [&mut out]).unwrap_err()),
        "input 0: expected 768 values, got 767"
    );
    assert_eq!(
        message(executable.run(&[&x], &mut [&mut out[2..]]).unwrap_err()),
        "output peaks: expected 16 values, got 14"
    );
    assert_eq!(
        message(executable.run(&[], &mut [&mut out]).unwrap_err()),
        "inputs: expected 1 buffers, got 0"
    );
    assert_eq!(message(executable.run(&[&x], &mut []).unwrap_err()), "outputs: expected 1 buffers, got 0");
}

#[test]
fn pieces_of_longer_rows_are_the_input_by_every_route() {
    let (batch, row_len) = (9, 300);
    let samples = noise(batch * row_len, 13);
    let session = Session::open(&Device::Cpu).unwrap();
    for (pieces, hop) in [
        (RowPieces::one(row_len, 0, 96), 32),
        (RowPieces::one(row_len, 41, 200), 136),
        (RowPieces { row_len, first: 58, step: 118, len: 64, count: 2 }, 64),
    ] {
        let shape = WelchPeaksShape { hop, ..WelchPeaksShape::new(batch, 64, 2, 3) };
        let part = |row: &[f32]| -> Vec<f32> {
            let starts = (0..pieces.count).map(|p| pieces.first + p * pieces.step);
            starts.flat_map(|at| row[at..at + pieces.len].to_vec()).collect()
        };
        let gathered: Vec<f32> = samples.chunks_exact(row_len).flat_map(part).collect();
        for (route, executable) in routes(&session, &shape) {
            let want = executable.run_to_vecs(&[&gathered]).unwrap();
            let mut got: Vec<Vec<f32>> = want.iter().map(|out| vec![0.0; out.len()]).collect();
            let mut outputs: Vec<&mut [f32]> = got.iter_mut().map(Vec::as_mut_slice).collect();
            executable.run_pieces(&samples, &pieces, &mut outputs).unwrap();
            assert_eq!(got, want, "{route} {pieces}");
            let last = pieces.first + (pieces.count - 1) * pieces.step + pieces.len - 1;
            let mut bad = samples.clone();
            bad[8 * row_len + last] = f32::NAN;
            let mut outputs: Vec<&mut [f32]> = got.iter_mut().map(Vec::as_mut_slice).collect();
            let error = executable.run_pieces(&bad, &pieces, &mut outputs).unwrap_err().to_string();
            assert_eq!(error, format!("sample {last} of row 8 is NaN"), "{route}");
        }
    }
}

#[test]
fn nan_is_refused_or_reaches_its_row_alone_by_every_route() {
    let shape = WelchPeaksShape::new(5, 64, 2, 3);
    let mut samples = noise(5 * 96, 7);
    samples[2 * 96 + 10] = f32::NAN;
    let strict = Session::open(&Device::Cpu).unwrap();
    for (route, executable) in routes(&strict, &shape) {
        let error = executable.run_to_vecs(&[&samples]).unwrap_err().to_string();
        assert_eq!(error, "sample 10 of row 2 is NaN", "{route}");
    }
    let options = SessionOptions::default().nan(rlx_dsp::nan::NanPolicy::Propagate);
    let lenient = Session::with_options(&Device::Cpu, options).unwrap();
    for (route, executable) in routes(&lenient, &shape) {
        let out = executable.run_to_vecs(&[&samples]).unwrap().pop().unwrap();
        for (row, peaks) in out.chunks_exact(6).enumerate() {
            assert_eq!(peaks[1].is_nan(), row == 2, "{route}");
        }
    }
}

#[test]
fn gaps_are_left_out_or_bridged_by_every_route_as_in_the_library() {
    let shape = WelchPeaksShape::new(4, 64, 6, 5);
    let len = shape.frame_len().unwrap();
    let mut samples = noise(4 * len, 11);
    // A short gap, a long one, and a row that is missing altogether.
    samples[70..73].fill(f32::NAN);
    samples[len + 40..len + 90].fill(f32::INFINITY);
    samples[2 * len..3 * len].fill(f32::NAN);
    for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 5 }] {
        let params = PsdParams::new(1.0, shape.n_fft)
            .hop(shape.hop)
            .detrend(Detrend::None)
            .scaling(Scaling::Raw)
            .nan(nan);
        let library = Welch::<f32>::new(params).unwrap();
        let session = Session::with_options(&Device::Cpu, SessionOptions::default().nan(nan)).unwrap();
        for (route, executable) in routes(&session, &shape) {
            let at = executable.outputs().iter().position(|o| o.name == builders::PEAKS).unwrap();
            let peaks = executable.run_to_vecs(&[&samples]).unwrap().swap_remove(at);
            for (row, peaks) in peaks.chunks_exact(2 * shape.k).enumerate() {
                let Ok(power) = library.run(&samples[row * len..][..len]) else {
                    assert!(row == 2 && peaks.iter().skip(1).step_by(2).all(|p| p.is_nan()), "{route} {row}");
                    continue;
                };
                let power = power.values;
                let total: f32 = power.iter().sum();
                for pair in peaks.chunks_exact(2) {
                    let (bin, close) = (pair[0] as usize, 64.0 * f32::EPSILON * (pair[1] * total).sqrt());
                    assert!((power[bin] - pair[1]).abs() <= close, "{route} {nan} row {row} bin {bin}");
                }
            }
        }
    }
}

#[test]
fn an_absent_device_lists_what_there_is() {
    let error = Session::open(&"dx12".parse().unwrap()).unwrap_err();
    assert!(
        matches!(error, Error::AbsentDevice { .. }) && error.to_string().contains("this machine has cpu")
    );
}
