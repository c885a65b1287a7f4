//! Windows of the inverse transform.

use num_complex::Complex;

use crate::error::{Error, Result};
use crate::fft::Sample;

fn wide<S: Sample>(window: &[S]) -> Vec<Complex<f64>> {
    window
        .iter()
        .map(|w| {
            let (re, im) = w.parts();
            Complex::new(re, im)
        })
        .collect()
}

fn narrow<S: Sample>(window: impl Iterator<Item = Complex<f64>>) -> Vec<S> {
    window.map(|w| S::from_parts(w.re, w.im)).collect()
}

/// `values` plus all of their shifts by multiples of `hop`: what overlapping slices add up to.
fn folded(values: &[Complex<f64>], hop: usize) -> Vec<Complex<f64>> {
    let mut sums = vec![Complex::default(); hop.min(values.len())];
    for (i, value) in values.iter().enumerate() {
        sums[i % hop] += value;
    }
    (0..values.len()).map(|i| sums[i % hop]).collect()
}

/// The canonical dual window: the window divided by the sum of its overlapping squares. Of all windows that invert the
/// transform it has the least energy. `resolution` is the relative size below which such a sum counts as 0.
///
/// # Errors
/// [`Error::Argument`] where samples have no weight in any slice: there is no inverse.
pub fn canonical_dual<S: Sample>(window: &[S], hop: usize, resolution: f64) -> Result<Vec<S>> {
    if hop == 0 || hop > window.len() {
        let reason =
            format!("{hop} is not between 1 and the window's length {}: not invertible", window.len());
        return Err(Error::argument("hop", reason));
    }
    let window = wide(window);
    let squares: Vec<Complex<f64>> = window.iter().map(|w| w.norm_sqr().into()).collect();
    let sums = folded(&squares, hop);
    let most = sums.iter().map(|s| s.re).fold(0.0, f64::max);
    if !sums.iter().all(|s| s.re >= resolution * most) || most == 0.0 {
        return Err(Error::argument(
            "window",
            format!("some samples have no weight at hop {hop}: not invertible"),
        ));
    }
    Ok(narrow(window.iter().zip(&sums).map(|(w, sum)| w / sum.re)))
}

/// The dual window that is nearest to `desired` (least squares), and its scale: with `scaled` the nearest to any
/// multiple of `desired`, else the scale is 1.
///
/// # Errors
/// As [`canonical_dual`]; [`Error::Length`] for a `desired` of another length; [`Error::Argument`] where no scale is
/// the nearest.
pub fn closest_dual<S: Sample>(
    window: &[S],
    hop: usize,
    desired: &[S],
    scaled: bool,
    resolution: f64,
) -> Result<(Vec<S>, Complex<f64>)> {
    if desired.len() != window.len() {
        return Err(Error::Length { name: "desired_dual", expected: window.len(), got: desired.len() });
    }
    let canonical = wide(&canonical_dual(window, hop, resolution)?);
    let (window, desired) = (wide(window), wide(desired));
    let products: Vec<_> = window.iter().zip(&desired).map(|(w, d)| w.conj() * d).collect();
    let part: Vec<_> = canonical.iter().zip(folded(&products, hop)).map(|(c, sum)| c * sum).collect();
    let mut scale = Complex::new(1.0, 0.0);
    if scaled {
        let numerator: Complex<f64> = part.iter().zip(&canonical).map(|(q, c)| q.conj() * c).sum();
        let denominator: f64 = part.iter().map(Complex::norm_sqr).sum();
        if !(numerator.norm() > 0.0 && denominator > resolution) {
            return Err(Error::argument("scaled", "no multiple of the desired dual is the nearest"));
        }
        scale = numerator / denominator;
    }
    let closest = canonical.iter().zip(&desired).zip(&part).map(|((c, d), q)| c + scale * (d - q));
    Ok((narrow(closest), scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Symmetry, Window};

    #[test]
    fn slices_weighted_by_window_and_dual_add_up_to_one() {
        let window = Window::Hann.coefficients(15, Symmetry::Periodic).unwrap();
        let dual = canonical_dual(&window, 4, 1e-15).unwrap();
        let ones = vec![1.0; 15];
        let (closest, scale) = closest_dual(&window, 4, &ones, true, 1e-15).unwrap();
        assert!(scale.re > 0.0 && scale.im == 0.0);
        for dual in [dual, closest] {
            let products: Vec<Complex<f64>> = window.iter().zip(&dual).map(|(w, d)| (w * d).into()).collect();
            assert!(folded(&products, 4).iter().all(|sum| (sum.re - 1.0).abs() < 1e-14));
        }
    }

    #[test]
    fn windows_without_a_dual_are_refused() {
        let window = [0.0, 1.0, 0.0, 0.0];
        assert!(canonical_dual(&window, 4, 1e-15).is_err());
        assert!(canonical_dual(&window, 5, 1e-15).unwrap_err().to_string().starts_with("hop: "));
        assert!(canonical_dual(&[0.0; 4], 2, 1e-15).is_err());
        assert!(closest_dual(&[1.0; 4], 2, &[1.0; 3], true, 1e-15).is_err());
        assert!(
            closest_dual(&[1.0; 4], 2, &[0.0; 4], true, 1e-15)
                .unwrap_err()
                .to_string()
                .starts_with("scaled: ")
        );
    }
}
