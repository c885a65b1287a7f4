//! Transforms as ops of their own on every device, forward and back, against f64: relative L2 error ≤ c·ε·log2 N.

use num_complex::Complex;
use rlx_compile::params::{Layout, Padding, Sides};
use rlx_compile::{Graph, Op, Plan};
use rlx_dsp::fft::{ComplexFft, ForwardFft};
use rlx_runtime::{DeviceInfo, Session, SessionOptions};
use rlx_testkit::harness::open;
use rlx_testkit::{assert_close, tone_in_noise};

rlx_testkit::device_tests! { every: rows_that_are_frames, bins_of_the_caller_back_to_samples, there_and_back_in_either_layout, what_is_not_finite_is_named_by_its_place }

const LAYOUTS: [Layout; 2] = [Layout::Interleaved, Layout::Block];

fn noise(len: usize) -> Vec<f32> {
    tone_in_noise(5, len)
}

/// Without passes, which would choose layouts of their own.
fn run(session: &Session, graph: &Graph, samples: &[f32]) -> Vec<f32> {
    let plan = Plan::new(graph.clone(), session.caps()).unwrap();
    session.compile_plan(plan).unwrap().run_to_vecs(&[samples]).unwrap().remove(0)
}

fn graph(batch: usize, len: usize, complex: bool, ops: impl IntoIterator<Item = Op>) -> Graph {
    let mut graph = Graph::new();
    let input = graph.push(Op::Input { batch, len, complex }, &[]).unwrap();
    graph.chain(input, ops.into_iter().chain([Op::output("result")])).unwrap();
    graph
}

fn forward(n: usize, sides: Sides, layout: Layout) -> [Op; 2] {
    let frames = Op::Segment { len: n, hop: n, pad: Padding::None, drop_last: 0 };
    [frames, Op::Fft { n_fft: n, sides, layout, keep: None }]
}

/// `Σ x·exp(∓2πi·nk/N)` of every `n` values.
fn transforms(values: &[Complex<f64>], n: usize, inverse: bool) -> Vec<Complex<f64>> {
    let mut fft = ComplexFft::<f64>::new(n).unwrap();
    let turn = |z: Complex<f64>| if inverse { z.conj() } else { z };
    let rows = values.chunks_exact(n).flat_map(|row| {
        let mut row: Vec<_> = row.iter().map(|z| turn(*z)).collect();
        let mut out = vec![Complex::default(); n];
        fft.forward(&mut row, &mut out).unwrap();
        out
    });
    rows.map(turn).collect()
}

fn laid_out(bins: &[Complex<f64>], layout: Layout) -> Vec<f64> {
    match layout {
        Layout::Interleaved => bins.iter().flat_map(|z| [z.re, z.im]).collect(),
        Layout::Block => bins.iter().map(|z| z.re).chain(bins.iter().map(|z| z.im)).collect(),
    }
}

fn pairs(values: &[f32]) -> Vec<Complex<f64>> {
    values.chunks_exact(2).map(|p| Complex::new(p[0].into(), p[1].into())).collect()
}

/// Lengths of every kind of kernel, one that only the host has, and rows of each: few of the long ones. `RLX_TEST_FULL=1`
/// has all powers of two.
fn lengths() -> impl Iterator<Item = (usize, usize, usize)> {
    let some = [16, 256, 1024, 4096, 8192, 16_384, 131_072, 360];
    let full = std::env::var_os("RLX_TEST_FULL").is_some();
    let more = (4..=17).map(|log| 1usize << log).filter(move |n| full && !some.contains(n));
    some.into_iter().chain(more).map(|n| if n > 4096 { (n, 2, 1) } else { (n, 5, 3) })
}

fn rows_that_are_frames(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (index, (n, batch, frames)) in lengths().enumerate() {
        for (turn, sides, complex) in [(0, Sides::One, false), (1, Sides::Two, false), (2, Sides::Two, true)]
        {
            let layout = LAYOUTS[(index + turn) % 2];
            let samples = noise(batch * frames * n * if complex { 2 } else { 1 });
            let values = match complex {
                true => pairs(&samples),
                false => samples.iter().map(|&v| Complex::new(v.into(), 0.0)).collect(),
            };
            let bins = if sides == Sides::One { n / 2 + 1 } else { n };
            let all = transforms(&values, n, false);
            let kept: Vec<_> = all.chunks_exact(n).flat_map(|row| row[..bins].to_vec()).collect();
            let graph = graph(batch, frames * n, complex, forward(n, sides, layout));
            let what = format!("{} n {n} {sides:?} {layout:?} complex {complex}", session.device().id);
            assert_close(&run(&session, &graph, &samples), &laid_out(&kept, layout), n, &what);
        }
    }
}

fn bins_of_the_caller_back_to_samples(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (n, batch, segments) in lengths() {
        let id = &session.device().id;
        let samples = noise(2 * batch * segments * n);
        let scaled = |z: Complex<f64>| z / n as f64;
        let want: Vec<_> = transforms(&pairs(&samples), n, true).into_iter().map(scaled).collect();
        let back = graph(batch, segments * n, true, [Op::InverseFft { n_fft: n, real: false }]);
        let want = laid_out(&want, Layout::Interleaved);
        assert_close(&run(&session, &back, &samples), &want, n, &format!("{id} complex {n}"));

        // One-sided bins, whose mirrors are their conjugates.
        let bins = n / 2 + 1;
        let one_sided = noise(2 * batch * segments * bins);
        let given = pairs(&one_sided);
        let whole = given.chunks_exact(bins).flat_map(|row| {
            let real = |k: usize| k == 0 || 2 * k == n;
            let bin = |k: usize| if real(k) { Complex::new(row[k].re, 0.0) } else { row[k] };
            (0..n).map(|k| if k < bins { bin(k) } else { bin(n - k).conj() }).collect::<Vec<_>>()
        });
        let whole: Vec<_> = whole.collect();
        let want: Vec<f64> = transforms(&whole, n, true).into_iter().map(|z| scaled(z).re).collect();
        let back = graph(batch, segments * bins, true, [Op::InverseFft { n_fft: n, real: true }]);
        assert_close(&run(&session, &back, &one_sided), &want, n, &format!("{id} real {n}"));
    }
}

fn there_and_back_in_either_layout(device: &DeviceInfo) {
    let session = open(device, SessionOptions::default());
    for (n, batch, frames) in lengths() {
        for (layout, complex) in [(0, false), (1, false), (0, true), (1, true)] {
            let layout = LAYOUTS[layout];
            let samples = noise(batch * frames * n * if complex { 2 } else { 1 });
            let [segment, fft] = forward(n, Sides::Auto, layout);
            let ops = [segment, fft, Op::InverseFft { n_fft: n, real: !complex }];
            let want: Vec<f64> = samples.iter().map(|&v| v.into()).collect();
            let what = format!("{} n {n} {layout:?} complex {complex}", session.device().id);
            assert_close(&run(&session, &graph(batch, frames * n, complex, ops), &samples), &want, n, &what);
        }
    }
}

fn what_is_not_finite_is_named_by_its_place(device: &DeviceInfo) {
    let overlapping = |n| Op::Segment { len: n, hop: n / 2, pad: Padding::None, drop_last: 0 };
    let session = open(device, SessionOptions::default());
    for (complex, n, whole) in
        [(false, 256, true), (true, 256, true), (true, 64, false), (false, 16_384, false), (true, 8192, true)]
    {
        let (batch, len) = (3, if whole { n } else { 2 * n });
        let mut samples = noise(batch * len * if complex { 2 } else { 1 });
        let place = samples.len() / batch;
        samples[place + 37] = f32::NAN;
        let [segment, fft] = forward(n, Sides::Auto, Layout::Block);
        let first = if whole { segment } else { overlapping(n) };
        let graph = graph(batch, len, complex, [first, fft]);
        let plan = Plan::new(graph, session.caps()).unwrap();
        let error = session.compile_plan(plan).unwrap().run_to_vecs(&[&samples]).unwrap_err();
        let at = rlx_dsp::Error::NonFinite { row: 1, index: 37, value: f64::NAN };
        assert_eq!(error.to_string(), at.to_string(), "{} {complex} {n}", session.device().id);
    }
    // Finite bins whose samples are not are no error.
    let bins = vec![3e38; 2 * 33 * 2];
    let back = graph(2, 33, true, [Op::InverseFft { n_fft: 64, real: true }]);
    assert!(run(&session, &back, &bins).iter().any(|v| !v.is_finite()));
}
