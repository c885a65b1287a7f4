//! Effect of a window on amplitude and noise.

/// Returns the coherent gain `Σw / N`: the factor on the amplitude of a tone at a bin's centre. NaN when `w` is
/// empty.
#[must_use]
pub fn coherent_gain(w: &[f64]) -> f64 {
    w.iter().sum::<f64>() / w.len() as f64
}

/// Returns the equivalent noise bandwidth `N Σw² / (Σw)²` in bins (Harris 1978): 1 for the rectangular window, 1.5
/// for Hann. NaN when `w` is empty.
#[must_use]
pub fn enbw(w: &[f64]) -> f64 {
    let sum: f64 = w.iter().sum();
    let squares: f64 = w.iter().map(|v| v * v).sum();
    w.len() as f64 * squares / (sum * sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{Symmetry, Window};

    #[test]
    fn values_of_harris_1978() {
        for (window, gain, bandwidth) in [
            (Window::Rectangular, 1.0, 1.0),
            (Window::Hann, 0.5, 1.5),
            (Window::Hamming, 0.54, 1.3628),
            (Window::Blackman, 0.42, 1.7268),
            (Window::BlackmanHarris, 0.35875, 2.0044),
            (Window::FlatTop, 0.21557895, 3.7702),
        ] {
            let w = window.coefficients(1024, Symmetry::Periodic).unwrap();
            assert!((coherent_gain(&w) - gain).abs() < 1e-12, "{window}");
            assert!((enbw(&w) - bandwidth).abs() < 5e-5, "{window}: {}", enbw(&w));
        }
    }
}
