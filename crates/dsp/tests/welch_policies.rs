//! NaN policies, refusals and limits of Welch's averages.

mod common;

use common::{noise, signal};
use rlx_dsp::Error;
use rlx_dsp::fft::Complex;
use rlx_dsp::nan::{Filled, NanPolicy};
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::{Coverage, Csd, CsdAccumulator, PsdParams, Welch, WelchAccumulator, welch_with};

fn base() -> PsdParams {
    PsdParams::new(100.0, 16)
}

fn with_bad(at: usize, value: f32) -> Vec<f32> {
    let mut x: Vec<f32> = noise(1, 100).iter().map(|v| *v as f32).collect();
    x[at] = value;
    x
}

#[test]
fn refusal_names_row_position_and_value() {
    let x = with_bad(77, f32::INFINITY);
    let error = welch_with(&x, &base()).unwrap_err();
    assert_eq!(error, Error::NonFinite { row: 0, index: 77, value: f64::INFINITY });
    // In a batch of 5 rows of 20 that is row 3, sample 17, whatever the threads.
    for threads in 1..4 {
        let plan = Welch::new(base()).unwrap().with_threads(threads).unwrap();
        let error = plan.run_batch(&x, 5).unwrap_err();
        assert_eq!(error, Error::NonFinite { row: 3, index: 17, value: f64::INFINITY });
    }
    // Along the first axis of [20, 5] it is line 2, sample 15.
    let error = Welch::new(base()).unwrap().run_axis(&x, &[20, 5], 0).unwrap_err();
    assert_eq!(error, Error::NonFinite { row: 2, index: 15, value: f64::INFINITY });
    // Along the first axis of [20, 700] it is line 631, behind the lines that are gathered at once.
    let mut wide = vec![0.5_f32; 20 * 700];
    wide[3 * 700 + 631] = f32::INFINITY;
    let error = Welch::new(base()).unwrap().run_axis(&wide, &[20, 700], 0).unwrap_err();
    assert_eq!(error, Error::NonFinite { row: 631, index: 3, value: f64::INFINITY });
    // In a tail that no segment uses it is refused all the same.
    assert!(welch_with(&with_bad(99, f32::NAN), &base()).is_err());
    let clean = with_bad(0, 0.5);
    let error = Csd::new(base()).unwrap().run(&clean, &x).unwrap_err();
    assert_eq!(error, Error::NonFinite { row: 1, index: 77, value: f64::INFINITY });
}

#[test]
fn a_refused_block_leaves_the_stream_as_it_was() {
    let x = with_bad(50, f32::NAN);
    let clean = with_bad(50, 0.25);
    let mut accumulator = WelchAccumulator::new(base()).unwrap();
    accumulator.push(&x[..40]).unwrap();
    match accumulator.push(&x[40..]).unwrap_err() {
        Error::NonFinite { row: 0, index: 50, value } => assert!(value.is_nan()),
        other => panic!("{other:?}"),
    }
    accumulator.push(&clean[40..]).unwrap();
    assert_eq!(accumulator.finish().unwrap(), welch_with(&clean, &base()).unwrap());
}

#[test]
fn long_signals_are_checked_piece_by_piece_to_the_same_effect() {
    let params = PsdParams::new(100.0, 64);
    let clean: Vec<f32> = noise(3, 700_001).iter().map(|v| *v as f32).collect();
    let whole = welch_with(&clean, &params).unwrap();
    for at in [0, 262_144, 400_003, 700_000] {
        let mut bad = clean.clone();
        bad[at] = f32::NEG_INFINITY;
        let refusal = |row, index| Error::NonFinite { row, index, value: f64::NEG_INFINITY };
        assert_eq!(welch_with(&bad, &params).unwrap_err(), refusal(0, at as u64));

        let mut accumulator = WelchAccumulator::new(params.clone()).unwrap();
        accumulator.push(&clean[..1000]).unwrap();
        assert_eq!(accumulator.push(&bad).unwrap_err(), refusal(0, 1000 + at as u64));
        assert_eq!((accumulator.samples(), accumulator.coverage().segments), (1000, 30));
        accumulator.push(&clean[1000..]).unwrap();
        let psd = accumulator.finish().unwrap();
        assert_eq!(psd.coverage, whole.coverage);
        for (got, want) in psd.values.iter().zip(&whole.values) {
            assert!((got - want).abs() <= 1e-5 * want, "{got} {want}");
        }
    }
}

#[test]
fn skipping_averages_the_other_segments() {
    let params = base().nan(NanPolicy::SkipSegment).hop(16).scaling(Scaling::Raw);
    let x = with_bad(35, f32::NAN);
    let got = welch_with(&x, &params).unwrap();
    assert_eq!(got.coverage, Coverage { segments: 5, skipped: 1, filled: Filled::default() });
    let mut expected = vec![0.0; 9];
    for s in [0, 1, 3, 4, 5] {
        let one = welch_with(&x[16 * s..16 * s + 16], &params).unwrap().values;
        expected.iter_mut().zip(one).for_each(|(e, p)| *e += f64::from(p) / 5.0);
    }
    for (got, expected) in got.values.iter().zip(expected) {
        assert!((f64::from(*got) / expected - 1.0).abs() < 1e-6);
    }
    let error = welch_with(&[f32::NAN; 40], &params).unwrap_err().to_string();
    assert_eq!(error, "signal: each of its 2 segments holds a NaN or an infinity");
}

#[test]
fn interpolation_is_counted_and_long_gaps_are_skipped() {
    let params = base().nan(NanPolicy::Interpolate { max_gap: 2 }).hop(16);
    let mut x: Vec<f64> = noise(3, 96);
    let clean = x.clone();
    x[20] = f64::NAN;
    x[21] = f64::INFINITY;
    x[50..53].fill(f64::NAN);
    let got = welch_with(&x, &params).unwrap();
    let filled = Filled { samples: 2, gaps: 1, left: 3 };
    assert_eq!(got.coverage, Coverage { segments: 5, skipped: 1, filled });
    let mut drawn = clean;
    let step = (drawn[22] - drawn[19]) / 3.0;
    (drawn[20], drawn[21]) = (drawn[19] + step, drawn[19] + 2.0 * step);
    drawn[50] = f64::NAN;
    let expected = welch_with(&drawn, &params.clone().nan(NanPolicy::SkipSegment)).unwrap();
    for (a, b) in got.values.iter().zip(&expected.values) {
        assert!((a / b - 1.0).abs() < 1e-12);
    }
}

#[test]
fn propagated_values_reach_every_bin_of_every_average() {
    for average in [Average::Mean, Average::Median, Average::Max, Average::Min] {
        for bad in [f32::NAN, f32::INFINITY] {
            let params = base().nan(NanPolicy::Propagate).average(average);
            let got = welch_with(&with_bad(40, bad), &params).unwrap();
            assert!(got.values.iter().all(|p| p.is_nan()), "{average} {bad}");
            assert_eq!(got.coverage.skipped, 0);
            // Samples that no segment uses do not matter.
            assert!(welch_with(&with_bad(99, bad), &params).unwrap().values.iter().all(|p| p.is_finite()));
        }
    }
}

#[test]
fn short_signals_are_refused_with_both_lengths() {
    let error = welch_with(&[0.0_f64; 15], &base()).unwrap_err();
    assert_eq!(error, Error::TooShort { len: 15, segment: 16 });
    assert_eq!(welch_with::<f32>(&[], &base()).unwrap_err(), Error::TooShort { len: 0, segment: 16 });
    let mut accumulator = WelchAccumulator::new(base()).unwrap();
    accumulator.push(&[0.0_f32; 15]).unwrap();
    accumulator.push_gap().unwrap();
    accumulator.push(&[0.0; 15]).unwrap();
    assert_eq!(accumulator.finish().unwrap_err(), Error::TooShort { len: 30, segment: 16 });
    let plan = Welch::<f32>::new(base()).unwrap();
    assert_eq!(plan.run_batch(&[0.0; 30], 2).unwrap_err(), Error::TooShort { len: 15, segment: 16 });
}

#[test]
fn buffers_of_another_length_are_refused() {
    let x = [0.0_f32; 64];
    let plan = Welch::new(base()).unwrap();
    let error = plan.run_into(&x, &mut plan.scratch(), &mut [0.0; 8]).unwrap_err();
    assert_eq!(error, Error::Length { name: "out", expected: 9, got: 8 });
    let message = plan.run_batch(&x, 3).unwrap_err().to_string();
    assert_eq!(message, "rows: 64 samples do not divide into 3 rows");
    assert!(plan.run_batch(&x, 0).is_err());
    assert_eq!(plan.run_batch(&[], 0).map(|psd| psd.rows()), Ok(0));
    let error = plan.run_axis(&x, &[2, 31], 1).unwrap_err();
    assert_eq!(error, Error::Length { name: "x", expected: 62, got: 64 });
    assert!(plan.run_axis(&x, &[2, 32], 2).unwrap_err().to_string().starts_with("axis: 2 "));
    let error = Csd::new(base()).unwrap().run(&x, &x[1..]).unwrap_err();
    assert_eq!(error, Error::Length { name: "y", expected: 64, got: 63 });
    let error = CsdAccumulator::new(base()).unwrap().push(&x, &x[1..]).unwrap_err();
    assert_eq!(error, Error::Length { name: "y", expected: 64, got: 63 });
}

#[test]
fn every_plan_checks_its_parameters() {
    let bad = base().hop(0);
    assert!(Welch::<f32>::new(bad.clone()).is_err());
    assert!(WelchAccumulator::<f64>::new(bad.clone()).is_err());
    assert!(Csd::<f32>::new(bad.clone()).is_err());
    assert!(CsdAccumulator::<f32>::new(bad).is_err());
    let one_sided = base().sides(Sides::One);
    assert!(Welch::<Complex<f32>>::new(one_sided).unwrap_err().to_string().starts_with("sides: "));
}

#[test]
fn a_gap_is_not_spanned() {
    let x = signal(4, 200, 0.0, 0.0);
    let mut accumulator = WelchAccumulator::new(base()).unwrap();
    accumulator.push(&x[..50]).unwrap();
    accumulator.push_gap().unwrap();
    accumulator.push(&x[50..]).unwrap();
    let got = accumulator.finish().unwrap();
    let (a, b) = (welch_with(&x[..50], &base()).unwrap(), welch_with(&x[50..], &base()).unwrap());
    let (ka, kb) = (a.coverage.segments as f64, b.coverage.segments as f64);
    assert_eq!(got.coverage.segments as f64, ka + kb);
    for ((got, a), b) in got.values.iter().zip(&a.values).zip(&b.values) {
        let expected = (a * ka + b * kb) / (ka + kb);
        assert!((got / expected - 1.0).abs() < 1e-13);
    }
}

#[test]
fn a_streamed_median_needs_a_limit_and_keeps_it() {
    let params = base().average(Average::Median);
    let message = WelchAccumulator::<f32>::new(params.clone()).unwrap_err().to_string();
    assert!(message.starts_with("average: "), "{message}");
    let x: Vec<f64> = noise(2, 16 + 8 * 4);
    let mut accumulator = WelchAccumulator::with_stored_segments(params.clone(), 5).unwrap();
    accumulator.push(&x).unwrap();
    assert_eq!(accumulator.clone().finish().unwrap(), welch_with(&x, &params).unwrap());
    let message = accumulator.push(&x).unwrap_err().to_string();
    assert!(message.contains("more than 5 segments"), "{message}");
    assert!(accumulator.finish().is_err());
}

#[test]
fn accumulators_of_different_parameters_do_not_merge() {
    let mut a = WelchAccumulator::<f32>::new(base()).unwrap();
    let b = WelchAccumulator::new(base().hop(4)).unwrap();
    assert!(a.merge(b).unwrap_err().to_string().contains("hop: 4"));
}

#[test]
fn a_plan_forgets_the_signal_before() {
    for average in [Average::Mean, Average::Median, Average::Max, Average::Min] {
        let params = base().average(average);
        let plan = Welch::<f64>::new(params.clone()).unwrap();
        let loud: Vec<f64> = noise(1, 80).iter().map(|v| v * 1e3).collect();
        plan.run(&loud).unwrap();
        let x = noise(2, 64);
        assert_eq!(plan.run(&x).unwrap(), welch_with(&x, &params).unwrap());
        assert!(plan.run(&with_bad(5, f32::NAN).iter().map(|v| f64::from(*v)).collect::<Vec<_>>()).is_err());
        assert_eq!(plan.run(&x).unwrap(), welch_with(&x, &params).unwrap());
    }
}

#[test]
fn powers_that_f32_cannot_square_are_right() {
    // |X|² of these is 1e41, above f32's largest number; its density is not.
    let x: Vec<f32> = noise(6, 64).iter().map(|v| (*v * 1e20) as f32).collect();
    let params = base().sample_rate(1e9);
    let wide: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
    let (got, expected) =
        (welch_with(&x, &params).unwrap().values, welch_with(&wide, &params).unwrap().values);
    for (got, expected) in got.iter().zip(expected).skip(1) {
        assert!((f64::from(*got) / expected - 1.0).abs() < 1e-5);
    }
}
