//! Confidence intervals of averaged spectra.

use super::chi2;
use crate::error::{Error, Result};

/// Returns the factors `(low, high)` around a Welch estimate of `segments` independent segments: the true power lies
/// within `low · P … high · P` with probability `level` (0.95 for 95 %).
///
/// The estimate of Gaussian noise is distributed as a χ² variable of `ν = 2 · segments` degrees of freedom, so the
/// factors are `ν / χ²_ν((1 + level)/2)` and `ν / χ²_ν((1 − level)/2)` (Percival and Walden 1993, section 6.10).
/// Overlapping segments are not independent: give [`effective_segments`]. At 0 Hz and at the Nyquist bin of real
/// signals, which have no imaginary part, `ν` is half of that: give half the segments. The formula does not apply to
/// the median, max- and min-hold.
///
/// # Errors
/// [`Error::Argument`] when `segments` is not positive or `level` not between 0 and 1.
pub fn confidence_interval(segments: f64, level: f64) -> Result<(f64, f64)> {
    if !(segments.is_finite() && segments > 0.0) {
        return Err(Error::argument("segments", format!("must be finite and positive, got {segments}")));
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::argument("level", format!("must lie between 0 and 1, got {level}")));
    }
    let tail = (1.0 - level) / 2.0;
    let dof = 2.0 * segments;
    Ok((dof / chi2::upper_quantile(tail, dof), dof / chi2::lower_quantile(tail, dof)))
}

/// Returns the number of independent segments with the same variance as the mean of `segments` overlapping ones: `K /
/// (1 + 2 Σ_{m=1}^{K−1} (1 − m/K) ρ_m²)` with `ρ_m = Σ w[n] w[n + m·hop] / Σw²` (Welch 1967, for a flat spectrum).
/// With 50 % overlap of Hann windows it is about `0.95 K`. A `hop` of 0 counts as 1.
#[must_use]
pub fn effective_segments(weights: &[f64], hop: usize, segments: u64) -> f64 {
    let count = segments as f64;
    let energy: f64 = weights.iter().map(|w| w * w).sum();
    let shared: f64 = (1..segments)
        .map_while(|m| {
            let lag = usize::try_from(m).ok()?.checked_mul(hop.max(1))?;
            let shifted = weights.get(lag..).filter(|shifted| !shifted.is_empty())?;
            let rho = weights.iter().zip(shifted).map(|(a, b)| a * b).sum::<f64>() / energy;
            Some((1.0 - m as f64 / count) * rho * rho)
        })
        .sum();
    count / (1.0 + 2.0 * shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Symmetry, Window};

    #[test]
    fn overlap_makes_segments_count_less() {
        let hann = Window::Hann.coefficients(256, Symmetry::Periodic).unwrap();
        assert_eq!(effective_segments(&hann, 256, 7), 7.0);
        assert_eq!(effective_segments(&hann, 128, 1), 1.0);
        // ρ₁ of half-overlapped Hann windows is 1/6 (Harris 1978, table 1: 16.7 %).
        let expected = 9.0 / (1.0 + 2.0 * (8.0 / 9.0) / 36.0);
        assert!((effective_segments(&hann, 128, 9) - expected).abs() < 1e-9);
        let many = effective_segments(&hann, 1, 100_000);
        assert!((500.0..1000.0).contains(&many), "{many}");
    }

    #[test]
    fn arguments_outside_their_domain() {
        for (segments, level, name) in
            [(0.0, 0.9, "segments"), (f64::NAN, 0.9, "segments"), (4.0, 1.0, "level"), (4.0, 95.0, "level")]
        {
            let message = confidence_interval(segments, level).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
    }
}
