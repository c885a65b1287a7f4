//! The Kaiser window through the exponentially scaled Bessel function, so that no β overflows.

/// `I₀(β√(1 − (2n/period − 1)²)) / I₀(β)`.
pub(super) fn weight(beta: f64, n: usize, period: usize) -> f64 {
    // With t = 1 − 2n/D: √(1 − t²) without the cancellation at the ends, and β√(1 − t²) − β without the one in
    // the middle, which a large β would multiply.
    let (n, period) = (n as f64, period as f64);
    let t = (period - 2.0 * n) / period;
    let root = (4.0 * n * (period - n)).sqrt() / period;
    i0e(beta * root) / i0e(beta) * (-beta * t * t / (1.0 + root)).exp()
}

/// `exp(−x) I₀(x)` for `x ≥ 0` (Abramowitz and Stegun 9.6.12 below 40, 9.7.1 above).
fn i0e(x: f64) -> f64 {
    if x <= 40.0 {
        // All terms are positive: no cancellation.
        let quarter = x * x / 4.0;
        let mut term = 1.0;
        let mut sum = 1.0;
        let mut k = 1.0;
        while term > sum * 1e-17 {
            term *= quarter / (k * k);
            sum += term;
            k += 1.0;
        }
        (-x).exp() * sum
    } else {
        // Asymptotic: its terms fall by (2k−1)²/(8kx) and are below 1e-17 long before they grow again.
        let mut term = 1.0;
        let mut sum = 1.0;
        let mut k = 1.0;
        while term > 1e-17 {
            let odd = 2.0 * k - 1.0;
            term *= odd * odd / (8.0 * k * x);
            sum += term;
            k += 1.0;
        }
        sum / (2.0 * std::f64::consts::PI * x).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_values_of_scipy_special_i0e() {
        for (x, value) in [
            (0.0, 1.0),
            (0.5, 0.64503527044915),
            (5.0, 0.18354081260932834),
            (39.9, 0.06335803550042246),
            (40.0, 0.06327827987523532),
            (40.1, 0.06319882471018295),
            (700.0, 0.015081295651531355),
        ] {
            let error = (i0e(x) / value - 1.0).abs();
            assert!(error < 2e-15, "{x}: {error:e}");
        }
    }

    #[test]
    fn a_beta_whose_bessel_value_overflows_still_has_a_window() {
        assert_eq!(weight(2000.0, 64, 128), 1.0);
        assert!(weight(2000.0, 40, 128) > 0.0);
    }
}
