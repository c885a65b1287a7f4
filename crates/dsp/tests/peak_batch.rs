//! Packed peaks of batches: every engine, thread count and layout gives the rows' answers; bad input is named.

use proptest::prelude::*;
use rlx_dsp::Error;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::reference;
use rlx_dsp::welch::peaks::{
    PeaksEngine, RowLayout, WelchParams, WelchPeakParams, WelchPeaks, WelchPeaksScratch,
};

const ENGINES: [PeaksEngine; 3] = [PeaksEngine::Streaming, PeaksEngine::StoredPsd, PeaksEngine::Lanes];

/// Tones in noise, seeded.
fn rows(seed: u64, batch: usize, len: usize) -> Vec<f32> {
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        (s >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    let mut x = Vec::with_capacity(batch * len);
    for _ in 0..batch {
        let (f, g) = (0.3 + 0.2 * next(), 0.1 + 0.05 * next());
        x.extend((0..len).map(|t| {
            let t = t as f64 * std::f64::consts::TAU;
            ((t * f).sin() + 0.4 * (t * g).cos() + 0.1 * next()) as f32
        }));
    }
    x
}

#[test]
fn peaks_of_given_powers_are_those_of_the_batch() {
    let params = WelchPeakParams::fast_for_n_fft(64, 5);
    let (batch, x) = (37, rows(3, 37, params.welch.frame_len()));
    let mut plan = WelchPeaksScratch::new(params.clone(), PeaksEngine::StoredPsd, 2).unwrap();
    let (mut powers, mut want) = (vec![0.0; batch * params.welch.n_bins()], vec![0.0; batch * 10]);
    plan.psd_into(&x, batch, &mut powers).unwrap();
    plan.peaks_into(&x, batch, &mut want).unwrap();
    let mut got = vec![0.0; batch * 10];
    plan.top_k_into(&powers, batch, &mut got).unwrap();
    assert_eq!(got, want);
    assert!(matches!(
        plan.top_k_into(&powers[1..], batch, &mut got),
        Err(Error::Length { name: "powers", .. })
    ));
    assert!(matches!(plan.top_k_into(&powers, batch, &mut got[1..]), Err(Error::Length { name: "out", .. })));
    powers[33 * 2 + 7] = f32::INFINITY;
    let refused = plan.top_k_into(&powers, batch, &mut got);
    assert!(matches!(refused, Err(Error::NonFinite { row: 2, index: 7, .. })), "{refused:?}");
}

fn peaks(
    params: WelchPeakParams,
    engine: PeaksEngine,
    threads: usize,
    x: &[f32],
    batch: usize,
) -> Result<Vec<f32>, Error> {
    let mut plan = WelchPeaksScratch::new(params.clone(), engine, threads)?;
    let mut out = vec![f32::NAN; batch * params.k_out() * 2];
    plan.peaks_into(x, batch, &mut out)?;
    Ok(out)
}

/// The rule of when a bin may differ from the f64 reference implementation: the two powers are closer than f32 can
/// distinguish.
fn assert_bins_right(params: &WelchPeakParams, x: &[f32], out: &[f32]) {
    let welch = &params.welch;
    for (row, got) in x.chunks_exact(welch.frame_len()).zip(out.chunks_exact(2 * params.k_out())) {
        let twin = reference::peak::raw_power(row, welch);
        let total: f64 = twin.iter().sum();
        let mut order: Vec<usize> = (0..twin.len()).collect();
        order.sort_by(|&a, &b| twin[b].total_cmp(&twin[a]).then(a.cmp(&b)));
        let delta = f64::from(f32::EPSILON) * ((welch.n_fft as f64).log2() / 8.0).max(1.0);
        for (pair, &want) in got.chunks_exact(2).zip(&order) {
            let (p, q) = (twin[pair[0] as usize], twin[want]);
            let slack = 2.0 * delta * (p.max(q) * total).sqrt() + delta * delta * total;
            assert!((p - q).abs() <= slack, "bin {} for {want}: {p} and {q}, slack {slack}", pair[0]);
        }
    }
}

#[test]
fn bins_are_right_by_the_rule_in_every_row() {
    for (n_fft, segments, k) in
        [(256, 2, 16), (256, 1, 8), (256, 8, 32), (128, 3, 64), (400, 2, 16), (1024, 2, 5)]
    {
        let welch = WelchParams::new(n_fft, segments);
        let params = WelchPeakParams::new(welch.clone(), k).nan(NanPolicy::Error);
        let mut x = rows(n_fft as u64, 35, welch.frame_len());
        // Offsets and plain noise too.
        x[..welch.frame_len()].iter_mut().for_each(|v| *v += 1e3);
        for engine in ENGINES {
            assert_bins_right(&params.clone(), &x, &peaks(params.clone(), engine, 1, &x, 35).expect("valid"));
        }
    }
}

#[test]
fn threads_do_not_change_the_answer() {
    let params = WelchPeakParams::fast_for_n_fft(64, 7);
    let x = rows(5, 301, params.welch.frame_len());
    for engine in ENGINES {
        let one = peaks(params.clone(), engine, 1, &x, 301).expect("valid");
        for threads in [2, 3, 5] {
            assert_eq!(
                one,
                peaks(params.clone(), engine, threads, &x, 301).expect("valid"),
                "{engine:?} {threads}"
            );
        }
    }
}

#[test]
fn longer_rows_are_cut_without_a_copy() {
    let params = WelchPeakParams::ultra_fast_for_n_fft(256, 4);
    let full = WelchPeakParams::reference_for_n_fft(256, 4).welch.frame_len();
    let x = rows(11, 20, full);
    let cut = params.welch.truncate_batch(&x, 20, full).expect("long enough");
    for engine in ENGINES {
        let mut plan = WelchPeaksScratch::new(params.clone(), engine, 1).expect("valid");
        let (mut a, mut b) = (vec![0.0; 20 * 8], vec![1.0; 20 * 8]);
        plan.peaks_into(&cut, 20, &mut a).expect("valid");
        plan.peaks_of_rows_into(&x, 20, full, &mut b).expect("valid");
        assert_eq!(a, b, "{engine:?}");
    }
}

#[test]
fn spread_segments_are_those_of_the_reference_in_every_engine() {
    for (n_fft, segments, k, row_len) in
        [(256, 2, 16, 1152), (256, 1, 8, 1152), (100, 2, 5, 1003), (64, 3, 7, 131)]
    {
        let welch = RowLayout::Spread.place(&WelchParams::new(n_fft, segments), row_len);
        assert!(welch.lead > 0);
        let params = WelchPeakParams::new(welch.clone(), k);
        let mut x = rows(n_fft as u64 + 1, 37, row_len);
        // Samples outside of the segments do not count.
        let used: Vec<usize> = welch.starts().flat_map(|start| start..start + n_fft).collect();
        for row in x.chunks_exact_mut(row_len) {
            (0..row_len).filter(|at| !used.contains(at)).for_each(|at| row[at] = 1e6);
        }
        let cut = welch.truncate_batch(&x, 37, row_len).expect("long enough");
        for engine in ENGINES {
            for threads in [1, 3] {
                let mut plan = WelchPeaksScratch::new(params.clone(), engine, threads).expect("valid");
                let mut out = vec![f32::NAN; 37 * 2 * k];
                plan.peaks_of_rows_into(&x, 37, row_len, &mut out).expect("valid");
                assert_bins_right(&params, &cut, &out);
                assert_eq!(out, peaks(params.clone(), engine, threads, &cut, 37).expect("valid"));
                let mut psd = vec![f32::NAN; 37 * welch.n_bins()];
                plan.psd_into(&cut, 37, &mut psd).expect("valid");
                assert!(
                    out.chunks_exact(2 * k)
                        .zip(psd.chunks_exact(welch.n_bins()))
                        .all(|(peaks, psd)| { (psd[peaks[0] as usize] / peaks[1] - 1.0).abs() <= 1e-5 })
                );
            }
        }
        let last = welch.frame_len() - 1;
        x[36 * row_len + last] = f32::INFINITY;
        let refused = WelchPeaks::new(params)
            .and_then(|plan| plan.run_into(&x, row_len, &mut plan.scratch()?, &mut vec![0.0; 37 * 2 * k]));
        assert!(
            matches!(refused, Err(Error::NonFinite { row: 36, index, .. }) if index == last as u64),
            "{refused:?}"
        );
        let empty = peaks(WelchPeakParams::new(welch, k), PeaksEngine::Lanes, 1, &[], 0);
        assert_eq!(empty, Ok(Vec::new()));
    }
}

#[test]
fn rows_with_missing_samples_follow_the_policy() {
    let base = WelchPeakParams::new(WelchParams::new(64, 3), 3).nan(NanPolicy::Error);
    let len = base.welch.frame_len();
    let clean = rows(3, 30, len);
    let mut x = clean.clone();
    x[17 * len + 70] = f32::NAN; // in the last two of three segments
    (x[20 * len + 50], x[20 * len + 90]) = (f32::INFINITY, f32::NAN); // in all three
    for engine in ENGINES {
        for threads in [1, 3] {
            let go = |nan| peaks(base.clone().nan(nan), engine, threads, &x, 30);
            let refused = go(NanPolicy::Error).expect_err("there is a NaN");
            assert!(matches!(refused, Error::NonFinite { row: 17, index: 70, .. }), "{refused}");
            let untouched = peaks(base.clone(), engine, threads, &clean, 30).expect("valid");
            let skipped = go(NanPolicy::SkipSegment).expect("rows go on");
            let first = base.clone().welch(WelchParams::new(64, 1));
            let lone = peaks(first, engine, 1, &clean[17 * len..17 * len + 64], 1).expect("valid");
            for (row, (got, want)) in skipped.chunks(6).zip(untouched.chunks(6)).enumerate() {
                match row {
                    17 => assert!(
                        got.iter().zip(&lone).all(|(a, b)| (a - b).abs() <= 1e-5 * b.abs()),
                        "{got:?} {lone:?}"
                    ),
                    20 => assert!(got[1].is_nan() && got[3].is_nan() && got[5].is_nan()),
                    _ => assert_eq!(got, want, "row {row}"),
                }
            }
            assert!(go(NanPolicy::Propagate).expect("rows go on")[17 * 6 + 1].is_nan());
            let drawn = go(NanPolicy::Interpolate { max_gap: 2 }).expect("rows go on");
            assert_eq!(drawn[17 * 6], untouched[17 * 6], "the strongest bin survives one drawn sample");
        }
    }
}

#[test]
fn bad_arguments_are_named() {
    let fast = WelchPeakParams::fast_for_n_fft(256, 16);
    let new = |params| {
        WelchPeaksScratch::new(params, PeaksEngine::Streaming, 1)
            .map(|_| ())
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(new(fast.clone().k(0)), "k: 0 peaks were asked for");
    assert!(new(fast.clone().welch(fast.welch.clone().hop(0))).starts_with("hop: "));
    assert!(new(fast.clone().welch(fast.welch.clone().n_fft(1))).starts_with("n_fft: "));
    let huge = fast.welch.clone().n_segments(usize::MAX);
    assert!(new(fast.clone().welch(huge)).starts_with("n_segments: "));
    let lanes = WelchPeaksScratch::new(WelchPeakParams::fast_for_n_fft(551, 1), PeaksEngine::Lanes, 1);
    assert!(lanes.expect_err("no kernel").to_string().starts_with("n_fft: 551"));

    let mut plan = WelchPeaksScratch::new(fast, PeaksEngine::Lanes, 1).expect("valid");
    let err = plan.peaks_into(&[0.0; 383], 1, &mut [0.0; 32]).expect_err("short");
    assert_eq!(err, Error::Length { name: "samples", expected: 384, got: 383 });
    let err = plan.peaks_into(&[0.0; 384], 1, &mut [0.0; 31]).expect_err("short");
    assert_eq!(err, Error::Length { name: "out", expected: 32, got: 31 });
    let err = plan.peaks_of_rows_into(&[0.0; 200], 1, 200, &mut [0.0; 32]).expect_err("short");
    assert_eq!(err, Error::TooShort { len: 200, segment: 384 });
    plan.peaks_into(&[], 0, &mut []).expect("no rows, no answer");
    assert!(plan.peaks_into(&[], usize::MAX, &mut []).is_err());
}

#[test]
fn k_beyond_the_bins_is_clipped() {
    let params = WelchPeakParams::fast_for_n_fft(16, 1000);
    assert_eq!(params.k_out(), 9);
    let x = rows(1, 3, params.welch.frame_len());
    let out = peaks(params, PeaksEngine::Lanes, 1, &x, 3).expect("valid");
    for row in out.chunks(18) {
        let mut bins: Vec<_> = row.iter().step_by(2).map(|&b| b as usize).collect();
        bins.sort_unstable();
        assert!(bins.into_iter().eq(0..9));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn engines_agree_with_the_twin(
        seed in any::<u64>(), level in 4u32..10, hop in 1usize..300, segments in 1usize..6, k in 1usize..40, batch in 0usize..40,
    ) {
        let welch = WelchParams::new(1 << level, segments).hop(hop);
        let params = WelchPeakParams::new(welch.clone(), k).nan(NanPolicy::Error);
        let x = rows(seed, batch, welch.frame_len());
        for engine in ENGINES {
            assert_bins_right(&params.clone(), &x, &peaks(params.clone(), engine, 1, &x, batch).expect("valid"));
        }
    }
}
