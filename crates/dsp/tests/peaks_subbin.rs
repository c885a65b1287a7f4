//! Biases of the sub-bin estimators, as stated in the documentation of `peaks::subbin`.

use std::f64::consts::TAU;

use rlx_dsp::peaks::subbin::{SubBin, hann, parabolic};

const BIN: usize = 9;

/// Power spectrum near `BIN` of a unit complex tone at `BIN + offset`, and the power of the tone on a bin.
fn spectrum(window: &[f64], offset: f64) -> (Vec<f64>, f64) {
    let n = window.len() as f64;
    let power = (0..BIN + 3)
        .map(|k| {
            let turn = TAU * (BIN as f64 + offset - k as f64) / n;
            let (re, im) = window.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, w)| {
                let (sin, cos) = (turn * i as f64).sin_cos();
                (re + w * cos, im + w * sin)
            });
            re * re + im * im
        })
        .collect();
    (power, window.iter().sum::<f64>().powi(2))
}

/// Largest errors in (bins, dB) over offsets within half a bin.
fn bias(window: &[f64], estimate: fn(&[f64], usize) -> Option<SubBin>) -> (f64, f64) {
    let (mut position, mut height) = (0.0_f64, 0.0_f64);
    for step in -49..50 {
        let offset = f64::from(step) / 100.0;
        let (power, full) = spectrum(window, offset);
        let found = estimate(&power, BIN).expect("a maximum");
        position = position.max((found.bin - BIN as f64 - offset).abs());
        height = height.max((10.0 * (found.power / full).log10()).abs());
    }
    (position, height)
}

fn hann_window(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 - 0.5 * (TAU * i as f64 / n as f64).cos()).collect()
}

#[test]
fn parabola_is_exact_for_a_gaussian() {
    let gaussian: Vec<f64> =
        (0..256).map(|i| (-0.5 * ((f64::from(i) - 128.0) / (256.0 / 14.0)).powi(2)).exp()).collect();
    let (position, height) = bias(&gaussian, parabolic);
    assert!(position < 1e-9 && height < 1e-8, "{position} {height}");
}

#[test]
fn parabola_on_hann_has_the_stated_bias() {
    let (position, height) = bias(&hann_window(256), parabolic);
    assert!((0.0155..0.0161).contains(&position), "{position}");
    assert!((0.30..0.325).contains(&height), "{height}");
}

#[test]
fn parabola_on_a_rectangle_has_the_stated_bias() {
    let (position, height) = bias(&[1.0; 256], parabolic);
    assert!((0.15..0.171).contains(&position), "{position}");
    assert!((2.5..2.75).contains(&height), "{height}");
}

#[test]
fn hann_estimator_gains_four_orders_for_each_decade_of_length() {
    let (position, height) = bias(&hann_window(64), hann);
    assert!((1e-9..2e-7).contains(&position) && height < 2e-6, "{position} {height}");
    let (longer, _) = bias(&hann_window(256), hann);
    assert!(longer < position / 200.0, "{longer} {position}");
}

#[test]
fn a_real_tone_is_disturbed_by_its_mirror_image_as_stated() {
    let window = hann_window(1024);
    for (bin, limit) in [(5, 3.2e-4), (10, 1.3e-5), (20, 7e-7)] {
        let mut worst = 0.0_f64;
        for step in -9..10 {
            for phase in 0..8 {
                let at = f64::from(bin) + f64::from(step) / 20.0;
                let power: Vec<f64> = (0..bin + 2)
                    .map(|k| {
                        let (re, im) = window.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, w)| {
                            let t = i as f64 / 1024.0;
                            let x = w * (TAU * (at * t + f64::from(phase) / 16.0)).cos();
                            let (sin, cos) = (TAU * f64::from(k) * t).sin_cos();
                            (re + x * cos, im + x * sin)
                        });
                        re * re + im * im
                    })
                    .collect();
                let found = hann(&power, bin as usize).expect("a maximum");
                worst = worst.max((found.bin - at).abs());
            }
        }
        assert!((limit / 20.0..limit).contains(&worst), "bin {bin}: {worst}");
    }
}

#[test]
fn no_estimate_without_a_maximum() {
    for estimate in [parabolic::<f32>, hann::<f32>] {
        assert_eq!(estimate(&[1.0, 2.0], 1), None);
        assert_eq!(estimate(&[2.0, 1.0, 0.5], 0), None);
        assert_eq!(estimate(&[1.0, 2.0, 3.0], 1), None);
        assert_eq!(estimate(&[1.0, f32::NAN, 1.0], 1), None);
        assert_eq!(estimate(&[1.0, f32::INFINITY, 1.0], 1), None);
        assert_eq!(estimate(&[-1.0, 2.0, 1.0], 1), None);
        assert_eq!(estimate(&[0.0, 0.0, 0.0], 1), None);
        assert_eq!(estimate(&[1.0, 2.0, 1.0], usize::MAX), None);
        assert_eq!(estimate(&[4.0, 4.0, 4.0], 1).map(|s| s.bin), Some(1.0));
    }
    assert_eq!(parabolic(&[0.0, 1.0, 0.5], 1), None);
    assert_eq!(hann(&[0.0, 1.0, 0.0], 1), Some(SubBin { bin: 1.0, power: 1.0 }));
}
