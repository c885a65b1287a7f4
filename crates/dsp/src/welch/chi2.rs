//! Quantiles of the χ² distribution.

use std::f64::consts::PI;

/// `x` with `P(χ²_dof ≤ x) = p`, for `0 < p ≤ ½` and `dof > 0`.
pub(super) fn lower_quantile(p: f64, dof: f64) -> f64 {
    2.0 * solve(dof / 2.0, |x| gamma_tails(dof / 2.0, x).0 < p)
}

/// `x` with `P(χ²_dof > x) = q`, for `0 < q ≤ ½` and `dof > 0`.
pub(super) fn upper_quantile(q: f64, dof: f64) -> f64 {
    2.0 * solve(dof / 2.0, |x| gamma_tails(dof / 2.0, x).1 > q)
}

/// Returns the value at which `below` changes from true to false, by bisection of `ln x` in a hundred steps.
fn solve(start: f64, below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (start, start);
    while below(high) {
        high *= 2.0;
    }
    while !below(low) && low > f64::MIN_POSITIVE {
        low /= 2.0;
    }
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) { low = middle } else { high = middle }
    }
    (low * high).sqrt()
}

/// Returns the regularised incomplete gamma functions `P(a, x)` and `Q(a, x) = 1 − P` (Abramowitz and Stegun 6.5.29
/// left of the mean, the continued fraction 6.5.31 right of it), each without cancellation where it is small.
fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let density = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let mut term = 1.0 / a;
        let mut sum = term;
        let mut k = a;
        while term > sum * 1e-17 {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        let p = density * sum;
        (p, 1.0 - p)
    } else {
        // Lentz's method; no denominator can vanish for x ≥ a + 1.
        let mut b = x + 1.0 - a;
        let mut c = f64::MAX;
        let mut d = 1.0 / b;
        let mut fraction = d;
        for i in 1..100_000 {
            let i = f64::from(i);
            let an = -i * (i - a);
            b += 2.0;
            d = 1.0 / (an * d + b);
            c = b + an / c;
            fraction *= d * c;
            if (d * c - 1.0).abs() < 1e-16 {
                break;
            }
        }
        let q = density * fraction;
        (1.0 - q, q)
    }
}

/// `ln Γ(a)` for `a > 0`: Stirling's series (Abramowitz and Stegun 6.1.41) from 10 on, where its five terms are
/// exact to rounding; smaller arguments are moved up by the recurrence.
fn ln_gamma(a: f64) -> f64 {
    let mut shift = 0.0;
    let mut a = a;
    while a < 10.0 {
        shift += a.ln();
        a += 1.0;
    }
    let r = 1.0 / (a * a);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / a;
    (a - 0.5) * a.ln() - a + 0.5 * (2.0 * PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_gamma_of_known_values() {
        for (a, value) in [
            (0.5, PI.sqrt().ln()),
            (1.0, 0.0),
            (2.0, 0.0),
            (5.0, 24.0_f64.ln()),
            (11.0, 3_628_800.0_f64.ln()),
        ] {
            assert!((ln_gamma(a) - value).abs() < 1e-12, "{a}: {}", ln_gamma(a));
        }
    }

    #[test]
    fn two_degrees_of_freedom_are_an_exponential() {
        for p in [1e-6, 0.005, 0.025, 0.3, 0.5] {
            assert!((lower_quantile(p, 2.0) / (-2.0 * (-p).ln_1p()) - 1.0).abs() < 1e-12, "{p}");
            assert!((upper_quantile(p, 2.0) / (-2.0 * p.ln()) - 1.0).abs() < 1e-12, "{p}");
        }
    }

    #[test]
    fn values_of_scipy_stats_chi2() {
        // (dof, ppf(0.025), ppf(0.975))
        for (dof, low, high) in SCIPY {
            assert!((lower_quantile(0.025, dof) / low - 1.0).abs() < 1e-11, "{dof}");
            assert!((upper_quantile(0.025, dof) / high - 1.0).abs() < 1e-11, "{dof}");
        }
    }

    const SCIPY: [(f64, f64, f64); 6] = [
        (0.7, 3.8082564519530825e-05, 4.136665825733002),
        (1.0, 0.0009820691171752555, 5.023886187314888),
        (4.0, 0.4844185570879299, 11.143286781877796),
        (18.3, 8.432544821443916, 31.9251158877428),
        (200.0, 162.72798250184627, 241.05789550631093),
        (50000.0, 49382.10144327502, 50621.68715758982),
    ];
}
