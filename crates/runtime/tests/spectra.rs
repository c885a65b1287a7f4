//! Transforms, spectrograms and PSDs on every device, against f64: relative L2 error ≤ c·ε·log2 N.

mod common;

use common::twin::raw_power;
use num_complex::Complex;
use rlx_compile::builders::{WelchPeaksShape, frames_of, psd, spectrogram, spectrogram_db};
use rlx_compile::params::{
    Average, Band, Detrend, Layout, Padding, Rows, Scaling, Sides, Symmetry, WelchPeaksSpec, Window,
};
use rlx_compile::{Graph, Op};
use rlx_dsp::fft::{ComplexFft, ForwardFft};
use rlx_dsp::welch::PsdParams;
use rlx_runtime::{DeviceInfo, Session, SessionOptions};
use rlx_testkit::harness::open;
use rlx_testkit::{assert_close, tone_in_noise};

rlx_testkit::device_tests! { every: transforms_of_every_length_the_kernels_have, densities_and_spectrograms }

fn noise(len: usize) -> Vec<f32> {
    tone_in_noise(11, len)
}

fn check(session: &Session, graph: &Graph, samples: &[f32], want: &[f64], n: usize, what: &str) {
    let got = session.compile(graph).unwrap().run_to_vecs(&[samples]).unwrap().remove(0);
    assert_close(&got, want, n, &format!("{} {what}", session.device().id));
}

/// A case of the transform.
#[derive(Debug, Clone, Copy)]
struct Case {
    n: usize,
    len: usize,
    complex: bool,
    sides: Sides,
    layout: Layout,
    pad: Padding,
    keep: Option<Band>,
}

/// Bins of every frame in f64, laid out as the case says.
fn transform(case: &Case, row_len: usize, hop: usize, samples: &[f32]) -> Vec<f64> {
    let Case { n, len, .. } = *case;
    let width = if case.complex { 2 } else { 1 };
    let window = Window::Hann.coefficients(len, Symmetry::Periodic).unwrap();
    let mut fft = ComplexFft::<f64>::new(n).unwrap();
    let mut bins = Vec::new();
    for row in samples.chunks_exact(row_len * width) {
        let at = |i: i64| -> Complex<f64> {
            let last = row_len as i64 - 1;
            let i = match case.pad {
                Padding::Reflect if i < 0 => -i,
                Padding::Reflect if i > last => 2 * last - i,
                _ => i,
            };
            match usize::try_from(i) {
                Ok(i) if i < row_len && case.complex => {
                    Complex::new(f64::from(row[2 * i]), f64::from(row[2 * i + 1]))
                }
                Ok(i) if i < row_len => Complex::new(f64::from(row[i]), 0.0),
                _ => Complex::default(),
            }
        };
        let side = if case.pad == Padding::None { 0 } else { len / 2 };
        for segment in 0..(row_len + 2 * side - len) / hop + 1 {
            let mut frame = vec![Complex::default(); n];
            for (i, w) in window.iter().enumerate() {
                frame[i] = at((segment * hop + i) as i64 - side as i64) * w;
            }
            let mut out = vec![Complex::default(); n];
            fft.forward(&mut frame, &mut out).unwrap();
            let one =
                matches!(case.sides, Sides::One) || (matches!(case.sides, Sides::Auto) && !case.complex);
            out.truncate(if one { n / 2 + 1 } else { n });
            for (k, z) in out.iter_mut().enumerate() {
                if case.keep.is_some_and(|b| k < b.lo || k >= b.hi) {
                    *z = Complex::default();
                }
            }
            bins.extend(out);
        }
    }
    match case.layout {
        Layout::Interleaved => bins.iter().flat_map(|z| [z.re, z.im]).collect(),
        Layout::Block => bins.iter().map(|z| z.re).chain(bins.iter().map(|z| z.im)).collect(),
    }
}

fn transforms_of_every_length_the_kernels_have(device: &DeviceInfo) {
    let base = Case {
        n: 256,
        len: 256,
        complex: false,
        sides: Sides::One,
        layout: Layout::Block,
        pad: Padding::None,
        keep: None,
    };
    let mut cases: Vec<Case> = (4..=13)
        .map(|log| 1 << log)
        .chain([400, 1 << 16, 1 << 17])
        .map(|n| Case { n, len: n, ..base })
        .collect();
    cases.extend([
        Case { complex: true, sides: Sides::Two, layout: Layout::Interleaved, ..base },
        Case { sides: Sides::Two, layout: Layout::Interleaved, len: 200, pad: Padding::Reflect, ..base },
        Case { keep: Some(Band { lo: 3, hi: 77 }), pad: Padding::Constant, n: 512, ..base },
        Case { complex: true, sides: Sides::Two, n: 8192, len: 8000, ..base },
        Case { n: 360, len: 360, ..base },
        Case { n: 551, len: 551, layout: Layout::Interleaved, ..base },
        Case { n: 1000, len: 900, pad: Padding::Reflect, keep: Some(Band { lo: 3, hi: 77 }), ..base },
        Case { complex: true, sides: Sides::Two, n: 1155, len: 1001, ..base },
        Case { sides: Sides::Two, n: 375, len: 375, ..base },
    ]);
    let session = &open(device, SessionOptions::default());
    for case in cases {
        let (batch, hop) = (3, case.len / 2 + 1);
        let row_len = case.len + 2 * hop + 5;
        let width = if case.complex { 2 } else { 1 };
        let samples = noise(batch * row_len * width);
        let mut graph = Graph::new();
        let x = graph.push(Op::Input { batch, len: row_len, complex: case.complex }, &[]).unwrap();
        let ops = [
            Op::Segment { len: case.len, hop, pad: case.pad, drop_last: 0 },
            Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
            Op::Fft { n_fft: case.n, sides: case.sides, layout: case.layout, keep: case.keep },
            Op::output("spectrum"),
        ];
        graph.chain(x, ops).unwrap();
        let want = transform(&case, row_len, hop, &samples);

        check(session, &graph, &samples, &want, case.n, &format!("{case:?}"));
    }
}

fn densities_and_spectrograms(device: &DeviceInfo) {
    let session = &open(device, SessionOptions::default());
    for (len, n, average, detrend) in [
        (256, 256, Average::Mean, Detrend::Constant),
        (400, 400, Average::Mean, Detrend::None),
        (300, 512, Average::Max, Detrend::Constant),
        (4096, 4096, Average::Min, Detrend::None),
        (64, 64, Average::Mean, Detrend::None),
    ] {
        let (batch, row_len) = (3, 5 * len + 3);
        let samples = noise(batch * row_len);
        let spec = PsdParams::new(48e3, len).n_fft(n).average(average).detrend(detrend);
        let rows = Rows::new(batch, row_len);
        let weights = spec.segments.window.coefficients(len, spec.segments.symmetry).unwrap();
        let factor = Scaling::Density.factor(&weights, 48e3);
        let welch = WelchPeaksSpec {
            segment_len: len,
            hop: spec.segments.hop,
            average,
            detrend,
            ..WelchPeaksShape::new(batch, n, 2, 1).spec()
        };
        let scaled = |row: &[f32]| raw_power(row, &welch).into_iter().map(|p| p * factor).collect::<Vec<_>>();
        let density: Vec<f64> = samples.chunks_exact(row_len).flat_map(scaled).collect();
        let frames: Vec<f64> = samples
            .chunks_exact(row_len)
            .flat_map(|row| row.windows(len).step_by(spec.segments.hop).flat_map(scaled).collect::<Vec<_>>())
            .collect();
        let decibels: Vec<f64> = frames.iter().map(|p| 10.0 * p.max(1e-12).log10()).collect();
        let frame = frames_of(&spec);
        let what = format!("{len} in {n}, {average}, {detrend}");
        check(session, &psd(&spec, rows).unwrap(), &samples, &density, n, &what);
        check(session, &spectrogram(&frame, rows).unwrap(), &samples, &frames, n, &what);
        check(session, &spectrogram_db(&frame, 1e-12, rows).unwrap(), &samples, &decibels, n, &what);
    }
}
