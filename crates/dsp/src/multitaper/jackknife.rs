//! How far a multitaper estimate may be off, from estimates that leave out one taper each (Thomson and Chave 1991).

/// Factor `exp(h)` of a bin: the true value lies within `S/exp(h) … S·exp(h)`. `h = t · σ` with Student's quantile `t` of
/// one degree of freedom fewer than tapers and `σ² = (K−1)/K · Σ (ln S_(k) − mean)²` over the estimates that leave out
/// taper `k`. `powers` and `weights` are those of the bin, one per taper.
pub(super) fn factor(
    powers: impl Iterator<Item = f64> + Clone,
    weights: impl Iterator<Item = f64> + Clone,
    quantile: f64,
) -> f64 {
    let (mut sum, mut total, mut count) = (0.0, 0.0, 0.0);
    for (power, weight) in powers.clone().zip(weights.clone()) {
        sum += power * weight;
        total += weight;
        count += 1.0;
    }
    let left_out = |(power, weight): (f64, f64)| ((sum - power * weight) / (total - weight)).ln();
    let logs = powers.zip(weights).map(left_out);
    let mean = logs.clone().sum::<f64>() / count;
    let square: f64 = logs.map(|v| (v - mean) * (v - mean)).sum();
    (quantile * (square * (count - 1.0) / count).sqrt()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_its_formula() {
        let (powers, weights) = ([1.0, 2.0, 4.0], [1.0, 0.5, 0.25]);
        let logs = [(2.0 / 0.75_f64).ln(), (2.0 / 1.25_f64).ln(), (2.0 / 1.5_f64).ln()];
        let mean = logs.iter().sum::<f64>() / 3.0;
        let variance = logs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() * 2.0 / 3.0;
        let got = factor(powers.into_iter(), weights.into_iter(), 4.3);
        assert!((got - (4.3 * variance.sqrt()).exp()).abs() < 1e-12 * got);
        assert_eq!(factor([2.0; 4].into_iter(), [1.0; 4].into_iter(), 3.0), 1.0);
    }
}
