//! An accumulator that moves through plain numbers goes on as if it had stayed.

use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::Average;
use rlx_dsp::welch::{AccumulatorState, PsdParams, WelchAccumulator};
use rlx_dsp::window::Window;

fn signal() -> Vec<f64> {
    let gap = |i: i32| (200..204).contains(&i) || i == 411;
    (0..700).map(|i| if gap(i) { f64::NAN } else { f64::from(i * i % 97) }).collect()
}

#[test]
fn state_and_restore_at_any_sample() {
    let x = signal();
    let window = Window::Custom((0..32).map(|i| 1.0 + f64::from(i % 5)).collect());
    for average in [Average::Mean, Average::Median, Average::Max, Average::Min] {
        for (nan, hop) in [
            (NanPolicy::Interpolate { max_gap: 3 }, 16),
            (NanPolicy::Interpolate { max_gap: 8 }, 50),
            (NanPolicy::SkipSegment, 7),
        ] {
            let params = PsdParams::new(2.0, 32).average(average).nan(nan).hop(hop).window(window.clone());
            let new = || WelchAccumulator::<f64>::with_stored_segments(params.clone(), 1000).unwrap();
            let mut whole = new();
            whole.push(&x).unwrap();
            let whole = whole.finish().unwrap();
            for cut in [0, 1, 31, 40, 201, 203, 411, 412, 650] {
                let mut first = new();
                first.push(&x[..cut]).unwrap();
                let mut second = new();
                second.restore(&first.state()).unwrap();
                // As text: a NaN in an unfinished segment is not equal to itself.
                assert_eq!(format!("{:?}", second.state()), format!("{:?}", first.state()));
                second.push(&x[cut..]).unwrap();
                // Segments that are transformed together are rounded in another order.
                let second = second.finish().unwrap();
                assert_eq!(second.coverage, whole.coverage, "{average} {nan} {cut}");
                let close = |(a, b): (&f64, &f64)| {
                    (a - b).abs() <= 1e-12 * whole.values.iter().fold(0.0, |m, &v| v.max(m)) || a == b
                };
                assert!(second.values.iter().zip(&whole.values).all(close), "{average} {nan} {cut}");
            }
        }
    }
}

#[test]
fn states_of_other_parameters_are_refused() {
    let mut a = WelchAccumulator::<f64>::new(PsdParams::new(1.0, 64)).unwrap();
    a.push(&vec![1.0; 100]).unwrap();
    let good = a.state();
    let mut b = WelchAccumulator::<f64>::new(PsdParams::new(1.0, 32)).unwrap();
    assert!(b.restore(&good).unwrap_err().to_string().starts_with("state: "));
    for spoil in [
        |s: &mut AccumulatorState| s.tail.resize(64, (0.0, 0.0)),
        |s: &mut AccumulatorState| s.skip = 1000,
        |s: &mut AccumulatorState| s.held.clear(),
        |s: &mut AccumulatorState| s.spectra.push(0.0),
    ] {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert!(a.restore(&bad).is_err());
        assert_eq!(a.state(), good);
    }
}

#[test]
fn windows_must_agree_in_a_merge() {
    let under = |weight: f64| {
        let window = Window::Custom([weight; 8].into());
        WelchAccumulator::<f32>::new(PsdParams::new(1.0, 8).window(window)).unwrap()
    };
    let (mut a, b) = (under(1.0), under(2.0));
    assert!(a.merge(b).is_err());
}
