//! Quantiles of Student's t distribution.

use std::f64::consts::PI;

/// `t` with `P(|T| ≤ t) = level` for a whole number of degrees of freedom, by bisection of the closed forms of Abramowitz
/// and Stegun 26.7.3 and 26.7.4.
pub(super) fn two_sided_quantile(level: f64, dof: u32) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    while probability(high, dof) < level && high < f64::MAX / 4.0 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if probability(middle, dof) < level { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// `P(|T| ≤ t)`.
fn probability(t: f64, dof: u32) -> f64 {
    let angle = (t / f64::from(dof).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let square = cosine * cosine;
    // Σ of products of ratios; the first factor is that of an even or odd number of degrees.
    let (mut term, mut sum) = if dof.is_multiple_of(2) { (1.0, 1.0) } else { (cosine, cosine) };
    let first = if dof.is_multiple_of(2) { 2 } else { 3 };
    for k in (first..dof.saturating_sub(1)).step_by(2) {
        let k = f64::from(k);
        term *= square * (k - 1.0) / k;
        sum += term;
    }
    match dof {
        1 => 2.0 * angle / PI,
        _ if dof.is_multiple_of(2) => sine * sum,
        _ => 2.0 / PI * (angle + sine * sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_scipy_stats() {
        // scipy.stats.t.ppf((1 + level) / 2, dof)
        for (level, dof, value) in [
            (0.95, 1, 12.706204736174694),
            (0.95, 2, 4.302652729749462),
            (0.9, 3, 2.3533634348018233),
            (0.95, 6, 2.4469118511449786),
            (0.99, 7, 3.4994832973504924),
            (0.5, 30, 0.6827556933212927),
        ] {
            let got = two_sided_quantile(level, dof);
            assert!((got / value - 1.0).abs() < 1e-12, "{level} {dof}: {got}");
        }
    }
}
