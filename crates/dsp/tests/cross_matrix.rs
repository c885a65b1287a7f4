//! Cross spectra in lanes against two transforms per segment in f64, all pairs against pairs, and short pushes against one.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Complex, Real, Sample};
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::{Average, Sides};
use rlx_dsp::welch::{
    CrossMatrixAccumulator, Csd, CsdAccumulator, PsdParams, Welch, WelchAccumulator, cross_spectral_matrix,
};
use rustfft::FftPlanner;

/// Uniform in [−1, 1), xorshift32.
fn noise(seed: u32, len: usize) -> Vec<f64> {
    let mut s = seed.wrapping_mul(2_654_435_761) | 1;
    (0..len)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 17;
            s ^= s << 5;
            f64::from(s as i32) / 2f64.powi(31)
        })
        .collect()
}

/// Mean of `conj(X)·Y` over the segments, one-sided, without scaling.
fn truth(x: &[f64], y: &[f64], p: &PsdParams) -> Vec<Complex<f64>> {
    let weights = p.segments.window.coefficients(p.segments.segment_len, p.segments.symmetry).unwrap();
    let fft = FftPlanner::<f64>::new().plan_fft_forward(p.segments.n_fft);
    let spectrum = |x: &[f64]| {
        let mean =
            if p.segments.detrend == Detrend::None { 0.0 } else { x.iter().sum::<f64>() / x.len() as f64 };
        let mut z: Vec<_> = x.iter().zip(&weights).map(|(x, w)| Complex::new((x - mean) * w, 0.0)).collect();
        z.resize(p.segments.n_fft, Complex::default());
        fft.process(&mut z);
        z
    };
    let count = (x.len() - p.segments.segment_len) / p.segments.hop + 1;
    let mut sums = vec![Complex::default(); p.segments.n_fft / 2 + 1];
    for s in 0..count {
        let range = s * p.segments.hop..s * p.segments.hop + p.segments.segment_len;
        for (k, (x, y)) in
            spectrum(&x[range.clone()]).iter().zip(spectrum(&y[range])).take(sums.len()).enumerate()
        {
            let doubled = if k == 0 || 2 * k == p.segments.n_fft { 1.0 } else { 2.0 };
            sums[k] += x.conj() * y * (doubled / count as f64);
        }
    }
    sums
}

/// `y` follows `x`, `gain` times as strong, and is silent for a while.
fn signals<S: Sample<Real = S> + Real>(len: usize, gain: f64) -> [Vec<S>; 2] {
    let (a, b) = (noise(3, len), noise(4, len));
    let x = a.iter().map(|a| S::narrow(a + 0.5));
    let y = (0..len).map(|i| {
        let quiet = if (len / 2..len / 2 + len / 8).contains(&i) { 1e-9 } else { 1.0 };
        S::narrow(gain * quiet * (a[i.saturating_sub(3)] + 0.5 * b[i] + 2.0))
    });
    [x.collect(), y.collect()]
}

fn check_csd<S: Sample<Real = S> + Real>(n: usize, n_fft: usize, gain: f64) {
    let p = PsdParams::new(1.0, n).n_fft(n_fft);
    for segments in [3, 17, 40, 71] {
        let [x, y] = signals::<S>(n + (segments - 1) * p.segments.hop + 1, gain);
        let got = Csd::<S>::new(p.clone()).unwrap().run(&x, &y).unwrap();
        let wide = [&x, &y].map(|x| x.iter().map(|v| v.widen()).collect::<Vec<f64>>());
        let weights = p.segments.window.coefficients(n, p.segments.symmetry).unwrap();
        let density = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        let limit = 4.0 * S::EPSILON * (n_fft as f64).log2();
        let norm = |v: &[Complex<f64>]| v.iter().map(|v| v.norm_sqr()).sum::<f64>().sqrt();
        for (got, a, b) in [(&got.pxx, 0, 0), (&got.pyy, 1, 1)] {
            let want = truth(&wide[a], &wide[b], &p);
            let error: Vec<_> =
                got.iter().zip(&want).map(|(g, w)| Complex::new(g.widen() / density, 0.0) - w).collect();
            assert!(
                norm(&error) <= limit * norm(&want),
                "{n} {segments} {gain} {a}: {:e}",
                norm(&error) / norm(&want)
            );
        }
        let want = truth(&wide[0], &wide[1], &p);
        let error: Vec<_> = got
            .pxy()
            .iter()
            .zip(&want)
            .map(|(g, w)| Complex::new(g.re.widen() / density, g.im.widen() / density) - w)
            .collect();
        assert!(
            norm(&error) <= 2.0 * limit * norm(&want),
            "{n} {segments} {gain}: {:e}",
            norm(&error) / norm(&want)
        );
    }
}

#[test]
fn cross_spectra_of_signals_of_any_strength() {
    for gain in [1.0, 1e-6, 3e5] {
        for (n, n_fft) in [(64, 64), (100, 100), (250, 256), (1000, 1000), (551, 551)] {
            check_csd::<f32>(n, n_fft, gain);
            check_csd::<f64>(n, n_fft, gain);
        }
    }
}

#[test]
fn a_matrix_holds_the_cross_spectrum_of_each_pair() {
    let data: Vec<Vec<f64>> = (0..5).map(|c| noise(c + 10, 3000)).collect();
    let channels: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    for p in [PsdParams::new(10.0, 200), PsdParams::new(1.0, 240).sides(Sides::Two).n_fft(243)] {
        let matrix = cross_spectral_matrix(&channels, &p).unwrap();
        for i in 0..5 {
            for j in 0..5 {
                let want = Csd::<f64>::new(p.clone()).unwrap().run(&data[i], &data[j]).unwrap().pxy();
                let scale = want.iter().map(|w| w.norm()).fold(0.0, f64::max);
                for (got, want) in matrix.pair(i, j).iter().zip(&want) {
                    assert!((got - want).norm() <= 1e-12 * scale, "{i} {j}: {got} {want}");
                }
            }
            assert!(matrix.pair(i, i).iter().all(|p| p.im == 0.0));
        }
    }
}

#[test]
fn a_matrix_of_blocks_is_that_of_whole_channels() {
    let mut data: Vec<Vec<f64>> = (0..3).map(|c| noise(c + 20, 1500)).collect();
    // A short gap, a long one, and one at the end, in different channels.
    (data[0][300], data[1][301], data[2][1499]) = (f64::NAN, f64::INFINITY, f64::NAN);
    data[2][800..840].fill(f64::NAN);
    let channels: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    for nan in [NanPolicy::SkipSegment, NanPolicy::Interpolate { max_gap: 4 }, NanPolicy::Propagate] {
        for (segment_len, hop) in [(64, 32), (50, 7), (33, 100)] {
            let p = PsdParams::new(8.0, segment_len).hop(hop).nan(nan);
            let want = cross_spectral_matrix(&channels, &p).unwrap();
            for block in [1, 13, 64, 500, 2000] {
                let mut accumulator = CrossMatrixAccumulator::new(3, p.clone()).unwrap();
                for start in (0..1500).step_by(block) {
                    let end = (start + block).min(1500);
                    let blocks: Vec<&[f64]> = channels.iter().map(|c| &c[start..end]).collect();
                    accumulator.push(&blocks).unwrap();
                }
                let got = accumulator.finish().unwrap();
                assert_eq!(got.coverage, want.coverage, "{nan} {segment_len} {hop} {block}");
                let same = |a: &[f64], b: &[f64]| {
                    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan())
                };
                assert!(
                    same(&got.re, &want.re) && same(&got.im, &want.im),
                    "{nan} {segment_len} {hop} {block}"
                );
            }
        }
    }
    // A gap between two stretches: each pair as in the accumulator of pairs.
    let p = PsdParams::new(8.0, 64);
    let mut all = CrossMatrixAccumulator::new(2, p.clone()).unwrap();
    let mut pair = CsdAccumulator::new(p.clone()).unwrap();
    for part in [0..290, 310..790, 790..799] {
        all.push(&[&data[0][part.clone()], &data[2][part.clone()]]).unwrap();
        pair.push(&data[0][part.clone()], &data[2][part.clone()]).unwrap();
        if part.end != 790 {
            all.push_gap();
            pair.push_gap();
        }
    }
    let (all, pair) = (all.finish().unwrap(), pair.finish().unwrap());
    assert_eq!(all.coverage, pair.coverage);
    let scale = pair.pxx.iter().fold(0.0, |most: f64, p| most.max(*p));
    for (got, want) in all.pair(0, 1).iter().zip(pair.pxy()) {
        assert!((got - want).norm() <= 1e-12 * scale, "{got} {want}");
    }
    let mut strict = CrossMatrixAccumulator::new(3, PsdParams::new(1.0, 64)).unwrap();
    strict.push(&channels.iter().map(|c| &c[..200]).collect::<Vec<_>>()).unwrap();
    let error = strict.push(&channels.iter().map(|c| &c[200..310]).collect::<Vec<_>>()).unwrap_err();
    assert_eq!(error.to_string(), "sample 300 of row 0 is NaN");
    assert!(strict.push(&channels[..2]).is_err() && strict.push(&[channels[0], channels[1], &[]]).is_err());
    // Nothing of the refused blocks was taken.
    let first: Vec<&[f64]> = channels.iter().map(|c| &c[..200]).collect();
    assert_eq!(strict.finish().unwrap(), cross_spectral_matrix(&first, &PsdParams::new(1.0, 64)).unwrap());
    assert!(CrossMatrixAccumulator::<f32>::new(0, PsdParams::new(1.0, 64)).is_err());
}

#[test]
fn a_matrix_leaves_a_bad_segment_out_in_all_channels() {
    let mut data: Vec<Vec<f64>> = (0..3).map(|c| noise(c + 10, 1000)).collect();
    data[1][450] = f64::NAN;
    let channels: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    let p = PsdParams::new(1.0, 100).nan(NanPolicy::SkipSegment).hop(100);
    let matrix = cross_spectral_matrix(&channels, &p).unwrap();
    assert_eq!((matrix.coverage.segments, matrix.coverage.skipped), (9, 1));
    assert!(matrix.re.iter().all(|v| v.is_finite()));
    let error = cross_spectral_matrix(&channels, &PsdParams::new(1.0, 100)).unwrap_err().to_string();
    assert!(error.contains('1') && error.contains("450"), "{error}");
    let median = p.clone().average(Average::Median);
    assert!(cross_spectral_matrix(&channels, &median).unwrap_err().to_string().starts_with("average"));
    assert!(cross_spectral_matrix::<f64>(&[], &p).unwrap_err().to_string().starts_with("channels"));
    assert!(cross_spectral_matrix(&[channels[0], &channels[2][1..]], &p).is_err());
}

#[test]
fn short_pushes_merges_and_states_are_one_push() {
    let x: Vec<f32> = noise(9, 20_000).into_iter().map(|v| v as f32 + 3.0).collect();
    let p = PsdParams::new(1.0, 250);
    let whole = Welch::<f32>::new(p.clone()).unwrap().run(&x).unwrap().values;
    let close = |got: &[f32]| {
        let error: f64 = got.iter().zip(&whole).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let norm: f64 = whole.iter().map(|b| f64::from(*b).powi(2)).sum();
        error.sqrt() <= 4.0 * f64::from(f32::EPSILON) * norm.sqrt()
    };
    for block in [1, 64, 125, 777, 1024] {
        let mut accumulator = WelchAccumulator::<f32>::new(p.clone()).unwrap();
        for (b, block) in x.chunks(block).enumerate() {
            accumulator.push(block).unwrap();
            // Segments that wait for others are in a snapshot and in a state, too.
            if b == 40 {
                let taken = accumulator.coverage().segments;
                let mut restored = WelchAccumulator::<f32>::new(p.clone()).unwrap();
                restored.restore(&accumulator.state()).unwrap();
                assert_eq!(restored.coverage().segments, taken);
                if taken > 0 {
                    let error = |a: f32, b: f32| (a - b).abs() <= 1e-5 * b;
                    let (a, b) =
                        (accumulator.snapshot().unwrap().values, restored.snapshot().unwrap().values);
                    assert!(a.iter().zip(&b).all(|(a, b)| error(*a, *b)));
                }
                accumulator = restored;
            }
        }
        assert!(close(&accumulator.finish().unwrap().values), "{block}");
    }
}
