//! Random graphs, and an interpreter that says what a graph means.

// Each test binary uses its own part of this module.
#![allow(dead_code, reason = "shared by several test binaries")]

pub(crate) mod interpreter;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rlx_compile::params::*;
use rlx_compile::{Graph, NodeId, Op};

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0usize..40, 1 => prop::sample::select(vec![64, 1 << 20, usize::MAX / 8, usize::MAX])]
}

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![-1e6..1e6, Just(0.0), Just(1e-10), Just(16_000.0), Just(f64::MAX), Just(f64::MIN_POSITIVE)]
}

fn band() -> impl Strategy<Value = Band> {
    (size(), size()).prop_map(|(lo, hi)| Band { lo, hi })
}

fn average() -> impl Strategy<Value = Average> {
    prop::sample::select(vec![Average::Mean, Average::Median, Average::Max, Average::Min])
}

fn detrend() -> impl Strategy<Value = Detrend> {
    prop::sample::select(vec![Detrend::None, Detrend::Constant, Detrend::Linear])
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::Hann),
        Just(Window::Rectangular),
        real().prop_map(|beta| Window::Kaiser { beta: beta.abs() }),
        (0.0..1.0).prop_map(|alpha| Window::Tukey { alpha }),
    ]
}

fn layout() -> impl Strategy<Value = Layout> {
    prop::sample::select(vec![Layout::Interleaved, Layout::Block])
}

fn role() -> impl Strategy<Value = OutputRole> {
    prop::sample::select(vec![OutputRole::Result, OutputRole::Intermediate])
}

/// Any op with any parameters, sensible or not.
pub(crate) fn any_op() -> impl Strategy<Value = Op> {
    let symmetry = prop::sample::select(vec![Symmetry::Periodic, Symmetry::Symmetric]);
    let sides = prop::sample::select(vec![Sides::Auto, Sides::One, Sides::Two]);
    let pad = prop::sample::select(vec![Padding::None, Padding::Constant, Padding::Reflect, Padding::Mirror]);
    let base = prop::sample::select(vec![LogBase::Ln, LogBase::Log10, LogBase::Db]);
    let scale = prop::sample::select(vec![MelScale::Slaney, MelScale::Htk, MelScale::Kaldi]);
    let scaling = prop::sample::select(vec![Scaling::Density, Scaling::Spectrum, Scaling::Raw]);
    let scope = prop::sample::select(vec![MaxOver::Item, MaxOver::Batch]);
    let mask = prop_oneof![band().prop_map(Mask::Band), vec(size(), 0..5).prop_map(Mask::Bins)];
    prop_oneof![
        (size(), size(), any::<bool>()).prop_map(|(batch, len, complex)| Op::Input { batch, len, complex }),
        (size(), size(), pad, 0usize..3).prop_map(|(len, hop, pad, drop_last)| Op::Segment {
            len,
            hop,
            pad,
            drop_last
        }),
        detrend().prop_map(|kind| Op::Detrend { kind }),
        (window(), symmetry.clone()).prop_map(|(window, symmetry)| Op::Window { window, symmetry }),
        (size(), sides, layout(), option::of(band())).prop_map(|(n_fft, sides, layout, keep)| Op::Fft {
            n_fft,
            sides,
            layout,
            keep
        }),
        (size(), any::<bool>()).prop_map(|(n_fft, real)| Op::InverseFft { n_fft, real }),
        (size(), "[a-z]{0,4}", size(), layout())
            .prop_map(|(n, model, live, layout)| Op::Butterfly(ButterflySpec { n, model, live, layout })),
        any::<bool>().prop_map(|one_sided| Op::Power { one_sided }),
        average().prop_map(|average| Op::Average { average }),
        (real(), scaling).prop_map(|(sample_rate, scaling)| Op::Psd { sample_rate, scaling }),
        size().prop_map(|k| Op::TopK { k }),
        (size(), option::of(real()), option::of(real())).prop_map(|(max_peaks, height, distance)| {
            let (threshold, prominence, width, sub_bin) = (height, distance, None, SubBin::None);
            let spec = LocalPeaksSpec { max_peaks, height, threshold, distance, prominence, width, sub_bin };
            Op::LocalPeaks(spec)
        }),
        (size(), size(), size(), size(), window(), symmetry, detrend(), average(), option::of(band()))
            .prop_map(|(segment_len, hop, n_fft, k, window, symmetry, detrend, average, keep)| {
                Op::WelchPeaks(WelchPeaksSpec {
                    segment_len,
                    hop,
                    n_fft,
                    k,
                    window,
                    symmetry,
                    detrend,
                    average,
                    keep,
                })
            }),
        (real(), size(), size(), real(), option::of(real()), scale).prop_map(
            |(sample_rate, n_fft, n_mels, f_min, f_max, scale)| {
                let (norm, domain) = (MelNorm::Slaney, TriangleDomain::Mel);
                Op::MelFilterbank(
                    MelFilterbankParams::new(sample_rate, n_fft, n_mels)
                        .f_min(f_min)
                        .f_max(f_max)
                        .scale(scale)
                        .norm(norm)
                        .domain(domain),
                )
            }
        ),
        (base, real(), real()).prop_map(|(base, floor, add)| Op::Log { base, floor, add }),
        (real(), real(), real(), scope).prop_map(|(below_max, offset, scale, scope)| Op::ClampNormalise {
            below_max,
            offset,
            scale,
            scope
        }),
        mask.prop_map(|mask| Op::SpectralMask { mask }),
        (real(), real()).prop_map(|(scale, offset)| Op::Affine { scale, offset }),
    ]
}

/// A graph whose structure is right and whose types may be wrong.
pub(crate) fn any_graph() -> impl Strategy<Value = Graph> {
    let node = (any_op(), any::<prop::sample::Index>(), option::of(("[ -~é\"]{0,6}", role())));
    vec(node, 1..12).prop_map(|nodes| {
        let mut graph = Graph::new();
        let first = Op::Input { batch: 2, len: 32, complex: false };
        let mut values = vec![graph.push(first, &[]).expect("the first node")];
        for (op, pick, output) in nodes {
            let from = values[pick.index(values.len())];
            let inputs: &[NodeId] = if op.kind().arity() == 0 { &[] } else { &[from] };
            let id = graph.push(op, inputs).expect("the structure is right");
            values.push(id);
            if let Some((name, role)) = output {
                // A name that is taken is refused, which is fine.
                let _ = graph.push(Op::Output { name, role }, &[id]);
            }
        }
        graph
    })
}

/// A graph that type-checks: framing, a transform, powers, masks anywhere, peaks or levels, and outputs.
pub(crate) fn sound_graph() -> impl Strategy<Value = Graph> {
    let framing = (1usize..24, 1usize..24, 0usize..9, detrend(), option::of(Just(Window::Hann)));
    let transform = (any::<bool>(), layout(), option::of((0usize..6, 1usize..20)));
    let masks = vec(option::of((any::<bool>(), 0usize..8, 1usize..9)), 4);
    let tail = (average(), 0u8..5, 1usize..20, any::<bool>(), 0usize..3);
    (framing, transform, masks, tail).prop_map(|(framing, transform, masks, tail)| {
        build(framing, transform, &masks, tail).expect("the structure is right")
    })
}

type Framing = (usize, usize, usize, Detrend, Option<Window>);
type Transform = (bool, Layout, Option<(usize, usize)>);
type Tail = (Average, u8, usize, bool, usize);

fn build(
    (len, hop, padding, detrend, window): Framing,
    (two, layout, keep): Transform,
    masks: &[Option<(bool, usize, usize)>],
    (average, end, k, spectrum, batch): Tail,
) -> rlx_compile::Result<Graph> {
    let n_fft = len + padding;
    let bins = n_fft / 2 + 1;
    let mut graph = Graph::new();
    let mut at = graph.push(Op::Input { batch, len: 50, complex: false }, &[])?;
    let mut ops = vec![Op::Segment { len, hop, pad: Padding::None, drop_last: 0 }];
    if detrend != Detrend::None {
        ops.push(Op::Detrend { kind: detrend });
    }
    if let Some(window) = window {
        ops.push(Op::Window { window, symmetry: Symmetry::Periodic });
    }
    let width = if two { n_fft } else { bins };
    let keep = keep.map(|(lo, w)| fit(lo, w, width));
    let sides = if two { Sides::Two } else { Sides::Auto };
    ops.push(Op::Fft { n_fft, sides, layout, keep });
    at = graph.chain(at, ops)?;
    if spectrum {
        let role = if k % 2 == 0 { OutputRole::Result } else { OutputRole::Intermediate };
        graph.push(Op::Output { name: "spectrum".to_owned(), role }, &[at])?;
    }
    let mut masks = masks.iter();
    let mut mask = |bins: usize| {
        masks.next().copied().flatten().map(|(list, lo, w)| {
            let band = fit(lo, w, bins);
            let listed = || Mask::Bins((band.lo..band.hi).step_by(2).collect());
            Op::SpectralMask { mask: if list { listed() } else { Mask::Band(band) } }
        })
    };
    at = graph.chain(at, mask(width))?;
    at = graph.chain(at, [Op::Power { one_sided: true }].into_iter().chain(mask(bins)))?;
    at = graph.chain(at, [Op::Average { average }].into_iter().chain(mask(bins)))?;
    let scaled = Op::Psd { sample_rate: 8e3, scaling: Scaling::Density };
    let mel = MelFilterbankParams::new(8e3, n_fft, k)
        .f_min(500.0)
        .f_max(3000.0)
        .scale(MelScale::Htk)
        .norm(MelNorm::None)
        .domain(TriangleDomain::Hertz);
    let log = Op::Log { base: LogBase::Db, floor: 1e-9, add: 0.0 };
    match end {
        0 | 1 => graph.chain(at, [Op::TopK { k }, Op::output("peaks")])?,
        2 => graph.chain(at, [scaled, Op::output("psd")])?,
        3 => graph.chain(at, [Op::MelFilterbank(mel), log, Op::output("mel")])?,
        _ => {
            graph.chain(at, [Op::TopK { k }, Op::output("peaks")])?;
            graph.chain(at, mask(bins).into_iter().chain([scaled, log, Op::output("level")]))?
        }
    };
    Ok(graph)
}

/// A band of about this place and width that lies within so many bins.
fn fit(lo: usize, width: usize, bins: usize) -> Band {
    let lo = lo.min(bins - 1);
    Band { lo, hi: (lo + width).min(bins) }
}
