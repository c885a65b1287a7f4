//! Properties for any signal, window, length and division into blocks.

mod common;

use common::{noise, relative_l2};
use proptest::prelude::*;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Complex, ForwardFft, RealFft};
use rlx_dsp::nan::{Interpolator, NanPolicy, fill_gaps};
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::{Csd, CsdAccumulator, Psd, PsdParams, Welch, WelchAccumulator, welch_with};
use rlx_dsp::window::{Symmetry, Window, coherent_gain, enbw};

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::Rectangular),
        Just(Window::Hann),
        Just(Window::Hamming),
        Just(Window::Blackman),
        Just(Window::BlackmanHarris),
        Just(Window::FlatTop),
        Just(Window::Povey),
        (0.0..80.0).prop_map(|beta| Window::Kaiser { beta }),
        (0.0..=1.0).prop_map(|alpha| Window::Tukey { alpha }),
        (0.3..100.0).prop_map(|std| Window::Gaussian { std }),
    ]
}

fn params() -> impl Strategy<Value = PsdParams> {
    let detrend = prop_oneof![Just(Detrend::None), Just(Detrend::Constant), Just(Detrend::Linear)];
    let scaling = prop_oneof![Just(Scaling::Density), Just(Scaling::Spectrum), Just(Scaling::Raw)];
    (2_usize..40, 1_usize..60, 0_usize..12, windows(), detrend, scaling).prop_map(
        |(segment_len, hop, padding, window, detrend, scaling)| {
            let n_fft = segment_len + padding;
            PsdParams::new(10.0, segment_len)
                .hop(hop)
                .n_fft(n_fft)
                .window(window)
                .detrend(detrend)
                .scaling(scaling)
        },
    )
}

fn averages() -> impl Strategy<Value = Average> {
    prop_oneof![Just(Average::Mean), Just(Average::Median), Just(Average::Max), Just(Average::Min)]
}

/// Pushes `x` in blocks of these lengths, over and over.
fn pushed(params: PsdParams, x: &[f64], blocks: &[usize]) -> WelchAccumulator<f64> {
    let mut accumulator = WelchAccumulator::with_stored_segments(params, 10_000).unwrap();
    let mut rest = x;
    for block in blocks.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*block).min(rest.len()));
        accumulator.push(now).unwrap();
        rest = later;
    }
    accumulator
}

/// Segments that are transformed together are rounded in another order.
fn same_to_rounding(a: &rlx_dsp::Result<Psd<f64>>, b: &rlx_dsp::Result<Psd<f64>>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            let close = relative_l2(a.values.iter().copied(), &b.values) < 1e-12;
            a.freqs == b.freqs && a.coverage == b.coverage && close
        }
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocks_of_any_length_are_one_pass(
        params in params(), average in averages(), len in 1_usize..400, seed in 1_u64..1000,
        blocks in prop::collection::vec(1_usize..90, 1..8),
    ) {
        let params = params.clone().average(average);
        let x = noise(seed, len);
        let streamed = pushed(params.clone(), &x, &blocks).finish();
        let whole = welch_with(&x, &params);
        prop_assert_eq!(whole.is_ok(), len >= params.segments.segment_len);
        prop_assert!(same_to_rounding(&streamed, &whole), "{:?} {:?}", streamed, whole);
    }

    #[test]
    fn missing_samples_in_blocks_are_those_of_one_pass(
        params in params(), len in 40_usize..400, seed in 1_u64..1000, max_gap in 0_usize..6,
        blocks in prop::collection::vec(1_usize..90, 1..8),
        missing in prop::collection::vec((0_usize..400, 1_usize..6), 0..8),
    ) {
        let mut x = noise(seed, len);
        for (start, n) in missing {
            x.iter_mut().skip(start).take(n).for_each(|v| *v = f64::NAN);
        }
        for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap }] {
            let params = params.clone().nan(nan);
            let streamed = pushed(params.clone(), &x, &blocks).finish();
            let whole = welch_with(&x, &params);
            prop_assert!(same_to_rounding(&streamed, &whole), "{:?} {:?}", streamed, whole);
        }
    }

    #[test]
    fn merged_stretches_are_one_pass(
        params in params(), average in averages(), len in 1_usize..400, parts in 1_usize..6, seed in 1_u64..1000,
    ) {
        let params = params.clone().average(average);
        let x = noise(seed, len);
        let mut merged = WelchAccumulator::with_stored_segments(params.clone(), 10_000).unwrap();
        for stretch in params.segments.stretches(len, parts) {
            merged.merge(pushed(params.clone(), &x[stretch], &[29])).unwrap();
        }
        match welch_with(&x, &params) {
            Ok(whole) => {
                let merged = merged.finish().unwrap();
                prop_assert!(relative_l2(merged.values, &whole.values) < 1e-14);
                prop_assert_eq!(merged.coverage, whole.coverage);
            }
            Err(_) => prop_assert!(merged.finish().is_err()),
        }
    }

    #[test]
    fn merging_is_concatenation_with_gaps(
        params in params(), average in averages(), seed in 1_u64..1000, max_gap in 0_usize..4,
        lengths in prop::array::uniform4(0_usize..120),
        missing in prop::collection::vec(0_usize..300, 0..20),
    ) {
        let params = params.clone().average(average).nan(NanPolicy::Interpolate { max_gap });
        let mut x = noise(seed, lengths.iter().sum());
        for i in missing {
            x.iter_mut().skip(i).take(1).for_each(|v| *v = f64::NAN);
        }
        let (a, rest) = x.split_at(lengths[0]);
        let (b, rest) = rest.split_at(lengths[1]);
        let (c, d) = rest.split_at(lengths[2]);
        let mut one = pushed(params.clone(), a, &[13]);
        one.push_gap().unwrap();
        one.push(b).unwrap();
        one.push_gap().unwrap();
        one.push(c).unwrap();
        one.push(d).unwrap();
        // A into which comes B, into which came C; the merged accumulator goes on inside C's stretch.
        let mut later = pushed(params.clone(), b, &[7]);
        later.merge(pushed(params.clone(), c, &[31])).unwrap();
        let mut merged = pushed(params, a, &[29]);
        merged.merge(later).unwrap();
        merged.push(d).unwrap();
        prop_assert_eq!(merged.samples(), x.len() as u64);
        prop_assert_eq!(merged.coverage(), one.coverage());
        match one.finish() {
            Ok(one) => {
                let merged = merged.finish().unwrap();
                prop_assert!(relative_l2(merged.values, &one.values) < 1e-14);
                prop_assert_eq!(merged.coverage, one.coverage);
            }
            Err(error) => prop_assert_eq!(merged.finish().unwrap_err(), error),
        }
    }

    #[test]
    fn cross_blocks_are_one_pass(
        params in params(), len in 40_usize..300, seed in 1_u64..1000, cut in 0_usize..300, max_gap in 0_usize..4,
        missing in prop::collection::vec(0_usize..300, 0..5),
    ) {
        let params = params.clone().nan(NanPolicy::Interpolate { max_gap });
        let (mut x, y) = (noise(seed, len), noise(seed + 5000, len));
        missing.iter().filter(|i| **i < len).for_each(|i| x[*i] = f64::INFINITY);
        let cut = cut.min(len);
        let mut accumulator = CsdAccumulator::new(params.clone()).unwrap();
        accumulator.push(&x[..cut], &y[..cut]).unwrap();
        for i in cut..len {
            accumulator.push(&x[i..=i], &y[i..=i]).unwrap();
        }
        match Csd::new(params).unwrap().run(&x, &y) {
            Ok(whole) => {
                let got = accumulator.finish().unwrap();
                for (got, whole) in
                    [(got.re, whole.re), (got.im, whole.im), (got.pxx, whole.pxx), (got.pyy, whole.pyy)]
                {
                    prop_assert!(relative_l2(got, &whole) < 1e-12);
                }
                prop_assert_eq!(got.coverage, whole.coverage);
            }
            Err(error) => prop_assert_eq!(accumulator.finish().unwrap_err(), error),
        }
    }

    #[test]
    fn power_is_conserved(n in 2_usize..300, seed in 1_u64..1000) {
        let x = noise(seed, n);
        let mut fft = RealFft::new(n).unwrap();
        let mut bins = vec![Complex::default(); fft.n_bins()];
        fft.forward(&mut x.clone(), &mut bins).unwrap();
        let doubled = |k: usize| if k == 0 || 2 * k == n { 1.0 } else { 2.0 };
        let spectral: f64 = bins.iter().enumerate().map(|(k, b)| doubled(k) * b.norm_sqr()).sum();
        let energy: f64 = x.iter().map(|v| v * v).sum();
        prop_assert!((spectral / n as f64 / energy - 1.0).abs() < 1e-13);

        // The density's integral is the mean square under the window.
        for window in [Window::Hann, Window::Rectangular] {
            let base = PsdParams::periodogram(7.5, n);
            let psd = welch_with(&x, &base.clone().window(window.clone()).detrend(Detrend::None)).unwrap().values;
            let w = window.coefficients(n, Symmetry::Periodic).unwrap();
            let weighted: f64 = x.iter().zip(&w).map(|(x, w)| (x * w).powi(2)).sum();
            let mean_square = weighted / w.iter().map(|w| w * w).sum::<f64>();
            let integral = psd.iter().sum::<f64>() * 7.5 / n as f64;
            prop_assert!((integral / mean_square - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn scalings_and_sides_are_of_one_spectrum(params in params(), average in averages(), seed in 1_u64..1000) {
        let x = noise(seed, 300);
        let params = params.clone().average(average).scaling(Scaling::Raw);
        let psd = |params: PsdParams| welch_with(&x, &params).unwrap().values;
        let w = params.segments.weights().unwrap();
        let raw = psd(params.clone());
        let sum: f64 = w.iter().sum();
        let squares: f64 = w.iter().map(|w| w * w).sum();
        let expected = |factor: f64| raw.iter().map(move |p| p / factor).collect::<Vec<_>>();
        let spectrum = psd(params.clone().scaling(Scaling::Spectrum));
        prop_assert!(relative_l2(spectrum.clone(), &expected(sum * sum)) < 1e-13);
        let density = psd(params.clone().scaling(Scaling::Density));
        prop_assert!(relative_l2(density.clone(), &expected(10.0 * squares)) < 1e-13);
        // density · enbw · (rate / segment) = spectrum, and the gain is the tone's own.
        let width = enbw(&w) * 10.0 / w.len() as f64;
        prop_assert!(relative_l2(density.iter().map(|p| p * width), &spectrum) < 1e-12);
        prop_assert!((coherent_gain(&w) * w.len() as f64 - sum).abs() < 1e-12);

        let two = psd(params.clone().sides(Sides::Two));
        prop_assert_eq!(two.len(), params.segments.n_fft);
        for (k, one) in raw.iter().enumerate() {
            let mirror = (params.segments.n_fft - k) % params.segments.n_fft;
            let folded = if mirror == k { two[k] } else { two[k] + two[mirror] };
            prop_assert!((folded - one).abs() <= 1e-14 * one);
        }
    }

    #[test]
    fn power_grows_with_the_square(params in params(), average in averages(), seed in 1_u64..1000, power in -8..8) {
        // A power of two changes no rounding.
        let factor = 2.0_f64.powi(power);
        let params = params.clone().average(average);
        let x = noise(seed, 200);
        let scaled: Vec<f64> = x.iter().map(|v| v * factor).collect();
        let expected: Vec<f64> =
            welch_with(&x, &params).unwrap().values.iter().map(|p| p * factor * factor).collect();
        prop_assert_eq!(welch_with(&scaled, &params).unwrap().values, expected);
    }

    #[test]
    fn holds_and_mean_are_ordered(params in params(), seed in 1_u64..1000) {
        let x = noise(seed, 300);
        let psd = |average| welch_with(&x, &params.clone().average(average)).unwrap().values;
        let (min, mean, max) = (psd(Average::Min), psd(Average::Mean), psd(Average::Max));
        for ((min, mean), max) in min.iter().zip(&mean).zip(&max) {
            prop_assert!(*min <= mean * (1.0 + 1e-12) && *mean <= max * (1.0 + 1e-12));
        }
    }

    #[test]
    fn any_line_is_removed(n in 2_usize..500, level in -1e5..1e5, slope in -100.0..100.0, seed in 1_u64..1000) {
        let line = |i: usize| -> f64 { level + slope * i as f64 };
        let size = line(0).abs().max(line(n - 1).abs());
        let mut x: Vec<f64> = (0..n).map(line).collect();
        Detrend::Linear.apply(&mut x);
        prop_assert!(x.iter().all(|v| v.abs() <= 1e-14 * size));
        // On any signal per line under it changes nothing, and doing it twice changes nothing.
        let mut plain = noise(seed, n);
        let mut under: Vec<f64> = plain.iter().enumerate().map(|(i, v)| v + line(i)).collect();
        Detrend::Linear.apply(&mut plain);
        Detrend::Linear.apply(&mut under);
        prop_assert!(plain.iter().zip(&under).all(|(a, b)| (a - b).abs() <= 1e-14 * size + 1e-13));
        let once = plain.clone();
        Detrend::Linear.apply(&mut plain);
        prop_assert!(plain.iter().zip(&once).all(|(a, b)| (a - b).abs() < 1e-13));
        // What is left is orthogonal to 1 and to i.
        prop_assert!(once.iter().sum::<f64>().abs() < 1e-11);
        prop_assert!(once.iter().enumerate().map(|(i, v)| v * i as f64).sum::<f64>().abs() < 1e-9);
    }

    #[test]
    fn windows_are_symmetric_and_bounded(window in windows(), len in 2_usize..300) {
        let symmetric = window.coefficients(len, Symmetry::Symmetric).unwrap();
        prop_assert!(symmetric.iter().eq(symmetric.iter().rev()));
        let periodic = window.coefficients(len, Symmetry::Periodic).unwrap();
        prop_assert!(periodic[1..].iter().eq(periodic[1..].iter().rev()));
        prop_assert!(periodic.iter().all(|w| w.is_finite() && *w <= 1.0 + 1e-8 && *w > -0.1));
        prop_assert!(enbw(&periodic) >= 1.0 - 1e-12 && coherent_gain(&periodic) <= 1.0 + 1e-12);
    }

    #[test]
    fn interpolation_does_not_see_the_blocks(
        values in prop::collection::vec(prop::option::weighted(0.7, -5.0..5.0), 0..120),
        block in 1_usize..20, max_gap in 0_usize..6,
    ) {
        let x: Vec<f64> = values.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
        let mut out = Vec::new();
        let mut interpolator = Interpolator::new(max_gap);
        for block in x.chunks(block) {
            interpolator.push(block, &mut out);
        }
        interpolator.end_stretch(&mut out);
        let mut whole = x.clone();
        prop_assert_eq!(interpolator.counts(), fill_gaps(&mut whole, max_gap));
        prop_assert_eq!(out.len(), x.len());
        // The twin looks both ways for the nearest present samples.
        for (i, got) in out.iter().enumerate() {
            prop_assert!(*got == whole[i] || (got.is_nan() && whole[i].is_nan()));
            let left = (0..=i).rev().find(|j| x[*j].is_finite());
            let right = (i..x.len()).find(|j| x[*j].is_finite());
            match (left, right) {
                (Some(l), Some(r)) if l == r => prop_assert_eq!(*got, x[i]),
                (Some(l), Some(r)) if r - l - 1 <= max_gap => {
                    let line = x[l] + (x[r] - x[l]) * (i - l) as f64 / (r - l) as f64;
                    prop_assert!((got - line).abs() < 1e-14);
                }
                _ => prop_assert!(got.is_nan()),
            }
        }
    }

    #[test]
    fn batches_and_axes_are_single_signals(
        params in params(), (a, b) in (1_usize..4, 1_usize..5), threads in 0_usize..4, seed in 1_u64..1000,
    ) {
        let len = 90;
        let x = noise(seed, a * len * b);
        let plan = Welch::<f64>::new(params).unwrap().with_threads(threads).unwrap();
        let bins = plan.n_bins();
        let rows = plan.run_batch(&x, a * b).unwrap().values;
        let along = plan.run_axis(&x, &[a, len, b], -2).unwrap();
        prop_assert_eq!(&plan.run_axis(&x, &[a, b, len], 2).unwrap(), &rows);
        for i in 0..a {
            for j in 0..b {
                let row = i * b + j;
                let single = plan.run(&x[row * len..][..len]).unwrap().values;
                prop_assert!(relative_l2(rows[row * bins..][..bins].iter().copied(), &single) < 1e-12);
                let line: Vec<f64> = (0..len).map(|t| x[(i * len + t) * b + j]).collect();
                let single = plan.run(&line).unwrap().values;
                let got: Vec<f64> = (0..bins).map(|k| along[(i * bins + k) * b + j]).collect();
                prop_assert!(relative_l2(got, &single) < 1e-12);
            }
        }
    }
}
