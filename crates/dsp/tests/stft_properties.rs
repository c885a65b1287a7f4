//! Spectrograms against the plain twin, streaming against the whole signal.

mod mel_support;

use mel_support::lcg;
use proptest::prelude::*;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::lanes::supports;
use rlx_dsp::nan::{NanPolicy, fill_gaps};
use rlx_dsp::params::SegmentParams;
use rlx_dsp::reference::stft as twin;
use rlx_dsp::stft::{Padding, Placement, Spectrogram, SpectrogramParams, SpectrogramScaling, StftStream};
use rlx_dsp::window::Window;

fn params() -> impl Strategy<Value = SpectrogramParams> {
    let paddings = [Padding::None, Padding::Constant, Padding::Reflect, Padding::Mirror];
    let scalings = [
        SpectrogramScaling::Density,
        SpectrogramScaling::Spectrum,
        SpectrogramScaling::Raw,
        SpectrogramScaling::Power,
        SpectrogramScaling::Magnitude,
    ];
    let windows = [Window::Hann, Window::Rectangular, Window::Hamming, Window::Gaussian { std: 3.0 }];
    (
        (3..40_usize, 0..30_usize, 1..60_usize),
        prop::sample::select(paddings.to_vec()),
        prop::sample::select(vec![Placement::Start, Placement::Center]),
        prop::sample::select(scalings.to_vec()),
        prop::sample::select(windows.to_vec()),
        prop::sample::select(vec![Detrend::None, Detrend::Constant, Detrend::Linear]),
    )
        .prop_map(|((win_length, extra, hop), padding, placement, scaling, window, detrend)| {
            let segments = SegmentParams::new(win_length).window(window).n_fft(win_length + extra).hop(hop);
            SpectrogramParams::new(50.0, segments.detrend(detrend))
                .placement(placement)
                .padding(padding)
                .scaling(scaling)
        })
}

proptest! {
    #[test]
    fn the_whole_signal_equals_the_twin(p in params(), seed in 0..1000_u64, len in 0..300_usize) {
        let x = lcg(seed, len);
        let plan = Spectrogram::<f64>::new(p.clone()).expect("valid");
        match plan.run(&x) {
            Ok(out) => {
                let want = twin::spectrogram(&x, &p);
                prop_assert_eq!(out.n_frames, want.len());
                prop_assert_eq!(out.n_frames, plan.n_frames(len));
                let scale = want.iter().flatten().fold(0.0_f64, |a, v| a.max(*v));
                for (frame, want) in out.values.chunks_exact(out.n_bins).zip(&want) {
                    prop_assert_eq!(frame.len(), want.len());
                    for (g, w) in frame.iter().zip(want) {
                        // A magnitude near 0 is the root of a power that is exact to rounding.
                        let bound = if p.scaling == SpectrogramScaling::Magnitude { 1e-7 } else { 1e-12 };
                        prop_assert!((g - w).abs() <= bound * scale.max(1e-3), "{} {}", g, w);
                    }
                }
            }
            Err(_) => {
                let frame_len = if p.placement == Placement::Center { p.segments.n_fft } else { p.segments.segment_len };
                let unreflected = p.padding == Padding::Reflect && len <= frame_len / 2;
                prop_assert!(unreflected || twin::frame_starts(len, frame_len, p.segments.hop, p.padding).is_empty() || len == 0);
            }
        }
    }

    #[test]
    fn blocks_of_any_length_give_the_same_frames(
        mut p in params(),
        nan in prop::sample::select(vec![NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 3 }]),
        holes in prop::collection::vec(0..400_usize, 0..8),
        seed in 0..1000_u64,
        len in 0..400_usize,
        cuts in prop::collection::vec(1..90_usize, 1..20),
    ) {
        p.nan = nan;
        let mut x: Vec<f32> = lcg(seed, len).iter().map(|&v| v as f32).collect();
        for hole in holes.into_iter().filter(|&hole| hole < len) {
            x[hole] = f32::NAN;
        }
        let whole = Spectrogram::<f32>::new(p.clone()).expect("valid").run(&x);
        let mut stream = StftStream::<f32>::new(p.clone()).expect("valid");
        let mut frames: Vec<f32> = Vec::new();
        let mut count = 0;
        let mut rest = &x[..];
        for &cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (block, after) = rest.split_at(cut.min(rest.len()));
            stream.push(block, |i, row| {
                assert_eq!(i, count);
                count += 1;
                frames.extend_from_slice(row);
            }).expect("finite");
            rest = after;
        }
        let early = stream.frames();
        prop_assert_eq!(early, count);
        let finished = stream.finish(|_, row| frames.extend_from_slice(row));
        match whole {
            Ok(whole) => {
                prop_assert_eq!(finished, Ok(whole.n_frames));
                prop_assert_eq!(frames.len(), whole.values.len());
                // Where the lanes have a kernel, two frames of a whole signal share a transform, for which a stream
                // does not wait: amplitudes there may differ by their rounding. Elsewhere there is but one rounding.
                let amplitude = |v: f32| if p.scaling == SpectrogramScaling::Magnitude { v } else { v.sqrt() };
                let norm = |frame: &[f32]| frame.iter().map(|v| amplitude(*v).powi(2)).sum::<f32>().sqrt();
                let loudest = whole.values.chunks(whole.n_bins).map(norm).fold(0.0, f32::max);
                let rounding = 4.0 * f32::EPSILON * (p.segments.n_fft as f32).log2() * loudest;
                for (g, w) in frames.iter().zip(&whole.values) {
                    let close = (amplitude(*g) - amplitude(*w)).abs() <= rounding && supports(p.segments.n_fft);
                    // NaN equals nothing, but a missing frame must be missing in both.
                    prop_assert!(close || g.to_bits() == w.to_bits(), "{} {}", g, w);
                }
            }
            Err(error) => prop_assert_eq!(finished, Err(error)),
        }
    }
}

#[test]
fn rows_equal_single_signals() {
    let p = SpectrogramParams::torch(16_000.0, 64, 20);
    let plan = Spectrogram::<f32>::new(p).expect("valid");
    let x: Vec<f32> = lcg(5, 600).iter().map(|&v| v as f32).collect();
    let rows = plan.run_batch(&x, x.len() / 200).expect("valid");
    let rows: Vec<f32> = rows.into_iter().flat_map(|row| row.values).collect();
    let single: Vec<f32> = x.chunks(200).flat_map(|row| plan.run(row).expect("valid").values).collect();
    assert_eq!(rows, single);
}

#[test]
fn missing_samples_under_each_policy() {
    let mut x = lcg(8, 400);
    x[50] = f64::NAN;
    x[200..210].fill(f64::INFINITY);
    let mut p = SpectrogramParams::scipy(1.0, 20).hop(10);
    // Frame i sees samples 10i .. 10i + 20.
    let missing = |nan| {
        let out = Spectrogram::new(p.clone().nan(nan)).expect("valid").run(&x).expect("lenient");
        let frames = out.values.chunks(11).enumerate();
        let holes: Vec<usize> =
            frames.filter(|(_, f)| f.iter().all(|v| v.is_nan())).map(|(i, _)| i).collect();
        assert_eq!(out.values.iter().filter(|v| !v.is_finite()).count(), 11 * holes.len());
        (holes, out.filled.samples, out.filled.left)
    };
    assert_eq!(missing(NanPolicy::SkipSegment), (vec![4, 5, 19, 20], 0, 0));
    assert_eq!(missing(NanPolicy::Propagate), (vec![4, 5, 19, 20], 0, 0));
    assert_eq!(missing(NanPolicy::Interpolate { max_gap: 5 }), (vec![19, 20], 1, 10));
    assert_eq!(missing(NanPolicy::Interpolate { max_gap: 10 }), (vec![], 11, 0));

    p.nan = NanPolicy::Interpolate { max_gap: 10 };
    let mut stream = StftStream::new(p.clone()).expect("valid");
    stream.push(&x[..205], |_, _| ()).expect("lenient");
    stream.push(&x[205..], |_, _| ()).expect("lenient");
    assert_eq!((stream.filled().samples, stream.filled().gaps), (11, 2));
    let mut by_hand = x.clone();
    fill_gaps(&mut by_hand, 10);
    let plan = |x: &[f64]| Spectrogram::new(p.clone()).expect("valid").run(x).expect("lenient").values;
    assert_eq!(plan(&x), plan(&by_hand));
}
