//! Window weights and confidence factors against SciPy's.

mod common;

use common::golden;
use rlx_dsp::welch::confidence_interval;
use rlx_dsp::window::{Symmetry, Window};
use serde::Deserialize;

#[derive(Deserialize)]
struct Weights {
    window: String,
    periodic: bool,
    weights: Vec<f64>,
}

#[test]
fn weights_are_scipys() {
    for case in golden::<Weights>("windows") {
        let window: Window = case.window.parse().unwrap();
        let symmetry = if case.periodic { Symmetry::Periodic } else { Symmetry::Symmetric };
        let got = window.coefficients(case.weights.len(), symmetry).unwrap();
        // SciPy rounds the Bessel function's argument, which costs it digits in proportion to beta: 3.6e-15 at
        // beta 60, by 40-digit arithmetic.
        let beta = if let Window::Kaiser { beta } = window { beta } else { 0.0 };
        let bound = 1.5e-15 + 0.25 * f64::EPSILON * beta;
        for (n, (got, golden)) in got.iter().zip(&case.weights).enumerate() {
            let error = (got - golden).abs();
            assert!(error <= bound, "{window} {symmetry} of {}, {n}: {error:e}", case.weights.len());
        }
    }
}

#[derive(Deserialize)]
struct Factors {
    segments: f64,
    level: f64,
    low: f64,
    high: f64,
}

#[test]
fn confidence_factors_are_scipys_quantiles() {
    for Factors { segments, level, low, high } in golden("confidence") {
        let got = confidence_interval(segments, level).unwrap();
        for (got, golden) in [(got.0, low), (got.1, high)] {
            assert!((got / golden - 1.0).abs() < 1e-10, "{segments} {level}: {got} {golden}");
        }
    }
}
