//! Where single precision runs out of range, f32 Welch averages keep their digits all the same.

use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::{PsdParams, Welch};

fn noise(len: usize) -> Vec<f32> {
    let mut s = 77u32;
    let step = |_| {
        s ^= s << 13;
        s ^= s >> 17;
        s ^= s << 5;
        s as f32 / 2f32.powi(31) - 1.0
    };
    (0..len).map(step).collect()
}

fn rel_l2(got: &[f32], want: &[f64], scale: f64) -> f64 {
    let err: f64 = got.iter().zip(want).map(|(&g, w)| (f64::from(g) * scale - w).powi(2)).sum();
    (err / want.iter().map(|w| w * w).sum::<f64>()).sqrt()
}

#[test]
fn faint_and_huge_signals_keep_their_digits() {
    let bound = 4.0 * f64::from(f32::EPSILON) * 8.0;
    for detrend in [Detrend::None, Detrend::Constant] {
        let params = PsdParams::new(1.0, 256).detrend(detrend).scaling(Scaling::Spectrum);
        let x = noise(256 * 60);
        let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        let want = Welch::<f64>::new(params.clone()).expect("valid").run(&wide).expect("long enough").values;
        // Powers of two scale without rounding; squares of the extremes leave the range of f32.
        for exponent in [-62, -40, 0, 40, 62] {
            let factor = 2f32.powi(exponent);
            let scaled: Vec<f32> = x.iter().map(|v| v * factor).collect();
            let got =
                Welch::<f32>::new(params.clone()).expect("valid").run(&scaled).expect("long enough").values;
            let err = rel_l2(&got, &want, 0.25f64.powi(exponent));
            assert!(err <= bound, "2^{exponent} {detrend:?}: {err:e}");
        }
    }
}

#[test]
fn silence_is_zero() {
    let psd = Welch::<f32>::new(PsdParams::new(1.0, 256))
        .expect("valid")
        .run(&[0.0; 256 * 60])
        .expect("long enough");
    assert!(psd.values.iter().all(|&p| p == 0.0));
}
