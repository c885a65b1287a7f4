//! Every lanes instance against an f64 transform: powers, peaks by definition, sums, frames, mel.

use rlx_dsp::lanes::{
    FrameSpec, Isa, LaneLog, LaneMel, LaneSpec, Offset, Rows, frames_kernel, row_kernel, supports,
    welch_kernel,
};
use rlx_dsp::peaks::insert::insert_top_k;
use rustfft::{FftPlanner, num_complex::Complex};

/// Seeded noise in [−1, 1), xorshift32.
fn noise(seed: u32, len: usize) -> Vec<f32> {
    let mut s = seed.wrapping_mul(2_654_435_761) | 1;
    let step = |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        s as f32 / 2f32.powi(31) - 1.0
    };
    (0..len).map(step).collect()
}

fn hann(n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n as f64).cos()) as f32).collect()
}

/// `|X|²`, bins `0 … n/2`, in f64.
fn power(x: &[f32], window: &[f32], remove_mean: bool) -> Vec<f64> {
    let mean = if remove_mean { x.iter().map(|&v| f64::from(v)).sum::<f64>() / x.len() as f64 } else { 0.0 };
    let mut z: Vec<Complex<f64>> = x
        .iter()
        .zip(window)
        .map(|(&x, &w)| Complex::new((f64::from(x) - mean) * f64::from(w), 0.0))
        .collect();
    FftPlanner::new().plan_fft_forward(z.len()).process(&mut z);
    z[..x.len() / 2 + 1].iter().map(Complex::norm_sqr).collect()
}

/// Mean one-sided raw power of the segments of a row.
fn welch(row: &[f32], window: &[f32], hop: usize, segments: usize, remove_mean: bool) -> Vec<f64> {
    let n = window.len();
    let mut sum = vec![0.0; n / 2 + 1];
    for s in 0..segments {
        for (sum, p) in sum.iter_mut().zip(power(&row[s * hop..s * hop + n], window, remove_mean)) {
            *sum += p / segments as f64;
        }
    }
    for p in &mut sum[1..n.div_ceil(2)] {
        *p *= 2.0;
    }
    sum
}

fn rel_l2<'a>(got: impl IntoIterator<Item = &'a f32>, want: &[f64]) -> f64 {
    let (mut err, mut norm) = (0.0, 0.0);
    for (&g, &w) in got.into_iter().zip(want) {
        err += (f64::from(g) - w).powi(2);
        norm += w * w;
    }
    (err / norm).sqrt()
}

fn bound(n: usize) -> f64 {
    4.0 * f64::from(f32::EPSILON) * (n as f64).log2()
}

const SIZES: [usize; 10] = [16, 32, 64, 128, 256, 400, 512, 1024, 2048, 4096];

#[test]
fn psd_rows_match_f64_on_every_instance() {
    for isa in Isa::available() {
        for (i, &n) in SIZES.iter().enumerate() {
            for (hop, segments) in
                [(n / 2, 2), (n / 2, 5), (n / 4, 3), (n / 4 + 3, 5), (n, 3), (n + 7, 2), (1, 1)]
            {
                for offset in [Offset::Keep, Offset::SubtractMean] {
                    let spec = LaneSpec { window: hann(n), hop, n_segments: segments, offset };
                    let (len, bins) = (spec.frame_len(), spec.n_bins());
                    let count = [1, 3, 17, 40][i % 4];
                    let dc = if offset == Offset::Keep { 0.0 } else { 1e5 };
                    let x: Vec<f32> =
                        noise(n as u32 + hop as u32, len * count).iter().map(|v| v + dc).collect();
                    let mut kernel = welch_kernel(isa, spec).expect("a recipe");
                    let mut out = vec![f32::NAN; count * bins];
                    kernel.psd(Rows { samples: &x, stride: len, count }, 1.0, &mut out);
                    for r in 0..count {
                        let want =
                            welch(&x[r * len..][..len], &hann(n), hop, segments, offset != Offset::Keep);
                        let err = rel_l2(&out[r * bins..][..bins], &want);
                        assert!(
                            err <= bound(n),
                            "{isa} n {n} hop {hop} segments {segments} {offset:?} row {r}: {err:e}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_row_path_matches_f64_for_any_size() {
    for isa in Isa::available() {
        for (i, n) in [2, 3, 5, 16, 17, 100, 101, 127, 256, 400, 1000].into_iter().enumerate() {
            for (hop, segments) in [(n / 2, 2), (n / 4 + 1, 5), (n + 7, 3), (1, 1)] {
                let (len, bins, count) = (n + (segments - 1) * hop, n / 2 + 1, [1, 2, 3, 18][i % 4]);
                // The window of two points has a zero; without it the powers are not all zero.
                let window = if n < 4 { vec![1.0; n] } else { hann(n) };
                let x = noise(n as u32 + hop as u32, len * count);
                let rows = Rows { samples: &x, stride: len, count };
                let mut kernel = row_kernel(isa, window.clone(), hop, segments).expect("a plan");
                let mut out = vec![f32::NAN; count * bins];
                kernel.psd(rows, 1.0, &mut out);
                for r in 0..count {
                    let want = welch(&x[r * len..][..len], &window, hop, segments, false);
                    let err = rel_l2(&out[r * bins..][..bins], &want);
                    assert!(
                        err <= bound(n.max(4)),
                        "{isa} n {n} hop {hop} segments {segments} row {r}: {err:e}"
                    );
                }
                for k in [1, 3, 16, 60] {
                    let k = k.min(bins);
                    let (mut got, mut again, mut want) =
                        (vec![-1.0; count * k * 2], vec![-2.0; count * k * 2], vec![-3.0; count * k * 2]);
                    assert_eq!(kernel.peaks(rows, k, &mut got), None);
                    assert_eq!(kernel.top_k(&out, k, &mut again), None);
                    for (row, want) in out.chunks_exact(bins).zip(want.chunks_exact_mut(2 * k)) {
                        insert_top_k(row, want);
                    }
                    assert_eq!((&got, &again), (&want, &want), "{isa} n {n} k {k}");
                }
            }
        }
    }
}

#[test]
fn peaks_are_exact_on_the_kernels_own_powers() {
    for isa in Isa::available() {
        for n in [16, 64, 256, 400, 512, 1024] {
            let spec = LaneSpec { window: hann(n), hop: n / 2, n_segments: 2, offset: Offset::Keep };
            let (len, bins, count) = (spec.frame_len(), spec.n_bins(), 37);
            let mut x = noise(7 + n as u32, len * count);
            x[..len].fill(0.0); // all powers tie
            x[len..2 * len].fill(1e-24); // powers are denormal
            let rows = Rows { samples: &x, stride: len, count };
            let mut kernel = welch_kernel(isa, spec).expect("a recipe");
            let mut powers = vec![0.0; count * bins];
            kernel.psd(rows, 1.0, &mut powers);
            for k in [1, 2, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, bins] {
                let k = k.min(bins);
                let mut got = vec![f32::NAN; count * k * 2];
                assert_eq!(kernel.peaks(rows, k, &mut got), None);
                let mut want = vec![f32::NAN; count * k * 2];
                for (row, want) in powers.chunks_exact(bins).zip(want.chunks_exact_mut(2 * k)) {
                    insert_top_k(row, want);
                }
                assert_eq!(got, want, "{isa} n {n} k {k}");
            }
        }
    }
}

#[test]
fn near_ties_at_the_kth_place_are_redone_exactly() {
    // Powers that differ in their last bits only: an impulse has a flat spectrum, rounding makes the order.
    for isa in Isa::available() {
        let (n, count, k) = (256, 64, 16);
        let spec = LaneSpec { window: vec![1.0; n], hop: n, n_segments: 2, offset: Offset::Keep };
        let mut x = noise(3, spec.frame_len() * count);
        for (i, x) in x.iter_mut().enumerate() {
            *x = if i % spec.frame_len() == 5 + i / spec.frame_len() { 1.0 } else { *x * 1e-6 };
        }
        let rows = Rows { samples: &x, stride: spec.frame_len(), count };
        let bins = spec.n_bins();
        let mut kernel = welch_kernel(isa, spec).expect("a recipe");
        let (mut powers, mut got) = (vec![0.0; count * bins], vec![0.0; count * k * 2]);
        kernel.psd(rows, 1.0, &mut powers);
        kernel.peaks(rows, k, &mut got);
        for (row, got) in powers.chunks_exact(bins).zip(got.chunks_exact(2 * k)) {
            let mut want = vec![0.0; 2 * k];
            insert_top_k(row, &mut want);
            assert_eq!(got, want, "{isa}");
        }
    }
}

#[test]
fn overflow_and_nan_are_reported_with_their_row() {
    for isa in Isa::available() {
        let spec = LaneSpec { window: hann(64), hop: 32, n_segments: 2, offset: Offset::Keep };
        let len = spec.frame_len();
        for (bad, value) in [(0, f32::NAN), (5, f32::INFINITY), (20, 1e30)] {
            let mut x = noise(1, len * 21);
            x[bad * len + 50] = value;
            let mut kernel = welch_kernel(isa, spec.clone()).expect("a recipe");
            let mut out = vec![0.0; 21 * 4 * 2];
            assert_eq!(
                kernel.peaks(Rows { samples: &x, stride: len, count: 21 }, 4, &mut out),
                Some(bad),
                "{isa}"
            );
        }
    }
}

#[test]
fn summed_segments_match_f64() {
    for isa in Isa::available() {
        for (n, hop) in [(64, 32), (256, 100), (400, 160), (1024, 512), (128, 200)] {
            for segments in [1, 2, 3, 31, 32, 33, 300] {
                let spec = LaneSpec { window: hann(n), hop, n_segments: 1, offset: Offset::SubtractMean };
                let bins = spec.n_bins();
                let x: Vec<f32> = noise(9, n + (segments - 1) * hop).iter().map(|v| v + 1e3).collect();
                let mut sum = vec![0.0; bins];
                welch_kernel(isa, spec).expect("a recipe").add_segments(&x, segments, &mut sum);
                let one_sided =
                    |bin: usize| if bin == 0 || 2 * bin == n { 1.0 } else { 2.0 } / segments as f64;
                let got: Vec<f32> =
                    sum.iter().enumerate().map(|(bin, &s)| (s * one_sided(bin)) as f32).collect();
                let err = rel_l2(&got, &welch(&x, &hann(n), hop, segments, true));
                assert!(err <= bound(n), "{isa} n {n} hop {hop} segments {segments}: {err:e}");
            }
        }
    }
}

#[test]
fn a_faint_row_beside_a_loud_one_keeps_its_digits() {
    for isa in Isa::available() {
        let (n, count) = (256, 70);
        let mut x = noise(5, n * count);
        for r in (0..count).filter(|r| r % 3 == 0 || r / 16 == 2) {
            x[r * n..(r + 1) * n].iter_mut().for_each(|v| *v *= 1e-4 * (r + 1) as f32);
        }
        x[33 * n + 7] = f32::NAN;
        let spec = LaneSpec { window: hann(n), hop: n, n_segments: 1, offset: Offset::Keep };
        let rows = Rows { samples: &x, stride: n, count };
        let (mut by_lanes, mut by_rows, mut by_frames) =
            (vec![0.0; count * 129], vec![0.0; count * 129], vec![0.0; count * 129]);
        welch_kernel(isa, spec).expect("a recipe").psd(rows, 1.0, &mut by_lanes);
        row_kernel(isa, hann(n), n, 1).expect("a plan").psd(rows, 1.0, &mut by_rows);
        frames_kernel(isa, hann(n)).expect("a recipe").power_frames(&x, n, count, &mut by_frames);
        for r in (0..count).filter(|&r| r != 33) {
            let at = r * 129..(r + 1) * 129;
            let want = welch(&x[r * n..(r + 1) * n], &hann(n), n, 1, false);
            let plain = power(&x[r * n..(r + 1) * n], &hann(n), false);
            for (path, got, want) in
                [("lanes", &by_lanes, &want), ("rows", &by_rows, &want), ("frames", &by_frames, &plain)]
            {
                let err = rel_l2(&got[at.clone()], want);
                assert!(err <= bound(n), "{isa} {path} row {r}: {err:e}");
            }
        }
        assert!(by_lanes[33 * 129].is_nan() && by_rows[33 * 129].is_nan() && by_frames[33 * 129].is_nan());
    }
}

#[test]
fn frames_and_mel_match_f64() {
    let log = LaneLog { floor: 1e-10, offset: 0.0, factor: std::f32::consts::LOG10_2 };
    for isa in Isa::available() {
        for (n, hop) in [(400, 160), (512, 128), (1024, 1024), (64, 100)] {
            let bins = n / 2 + 1;
            for count in [1, 2, 7, 8, 31, 32, 33, 65] {
                let x = noise(n as u32, n + (count - 1) * hop);
                let mut kernel = frames_kernel(isa, hann(n)).expect("a recipe");
                let mut got = vec![f32::NAN; count * bins];
                kernel.power_frames(&x, hop, count, &mut got);
                let filters: Vec<_> = (0..5).map(|i| (i * 4, vec![0.25 + i as f32; 9 - i])).collect();
                let mel = LaneMel { filters, log: Some(log) };
                let mut energies = vec![f32::NAN; 5 * (count + 3)];
                kernel.mel_frames(&x, hop, count, &mel, count + 3, &mut energies);
                for f in 0..count {
                    let want = power(&x[f * hop..f * hop + n], &hann(n), false);
                    let err = rel_l2(&got[f * bins..][..bins], &want);
                    assert!(err <= bound(n), "{isa} n {n} frame {f} of {count}: {err:e}");
                    for (m, (start, weights)) in mel.filters.iter().enumerate() {
                        let e: f64 =
                            weights.iter().zip(&want[*start..]).map(|(&w, p)| f64::from(w) * p).sum();
                        let got = f64::from(energies[m * (count + 3) + f]);
                        assert!(
                            (got - e.log10()).abs() < 3e-6,
                            "{isa} n {n} mel {m}: {got} for {}",
                            e.log10()
                        );
                    }
                }
                let beyond = energies.chunks(count + 3).all(|row| row[count..].iter().all(|v| v.is_nan()));
                assert!(beyond, "columns beyond the last frame are left alone");
            }
        }
    }
}

#[test]
fn short_windows_means_and_preemphasis_match_f64() {
    let (n, len, c) = (512, 400, 0.97_f32);
    for isa in Isa::available() {
        for (lead, offset, preemphasis) in [
            (0, Offset::SubtractMean, c),
            (0, Offset::Keep, c),
            (56, Offset::Keep, 0.0),
            (56, Offset::SubtractMean, 0.0),
            (112, Offset::SubtractMean, c),
        ] {
            let spec = FrameSpec { window: hann(len), n_fft: n, lead, offset, preemphasis };
            for (count, hop) in [(1, 160), (5, 160), (33, 160), (4, 401)] {
                // Nothing outside the windows may matter: the samples before the first one are missing.
                let mut x = noise(7, lead + len + (count - 1) * hop);
                x.iter_mut().for_each(|v| *v += 3.0);
                x[..lead].fill(f32::NAN);
                let mut got = vec![f32::NAN; count * (n / 2 + 1)];
                frames_kernel(isa, spec.clone()).expect("a recipe").power_frames(&x, hop, count, &mut got);
                for (f, got) in got.chunks(n / 2 + 1).enumerate() {
                    let frame: Vec<f64> = x[lead + f * hop..][..len].iter().map(|&v| f64::from(v)).collect();
                    let mean = frame.iter().sum::<f64>() / len as f64;
                    let mean = if offset == Offset::SubtractMean { mean } else { 0.0 };
                    let mut padded = vec![Complex::new(0.0, 0.0); n];
                    for (t, w) in hann(len).into_iter().enumerate() {
                        let before = frame[t.saturating_sub(1)] - mean;
                        padded[lead + t].re =
                            f64::from(w) * (frame[t] - mean - f64::from(preemphasis) * before);
                    }
                    FftPlanner::new().plan_fft_forward(n).process(&mut padded);
                    let want: Vec<f64> = padded[..n / 2 + 1].iter().map(Complex::norm_sqr).collect();
                    let err = rel_l2(got, &want);
                    assert!(err <= bound(n), "{isa} lead {lead} {offset:?} frame {f} of {count}: {err:e}");
                }
            }
        }
    }
}

#[test]
fn supported_sizes_build_and_others_do_not() {
    let build = |n: usize| {
        let spec = LaneSpec { window: vec![1.0; n], hop: 1, n_segments: 1, offset: Offset::Keep };
        welch_kernel(Isa::Portable, spec).is_some()
    };
    assert!(SIZES.iter().all(|&n| supports(n) && build(n)));
    assert!([1, 2, 7, 551, 16_385].iter().all(|&n| !supports(n) && !build(n)));
}
